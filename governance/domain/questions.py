"""Questions of agents: they come in from an engine or through the API, and people answer or reject them.

Every end is a conditional UPDATE of the open row: the first one wins. What an engine asked is answered
through the same outbox as its permission requests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Team
from accounts.principal import Principal
from engines.models import Engine
from engines.queries import find_place
from events.actors import RELAY_ACTOR, Actor, ActorKind, actor_columns
from events.changes import Change, changes
from events.encryption import reveal, seal
from events.errors import Conflict, Invalid, Refused
from events.masking import mask_secrets
from events.text import is_storable, make_visible, read_line
from governance.content import show_directory
from governance.domain.announce import announce_question
from governance.domain.reading import was_read_lately
from governance.domain.replies import queue_reply
from governance.domain.requests import ASKED_AT_ONCE, check_expiry
from governance.enums import QuestionState, Reply, RequestSource
from governance.models import Question
from governance.policies import can_ask_question, can_read_question, explain_not_answering, is_own_question
from governance.question_content import (
    Answers,
    QuestionContent,
    QuestionItem,
    check_answers,
    check_items,
    digest_question,
    read_answers,
    read_engine_items,
    write_answers,
)
from governance.question_queries import find_by_key, get_question, list_by_engine_id

VIEW_VERB = "question.view_full"


@dataclass(frozen=True, slots=True)
class QuestionOfEngine:
    """A question as the engine announced or listed it."""

    engine_question_id: str
    session_id: str
    directory: str
    items: tuple[Any, ...] = field(default_factory=tuple)
    message_id: str = ""
    call_id: str = ""


def record_engine_question(*, engine: Engine, asked: QuestionOfEngine, now: datetime) -> Question:
    """Store a question at once; the same one again returns the row that is there."""
    known = list_by_engine_id(engine.pk, [asked.engine_question_id]).first()
    if known is not None:
        return known
    chat, subagent = find_place(engine.pk, asked.session_id)
    question = Question(
        team_id=engine.team_id,
        source=RequestSource.ENGINE,
        engine=engine,
        chat=chat,
        subagent=subagent,
        engine_question_id=asked.engine_question_id,
        session_id=asked.session_id,
        tool_message_id=asked.message_id,
        tool_call_id=make_visible(asked.call_id)[:200],
        agent=make_visible(subagent.agent if subagent else chat.agent if chat else "")[:80],
        requester_kind=ActorKind.ENGINE,
        requester_id=engine.pk,
        requester_label=engine.name,
        created_at=now,
        expires_at=now + timedelta(seconds=engine.request_timeout_s),
    )
    content = QuestionContent(read_engine_items(asked.items), asked.directory)
    with changes(Actor(ActorKind.ENGINE, engine.pk, RELAY_ACTOR.door, engine.name)) as change:
        if insert_question(change, question, content):
            return question
        return list_by_engine_id(engine.pk, [asked.engine_question_id]).get()


def ask_question(
    *,
    principal: Principal,
    team: Team,
    items: Sequence[QuestionItem],
    agent: str = "",
    session_id: str = "",
    directory: str = "",
    expires_in_s: int | None = None,
    idempotency_key: str = "",
) -> tuple[Question, bool]:
    """(question, is new). The same idempotency key with the same content returns the first question.

    Raises Refused, Invalid, or Conflict when the key was used for other content.
    """
    now = timezone.now()
    check_items(items)
    read_line(idempotency_key, field="idempotency_key", max_length=100)
    if not all(is_storable(text) for text in (agent, session_id, directory)):
        raise Invalid("Text may hold neither NUL nor half a surrogate pair.")
    content = QuestionContent(tuple(items), directory)
    with changes(principal.actor) as change:
        if not can_ask_question(principal, team.pk):
            raise Refused("Only members of a team ask it something, with the scope questions:ask.")
        known = find_by_key(principal, idempotency_key)
        if known is not None:
            return require_same(known, team, content), False
        question = Question(
            team=team,
            source=RequestSource.API,
            session_id=make_visible(session_id)[:64],
            agent=make_visible(agent)[:80],
            **actor_columns(principal.actor, "requester"),
            idempotency_key=idempotency_key,
            created_at=now,
            expires_at=now + check_expiry(expires_in_s),
        )
        if insert_question(change, question, content):
            return question, True
        known = find_by_key(principal, idempotency_key)
        if known is None:
            raise Conflict(ASKED_AT_ONCE)
        return require_same(known, team, content), False


def insert_question(change: Change, question: Question, content: QuestionContent) -> bool:
    """Write the row with what it asks; False when the same question came meanwhile."""
    digest = digest_question(content.items)
    question.directory = show_directory(content.directory)
    question.summary = digest.summary
    question.findings = digest.findings
    question.item_count = len(content.items)
    seal(question, "content", content.to_text())
    try:
        with transaction.atomic():
            question.save(force_insert=True)
    except IntegrityError:
        return False
    change.audit(
        "question.ask",
        question.subject,
        after={"source": question.source, "engine": question.engine_id, "item_count": question.item_count},
    )
    announce_question(change, question, "asked")
    return True


def require_same(known: Question, team: Team, content: QuestionContent) -> Question:
    """The question asked first under this key; Conflict when it asked something else."""
    if known.team_id != team.pk or QuestionContent.from_text(reveal(known, "content")) != content:
        raise Conflict("This idempotency key was used for another question.", code="idempotency_key_reused")
    return known


# Reading ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FullQuestion:
    """What is asked, and () or what was answered."""

    items: tuple[QuestionItem, ...]
    answers: Answers


def read_question(*, principal: Principal, question: Question) -> FullQuestion:
    """All of it, unmasked. Raises Refused. Reading recognised secrets is an audited act."""
    if not can_read_question(principal, question):
        with changes(principal.actor):
            raise Refused(
                "Only people of its team, and the agent that asked, read a question.",
                subject_kind="question",
                subject_id=question.pk,
            )
    texts = reveal(question, "content"), reveal(question, "answers")
    holds_secrets = any(mask_secrets(text) != text for text in texts)
    is_news = not is_own_question(principal, question)
    if holds_secrets and is_news and not was_read_lately(principal, question.subject, verb=VIEW_VERB):
        with changes(principal.actor) as change:
            change.audit(VIEW_VERB, question.subject)
    return FullQuestion(QuestionContent.from_text(texts[0]).items, read_answers(texts[1]))


# Answering ----------------------------------------------------------------------------------------


def answer_question(*, principal: Principal, question_id: str, answers: Sequence[Sequence[str]]) -> Question:
    """Answer all of it, for good. `answers`: for each item the labels chosen, or words of one's own.

    Raises NotFound, Refused, Invalid, or Conflict (ended, or its time ran out).
    """
    with changes(principal.actor) as change:
        question = get_question(principal, question_id)
        refuse(principal, question)
        if question.is_open:
            items = QuestionContent.from_text(reveal(question, "content")).items
            seal(question, "answers", write_answers(check_answers(items, answers)))
        end_by_person(change, principal, question, QuestionState.ANSWERED, answers=question.answers)
        queue_reply(change, question, reply=Reply.ANSWER)
    return question


def reject_question(*, principal: Principal, question_id: str) -> Question:
    """Nobody will answer it. An engine's agent stops its turn and is told no reason.

    Raises NotFound, Refused, or Conflict (ended, or its time ran out).
    """
    with changes(principal.actor) as change:
        question = get_question(principal, question_id)
        refuse(principal, question)
        end_by_person(change, principal, question, QuestionState.REJECTED, answers="")
        queue_reply(change, question, reply=Reply.REJECT)
    return question


def refuse(principal: Principal, question: Question) -> None:
    refusal = explain_not_answering(principal, question)
    if refusal:
        raise Refused(refusal, subject_kind="question", subject_id=question.pk)


def end_by_person(
    change: Change, principal: Principal, question: Question, state: QuestionState, *, answers: str
) -> None:
    """The conditional UPDATE; raises Conflict saying why it could not be made."""
    now = timezone.now()
    values = {
        "state": state,
        "answers": answers,
        "ended_at": now,
        **actor_columns(principal.actor, "answered_by"),
        "answer_door": principal.door,
    }
    rows = Question.objects.filter(pk=question.pk, state=QuestionState.OPEN, expires_at__gt=now)
    if not rows.update(**values):
        raise explain_conflict(Question.objects.get(pk=question.pk), now)
    for name, value in values.items():
        setattr(question, name, value)
    change.audit(
        f"question.{'answer' if state == QuestionState.ANSWERED else 'reject'}",
        question.subject,
        before={"state": QuestionState.OPEN},
        after={"state": state, "item_count": question.item_count},
    )
    announce_question(change, question, state.value)


def explain_conflict(question: Question, now: datetime) -> Conflict:
    facts = {"state": question.state, "answered_by": question.answered_by_label}
    if question.is_overdue(now):
        return Conflict("The time for this question has run out.", code="expired", **facts)
    return Conflict(describe_end(question), code="already_answered", **facts)


def describe_end(question: Question) -> str:
    """Who ended it and how, in one sentence."""
    if question.answered_by_label:
        return f"{question.answered_by_label} {question.get_state_display()} it already."
    return f"It is {question.get_state_display()}: {question.get_close_reason_display()}."


def place_questions(*, engine: Engine) -> int:
    """Attach open questions that wait without a chat to theirs, as far as it is known; returns how many."""
    count = 0
    with changes(RELAY_ACTOR) as change:
        for question in Question.objects.filter(engine=engine, state=QuestionState.OPEN, chat=None).order_by(
            "pk"
        ):
            chat, subagent = find_place(engine.pk, question.session_id)
            if chat is None and (subagent is None or subagent.pk == question.subagent_id):
                continue
            question.chat, question.subagent = chat, subagent
            question.agent = make_visible(subagent.agent if subagent else chat.agent if chat else "")[:80]
            count += Question.objects.filter(pk=question.pk, state=QuestionState.OPEN).update(
                chat=chat, subagent=subagent, agent=question.agent
            )
            announce_question(change, question, "placed")
    return count
