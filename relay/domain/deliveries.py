"""Replies of the outbox as the worker carries them around."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.db.models import Q, QuerySet

from engines.enums import SessionState, SubagentStatus
from engines.models import Engine, Subagent
from events.actors import RELAY_ACTOR
from events.changes import changes
from events.encryption import reveal
from governance.content import show_directory
from governance.domain.replies import fail_reply, list_due_replies, queue_reply
from governance.enums import QuestionState, Reply, ReplyState, RequestState
from governance.models import EngineReply, PermissionRequest, Question
from governance.question_content import Answers, read_answers
from relay.domain.open_calls import OpenCall, describe_call, describe_question
from relay.opencode.client import Reply as Word

RAW_DELETED = SessionState.DELETED.value


# Reading the content of each request, which may be megabytes, would cost more than sending the reply.
COLUMNS = (
    "engine_id",
    "reply",
    "message",
    "state",
    "attempts",
    "sent_at",
    "accepted_at",
    "request__team_id",
    "request__engine_request_id",
    "request__session_id",
    "request__tool_message_id",
    "request__tool_call_id",
    "request__directory",
    "request__state",
    "request__sealed_at",
    "request__created_at",
    "request__chat__session_state",
    "request__chat__aborted_at",
    "request__chat__blocked_at",
    "request__subagent__status",
    "request__subagent__status_raw",
    "request__subagent__ended_at",
    "question__team_id",
    "question__engine_question_id",
    "question__session_id",
    "question__tool_message_id",
    "question__tool_call_id",
    "question__directory",
    "question__state",
    "question__answers",
    "question__created_at",
    "question__chat__session_state",
    "question__chat__aborted_at",
    "question__chat__blocked_at",
    "question__subagent__status",
    "question__subagent__status_raw",
    "question__subagent__ended_at",
)
JOINED = ("request__chat", "request__subagent", "question__chat", "question__subagent")


@dataclass(frozen=True, slots=True)
class Delivery:
    """One reply and the call it answers. `row` is handed back to the domain, which looks at it afresh.

    `answers`: a question's. `objection`: what our own records say against sending it, "" for nothing.
    """

    pk: str
    engine_id: str
    row: EngineReply
    call: OpenCall
    reply: str
    message: str
    sent_at: datetime | None
    accepted_at: datetime | None
    objection: str
    answers: Answers = ()

    @property
    def word(self) -> Word:
        return cast("Word", self.reply)


def describe_delivery(row: EngineReply) -> Delivery:
    asked = row.asked
    is_question = isinstance(asked, Question)
    return Delivery(
        pk=row.pk,
        engine_id=row.engine_id,
        row=row,
        call=describe_question(asked) if isinstance(asked, Question) else describe_call(asked),
        reply=row.reply,
        message=row.message,
        sent_at=row.sent_at,
        accepted_at=row.accepted_at,
        objection=explain_not_sending(asked) if row.reply != Reply.REJECT else "",
        answers=read_answers(reveal(asked, "answers")) if is_question and row.reply == Reply.ANSWER else (),
    )


def read_rows(rows: QuerySet[EngineReply]) -> list[Delivery]:
    ordered = rows.select_related(*JOINED).order_by("created_at", "id")
    return [describe_delivery(row) for row in ordered.only(*COLUMNS)]


def list_due_deliveries(*, engine_ids: Collection[str], now: datetime, limit: int) -> list[Delivery]:
    """The oldest queued replies of these engines whose time has come; nothing is claimed yet."""
    due = list_due_replies(engine_ids=engine_ids, now=now)
    return read_rows(EngineReply.objects.filter(pk__in=due.values("pk")[:limit])) if engine_ids else []


def list_unsettled_deliveries(*, engine: Engine, directory: str, sent_before: datetime) -> list[Delivery]:
    """Replies that were, or may have been, posted before `sent_before` and have not come to an end."""
    was_tried = Q(state=ReplyState.SENT) | Q(state=ReplyState.QUEUED, attempts__gt=0)
    shown = show_directory(directory)
    is_there = Q(request__directory=shown) | Q(question__directory=shown)
    rows = EngineReply.objects.filter(is_there, engine=engine, sent_at__lt=sent_before)
    return read_rows(rows.filter(was_tried))


def is_open(*, reply: EngineReply) -> bool:
    return EngineReply.objects.filter(pk=reply.pk, state__in=list(ReplyState.open())).exists()


def record_refused(*, reply: EngineReply, now: datetime) -> None:
    """The engine will not take this answer, and goes on waiting: reject the call in the plainest form."""
    with changes(RELAY_ACTOR) as change:
        is_plain = reply.reply == Reply.REJECT and not reply.message
        if fail_reply(reply=reply, why="The engine refused the answer.", now=now) and not is_plain:
            queue_reply(change, reply.asked, reply=Reply.REJECT)


def explain_not_sending(asked: PermissionRequest | Question) -> str:
    """What our own records say against letting a call go on; "" for nothing."""
    if asked.state not in {RequestState.APPROVED, QuestionState.ANSWERED}:
        return "It is not approved."
    chat, subagent = asked.chat, asked.subagent
    if chat is None:
        return explain_subagent(subagent, asked.created_at)
    if chat.blocked_at is not None:
        return "Its chat is blocked after an incident."
    if chat.session_state == SessionState.DELETED:
        return "Its session was deleted."
    if chat.aborted_at is not None and chat.aborted_at >= asked.created_at:
        return "The agent's turn was aborted."
    return explain_subagent(subagent, asked.created_at)


def explain_subagent(subagent: Subagent | None, asked_at: datetime) -> str:
    if subagent is None:
        return ""
    if subagent.status_raw == RAW_DELETED:
        return "The subagent's session was deleted."
    if subagent.status == SubagentStatus.CANCELLED and subagent.ended_at and subagent.ended_at >= asked_at:
        return "The subagent's turn was aborted."
    return ""
