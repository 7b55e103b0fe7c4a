"""Messages of a chat as the engine tells them: upserted by id, in any order, a finished status never lowered.

What is kept of a message's parts says `engines.domain.parts`. Every text is told to whoever listens as "this
message has changed", never with what it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from engines.domain.parts import PartFacts, describe_part, merge_part
from engines.enums import EngineMessageStatus, MessageRole, UserMessageStatus
from engines.models import Chat, Engine, Message, Subagent
from events.actors import RELAY_ACTOR, Subject
from events.changes import Change, changes, lock_rows
from events.masking import mask_secrets

PREVIEW_LENGTH = 200
# How far back a text is looked for: an agent may call many tools without a word.
NEWEST = 20
# A status is only ever raised, so that any order of the same news ends the same.
RANKS = {
    "": -1,
    EngineMessageStatus.PROCESSING: 0,
    EngineMessageStatus.COMPLETED: 1,
    EngineMessageStatus.FAILED: 2,
    EngineMessageStatus.ABORTED: 3,
}


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """One message as the engine tells it; `error` is the error's name, "" for none."""

    id: str
    session_id: str
    role: str
    parent_id: str
    created_at: datetime
    is_completed: bool
    error: str


Facts = MessageFacts | PartFacts


@dataclass(slots=True)
class Recorded:
    """What came of it: sessions that nobody knows, and messages that are not as before."""

    unknown_sessions: set[str] = field(default_factory=set)
    changed: list[Message] = field(default_factory=list)


def derive_status(facts: MessageFacts) -> str:
    if facts.role != MessageRole.ASSISTANT:
        return ""
    if facts.error == "MessageAbortedError":
        return EngineMessageStatus.ABORTED
    if facts.error:
        return EngineMessageStatus.FAILED
    return EngineMessageStatus.COMPLETED if facts.is_completed else EngineMessageStatus.PROCESSING


def record_conversation(*, engine: Engine, facts: Sequence[Facts]) -> Recorded:
    """Merge messages and parts, each message once; those of delegations are read in the engine."""
    recorded = Recorded()
    with changes(RELAY_ACTOR) as change:
        groups = group_by_message(facts)
        sessions = {session_id for session_id, _ in groups}
        # Chats before their messages, as everywhere; what arrives at once must all stay, so they are held
        # from the reading to the writing.
        rows = lock_rows(Chat.objects.filter(engine=engine, ai_engine_session_id__in=sessions))
        chats = {str(chat.ai_engine_session_id): chat for chat in rows}
        spoken: dict[str, set[str]] = {}
        for (session_id, message_id), told in groups.items():
            if session_id in chats:
                message, is_text_new = merge_message(change, chats[session_id], message_id, told)
                if message is not None:
                    recorded.changed.append(message)
                if message is not None and is_text_new:
                    spoken.setdefault(session_id, set()).add(message.role)
        for session_id, roles in spoken.items():
            refresh_preview(chats[session_id], is_reply=MessageRole.ASSISTANT in roles)
        strange = sessions - chats.keys()
        delegated = Subagent.objects.filter(instance=engine, source_ref__in=strange)
        recorded.unknown_sessions = strange - set(delegated.values_list("source_ref", flat=True))
    return recorded


def group_by_message(facts: Iterable[Facts]) -> dict[tuple[str, str], list[Facts]]:
    """By session and message, in the order of telling."""
    groups: dict[tuple[str, str], list[Facts]] = {}
    for item in facts:
        if isinstance(item, MessageFacts) and item.role not in MessageRole.values:
            continue
        message_id = item.id if isinstance(item, MessageFacts) else item.message_id
        groups.setdefault((item.session_id, message_id), []).append(item)
    return groups


def merge_message(
    change: Change, chat: Chat, message_id: str, told: Iterable[Facts]
) -> tuple[Message | None, bool]:
    """(the message when it changed, whether its text did); its chat is held. A part may come first."""
    message, is_new = Message.objects.get_or_create(
        chat=chat,
        ai_engine_message_id=message_id,
        defaults={"role": MessageRole.ASSISTANT, "engine_message_status": EngineMessageStatus.PROCESSING},
    )
    before = describe_row(message)
    for item in told:
        if isinstance(item, MessageFacts):
            apply_message(message, item)
        else:
            message.parts = merge_part(message.parts, describe_part(item))
    after = describe_row(message)
    if not is_new and before == after:
        return None, False
    message.updated = timezone.now()
    message.save(update_fields=[*after, "updated"])
    message.chat = chat
    status_moved = any(before[name] != after[name] for name in ("role", "engine_message_status"))
    if is_new or status_moved:
        announce_message(change, message)
    return message, list_texts(before["parts"]) != list_texts(message.parts)


def describe_row(message: Message) -> dict[str, Any]:
    """The columns that the engine's word changes."""
    names = ("role", "parent_id", "engine_message_status", "created", "parts")
    return {name: getattr(message, name) for name in names}


def apply_message(message: Message, facts: MessageFacts) -> None:
    message.role, message.parent_id, message.created = facts.role, facts.parent_id, facts.created_at
    status = derive_status(facts)
    if facts.role != MessageRole.ASSISTANT or RANKS[status] > RANKS[message.engine_message_status]:
        message.engine_message_status = status


def announce_message(change: Change, message: Message) -> None:
    """`status` is the engine's, or, of a message of ours, how far it got."""
    change.event(
        "message.changed",
        Subject("message", message.pk),
        topic="chats",
        audience=f"team:{message.chat.team_id}",
        words={
            "chat": message.chat_id,
            "role": message.role,
            "status": message.engine_message_status or message.user_message_status,
        },
    )


def list_texts(parts: list[dict[str, Any]]) -> list[str]:
    return [part["text"].strip() for part in parts if part["type"] == "text"]


def refresh_preview(chat: Chat, *, is_reply: bool) -> None:
    """The chat's preview is the last text of its newest message that has one; `is_reply`: an agent spoke.

    What only waits to be sent has not been said.
    """
    fresh: dict[str, Any] = {}
    said = chat.messages.filter(user_message_status__in=["", UserMessageStatus.DELIVERED])
    for message in said.order_by("-created", "-id")[:NEWEST]:
        text = next((text for text in reversed(list_texts(message.parts)) if text), "")
        if preview := mask_secrets(text)[:PREVIEW_LENGTH]:
            fresh["preview"] = preview
            break
    if is_reply:
        fresh["last_reply_at"] = fresh["last_active"] = timezone.now()
    if fresh:
        Chat.objects.filter(pk=chat.pk).update(**fresh)


def record_message(*, engine: Engine, facts: MessageFacts) -> Message | None:
    """One message alone; None when it is not of a chat's root session."""
    record_conversation(engine=engine, facts=[facts])
    rows = Message.objects.filter(chat__engine=engine, chat__ai_engine_session_id=facts.session_id)
    return rows.filter(ai_engine_message_id=facts.id).first()


def record_part(*, engine: Engine, facts: PartFacts) -> None:
    """One part alone; the message that it belongs to may come later."""
    record_conversation(engine=engine, facts=[facts])
