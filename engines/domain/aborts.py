"""What an agent was doing when it stopped is never finished: it is said to be aborted, and people are told.

An engine tells of the turns that it ends itself; of those that end with it nobody tells, so whoever finds out
records it here.
"""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from engines.domain.messages import announce_message
from engines.domain.parts import make_notice
from engines.domain.retirement import Ending
from engines.domain.sessions import record_chat_state
from engines.enums import EngineMessageStatus, MessageRole, SessionState, Turn
from engines.models import Chat, Engine, Message
from events.actors import Actor, Subject
from events.changes import Change, changes, lock_rows


class AbortReason(models.TextChoices):
    """Why nobody goes on with it; the label is what the chat says."""

    ENGINE_STOPPED = (
        "engine_stopped",
        "The engine stopped while the agent was at work. What it had not finished is lost.",
    )
    ENGINE_RELOADED = (
        "engine_reloaded",
        "The engine began anew while the agent was at work. What it had not finished is lost.",
    )
    CUT_OFF = "cut_off", "The agent's turn ended before its answer was finished."
    ENGINE_RETIRED = "engine_retired", "The engine was retired. Nothing is answered here any more."


def abort_unfinished(
    *, actor: Actor, engine: Engine, session_id: str, why: AbortReason, now: datetime
) -> list[Message]:
    """The messages that will never be finished; none, and nothing said, when there was nothing to finish."""
    with changes(actor) as change:
        chats = lock_rows(Chat.objects.filter(engine=engine, ai_engine_session_id=session_id))
        return abort_chat(change, chats[0], why, now) if chats else []


def abort_chat(change: Change, chat: Chat, why: AbortReason, now: datetime) -> list[Message]:
    """On a chat that is held."""
    messages = list(chat.messages.filter(engine_message_status=EngineMessageStatus.PROCESSING).order_by("pk"))
    if not messages:
        return []
    for message in messages:
        message.engine_message_status, message.updated = EngineMessageStatus.ABORTED, now
        message.chat = chat
        message.save(update_fields=["engine_message_status", "updated"])
        announce_message(change, message)
    # A system's message: it stays, whatever the engine later tells of the others.
    Message.objects.create(
        chat=chat,
        role=MessageRole.SYSTEM,
        parts=[make_notice("notice", why.label)],
        created=now,
        updated=now,
    )
    Chat.objects.filter(pk=chat.pk).update(last_reply_at=now)
    subject = Subject("chat", chat.pk)
    change.audit("chat.abort", subject, after={"why": why.value, "messages": len(messages)})
    change.event(
        "chat.aborted", subject, topic="chats", audience=f"team:{chat.team_id}", words={"why": why.value}
    )
    return messages


def end_chats(actor: Actor, engine: Engine, now: datetime) -> None:
    """The engine is retired: whose turn it was is over."""
    with changes(actor) as change:
        unfinished = Message.objects.filter(
            chat__engine=engine, engine_message_status=EngineMessageStatus.PROCESSING
        )
        at_work = Q(pk__in=unfinished.values("chat")) | Q(turn=Turn.ASSISTANT)
        for chat in lock_rows(Chat.objects.filter(at_work, engine=engine)):
            abort_chat(change, chat, AbortReason.ENGINE_RETIRED, now)
            record_chat_state(change, chat, SessionState.UNKNOWN, now)


CHATS_AT_WORK = Ending(describe=lambda _engine: "", end=end_chats)
