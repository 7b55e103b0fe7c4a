"""What a question's page shows, and how its form is read: options by their number, never by their text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.safestring import SafeString

from accounts.admin.base import get_principal
from accounts.admin.display import Pill, highlight_marks
from events.errors import Invalid
from events.text import make_visible, make_visible_lines
from governance.admin.request_page import build_places
from governance.admin.states import describe_delivery
from governance.domain.questions import FullQuestion, read_question
from governance.enums import QuestionState, Reply, ReplyState
from governance.models import EngineReply, Question
from governance.policies import can_read_question, explain_not_answering
from governance.question_content import QuestionItem
from governance.question_queries import find_last_replies

OWN = "own"


@dataclass(frozen=True, slots=True)
class Choice:
    """One option as a radio button or checkbox."""

    value: str
    label: SafeString
    description: SafeString
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class ItemView:
    """One of the things asked: what is chosen stays chosen when the page is shown again."""

    number: int
    header: SafeString
    question: SafeString
    multiple: bool
    custom: bool
    choices: list[Choice]
    own_text: str = ""
    is_own_chosen: bool = False
    error: str = ""
    answers: list[SafeString] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return "checkbox" if self.multiple else "radio"


def build_question_page(
    request: HttpRequest, question: Question, *, error: Invalid | None = None
) -> dict[str, Any]:
    """The template's context. `error`: why what was posted is no answer."""
    principal = get_principal(request)
    readable = can_read_question(principal, question)
    full = read_question(principal=principal, question=question) if readable else None
    why_not = explain_not_answering(principal, question)
    return {
        "question": question,
        "pill": describe_question(question, find_last_replies([question.pk]).get(question.pk)),
        "items": build_items(full, request.POST, error) if full else [],
        "is_hidden": full is None,
        "findings": question.findings if full else [],
        "places": build_places(principal, question),
        "may_answer": question.is_open and not why_not,
        "why_not": why_not if question.is_open else "",
    }


def build_items(full: FullQuestion, typed: QueryDict, error: Invalid | None) -> list[ItemView]:
    answers = full.answers or ((),) * len(full.items)
    wrong = error.facts.get("field", "") if error else ""
    return [
        build_item(
            number,
            item,
            typed,
            answers=answers[number],
            error=error.message if error and wrong == f"answers.{number}" else "",
        )
        for number, item in enumerate(full.items)
    ]


def build_item(
    number: int, item: QuestionItem, typed: QueryDict, *, answers: tuple[str, ...], error: str
) -> ItemView:
    chosen = typed.getlist(f"answer-{number}")
    return ItemView(
        number=number,
        header=show(item.header),
        question=highlight_marks(make_visible_lines(item.question)),
        multiple=item.multiple,
        custom=item.custom,
        choices=[
            Choice(str(place), show(option.label), show(option.description), str(place) in chosen)
            for place, option in enumerate(item.options)
        ],
        own_text=typed.get(f"own-{number}", ""),
        is_own_chosen=OWN in chosen,
        error=error,
        answers=[highlight_marks(make_visible_lines(answer)) for answer in answers],
    )


def show(text: str) -> SafeString:
    return highlight_marks(make_visible(text))


def read_answers_form(items: tuple[QuestionItem, ...], form: QueryDict) -> list[list[str]]:
    """The answers that the form says, item by item. Raises Invalid for one that says two things."""
    return [read_item(number, item, form) for number, item in enumerate(items)]


def read_item(number: int, item: QuestionItem, form: QueryDict) -> list[str]:
    # Browsers send line breaks of forms as CR LF.
    own = form.get(f"own-{number}", "").replace("\r\n", "\n").strip()
    values = form.getlist(f"answer-{number}")
    labels = dict(zip(map(str, range(len(item.options))), item.labels, strict=True))
    chosen = [labels[value] for value in values if value in labels]
    if own and chosen and not item.multiple:
        raise Invalid(
            "You chose an option and wrote words of your own: keep one of them.", field=f"answers.{number}"
        )
    return [*chosen, own] if own and own not in chosen else chosen


def describe_question(question: Question, reply: EngineReply | None) -> Pill:
    """The question's state as one pill; `reply` is its newest reply, if any."""
    if question.state == QuestionState.OPEN:
        return Pill("waiting", "hourglass", "wait")
    if question.state == QuestionState.CLOSED:
        return Pill("closed", "off", "quiet", question.get_close_reason_display())
    if question.state == QuestionState.REJECTED:
        return Pill("rejected", "cross", "bad", describe_delivery(reply))
    if reply is not None and reply.reply == Reply.ANSWER and reply.state == ReplyState.ORPHANED:
        return Pill("answered, not heard", "warning", "warn", reply.last_error)
    return Pill("answered", "check", "ok", describe_delivery(reply))
