"""What a chat's agents ask people, as cards of the conversation: the rules are those of the inbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.http import QueryDict

from accounts.admin.display import Pill
from accounts.admin.opened import stamp_opened
from accounts.principal import Principal
from engines.models import Subagent
from events.errors import Invalid
from events.text import make_visible
from governance.admin.question_page import ItemView, build_items, describe_question
from governance.admin.rows import InboxRow, build_rows
from governance.domain.questions import read_question
from governance.models import PermissionRequest, Question
from governance.policies import can_read_question, explain_not_answering
from governance.question_queries import SHOWN_WITH, find_last_replies


@dataclass(frozen=True, slots=True)
class RequestCard:
    """A permission request; `opened` is the stamp of its short form, "" where there is none."""

    row: InboxRow
    opened: str
    asked_by: list[str]

    kind = "request"

    @property
    def key(self) -> str:
        return f"r-{self.row.request.pk}"

    @property
    def at(self) -> datetime:
        return self.row.request.created_at

    @property
    def message_id(self) -> str:
        return self.row.request.tool_message_id

    @property
    def call_id(self) -> str:
        return self.row.request.tool_call_id

    @property
    def subagent_id(self) -> str:
        return str(self.row.request.subagent_id or "")

    @property
    def is_open(self) -> bool:
        return self.row.request.is_pending


@dataclass(frozen=True, slots=True)
class QuestionCard:
    question: Question
    pill: Pill
    asked_by: list[str]
    items: list[ItemView] = field(default_factory=list)
    may_answer: bool = False
    why_not: str = ""
    error: str = ""

    kind = "question"

    @property
    def key(self) -> str:
        return f"q-{self.question.pk}"

    @property
    def at(self) -> datetime:
        return self.question.created_at

    @property
    def message_id(self) -> str:
        return self.question.tool_message_id

    @property
    def call_id(self) -> str:
        return self.question.tool_call_id

    @property
    def subagent_id(self) -> str:
        return str(self.question.subagent_id or "")

    @property
    def is_open(self) -> bool:
        return self.question.is_open


Card = RequestCard | QuestionCard


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """A form that was no answer: it is shown again with what was typed."""

    question_id: str
    typed: QueryDict
    error: Invalid


def build_request_cards(
    principal: Principal, requests: list[PermissionRequest], chains: dict[str, list[str]]
) -> list[RequestCard]:
    return [
        RequestCard(
            row=row,
            opened=stamp_opened(subject_id=row.request.pk, user_id=principal.user.pk)
            if row.may_decide and row.acts_here
            else "",
            asked_by=chains.get(str(row.request.subagent_id), []),
        )
        for row in build_rows(principal, requests)
    ]


def build_question_cards(
    principal: Principal,
    questions: list[Question],
    chains: dict[str, list[str]],
    wrong: WrongAnswer | None = None,
) -> list[QuestionCard]:
    replies = find_last_replies([question.pk for question in questions]) if questions else {}
    full = load_open(questions)
    return [
        build_question_card(
            principal,
            full.get(question.pk, question),
            describe_question(question, replies.get(question.pk)),
            chains.get(str(question.subagent_id), []),
            wrong if wrong and wrong.question_id == question.pk else None,
        )
        for question in questions
    ]


def load_open(questions: list[Question]) -> dict[str, Question]:
    """{question id: the row with what it asks} of those that are open; lists leave that out."""
    open_ids = [question.pk for question in questions if question.is_open]
    if not open_ids:
        return {}
    return {
        question.pk: question
        for question in Question.objects.filter(pk__in=open_ids).select_related(*SHOWN_WITH)
    }


def build_question_card(
    principal: Principal, question: Question, pill: Pill, asked_by: list[str], wrong: WrongAnswer | None
) -> QuestionCard:
    """Its options are read only while it is open: afterwards its summary says what it was about."""
    why_not = explain_not_answering(principal, question)
    if not question.is_open or not can_read_question(principal, question):
        return QuestionCard(question, pill, asked_by, why_not=why_not)
    full = read_question(principal=principal, question=question)
    typed, error = (wrong.typed, wrong.error) if wrong else (QueryDict(), None)
    return QuestionCard(
        question,
        pill,
        asked_by,
        items=build_items(full, typed, error),
        may_answer=not why_not,
        why_not=why_not,
        error=error.message if error else "",
    )


def name_chains(subagents: list[Subagent]) -> dict[str, list[str]]:
    """{subagent id: who delegated down to it, itself last}, from rows that are there already."""
    known = {subagent.pk: subagent for subagent in subagents}
    return {pk: name_chain(subagent, known) for pk, subagent in known.items()}


def name_chain(subagent: Subagent, known: dict[str, Subagent]) -> list[str]:
    names: list[str] = []
    found: Subagent | None = subagent
    while found is not None and len(names) < len(known):
        names.append(make_visible(found.agent or str(found)))
        found = known.get(str(found.parent_id))
    return names[::-1]
