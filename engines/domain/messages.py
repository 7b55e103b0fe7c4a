"""Messages of a chat as the engine tells them: upserted by id, in any order, a finished status never lowered.

Only what a conversation shows is kept: text parts, and of a tool part its name and status. Inputs and
outputs stay in the engine; what needs a decision is stored, encrypted, with its permission request.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from engines.enums import EngineMessageStatus, MessageRole
from engines.models import Chat, Engine, Message
from events.actors import RELAY_ACTOR
from events.changes import changes, lock_rows
from events.masking import mask_secrets
from events.text import make_storable

MAX_TEXT = 20_000
MAX_PARTS = 500
MAX_NAME = 200
PREVIEW_LENGTH = 200
# How far back a text is looked for: an agent may call many tools without a word.
NEWEST = 20


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


@dataclass(frozen=True, slots=True)
class PartFacts:
    """One part: `kind` is "text" or "tool"; `text` holds a text part's whole text."""

    id: str
    message_id: str
    session_id: str
    kind: str
    text: str = ""
    tool: str = ""
    call_id: str = ""
    status: str = ""


def derive_status(facts: MessageFacts) -> str:
    if facts.role != MessageRole.ASSISTANT:
        return ""
    if facts.error == "MessageAbortedError":
        return EngineMessageStatus.ABORTED
    if facts.error:
        return EngineMessageStatus.FAILED
    return EngineMessageStatus.COMPLETED if facts.is_completed else EngineMessageStatus.PROCESSING


def record_message(*, engine: Engine, facts: MessageFacts) -> Message | None:
    """Upsert by engine message id; None when the session is not a chat's root session."""
    if facts.role not in MessageRole.values:
        return None
    chat = Chat.objects.filter(engine=engine, ai_engine_session_id=facts.session_id).first()
    if chat is None:
        return None
    status = derive_status(facts)
    message, is_new = Message.objects.get_or_create(
        chat=chat,
        ai_engine_message_id=facts.id,
        defaults={
            "role": facts.role,
            "parent_id": facts.parent_id,
            "engine_message_status": status,
            "created": facts.created_at,
        },
    )
    if not is_new and message.engine_message_status not in EngineMessageStatus.finished():
        Message.objects.filter(pk=message.pk).exclude(
            engine_message_status__in=EngineMessageStatus.finished()
        ).update(
            role=facts.role,
            parent_id=facts.parent_id,
            engine_message_status=status,
            # A part that came first has made the row with its own time.
            created=facts.created_at,
            updated=timezone.now(),
        )
    return message


def record_part(*, engine: Engine, facts: PartFacts) -> None:
    """Merge one part into its message by part id; a message that came later is made for it."""
    chat = Chat.objects.filter(engine=engine, ai_engine_session_id=facts.session_id).first()
    if chat is None:
        return
    Message.objects.get_or_create(
        chat=chat,
        ai_engine_message_id=facts.message_id,
        defaults={"role": MessageRole.ASSISTANT, "engine_message_status": EngineMessageStatus.PROCESSING},
    )
    # Two parts that arrive at once must both stay: the row is held from the reading to the writing.
    with changes(RELAY_ACTOR):
        [message] = lock_rows(Message.objects.filter(chat=chat, ai_engine_message_id=facts.message_id))
        parts = merge_part(message.parts, describe_part(facts))
        if parts != message.parts:
            Message.objects.filter(pk=message.pk).update(parts=parts, updated=timezone.now())


def refresh_preview(*, engine: Engine, session_id: str) -> None:
    """The chat's preview is the last text of its newest message that has one."""
    chat = Chat.objects.filter(engine=engine, ai_engine_session_id=session_id).first()
    if chat is None:
        return
    for message in chat.messages.order_by("-created", "-id")[:NEWEST]:
        texts = [part["text"].strip() for part in message.parts if part["type"] == "text"]
        preview = mask_secrets(next((text for text in reversed(texts) if text), ""))[:PREVIEW_LENGTH]
        if preview:
            Chat.objects.filter(pk=chat.pk).exclude(preview=preview).update(preview=preview)
            return


def abort_unfinished_messages(*, engine: Engine, session_id: str) -> int:
    """The session no longer works: what was being written when it stopped will never be finished."""
    return Message.objects.filter(
        chat__engine=engine,
        chat__ai_engine_session_id=session_id,
        engine_message_status=EngineMessageStatus.PROCESSING,
    ).update(engine_message_status=EngineMessageStatus.ABORTED, updated=timezone.now())


def describe_part(facts: PartFacts) -> dict[str, Any]:
    if facts.kind == "text":
        return {"id": facts.id, "type": "text", "text": make_storable(facts.text, MAX_TEXT)}
    return {
        "id": facts.id,
        "type": "tool",
        "tool": make_storable(facts.tool, MAX_NAME),
        "callID": make_storable(facts.call_id, MAX_NAME),
        "status": facts.status,
    }


TOOL_STAGES = {"pending": 0, "running": 1, "completed": 2, "error": 2}


def measure_progress(part: dict[str, Any]) -> int:
    """How far a part has come: texts grow, tools go through stages; an unknown stage is the first."""
    return len(part["text"]) if part["type"] == "text" else TOOL_STAGES.get(part["status"], 0)


def merge_part(parts: list[dict[str, Any]], part: dict[str, Any]) -> list[dict[str, Any]]:
    """`parts` with `part` in its place, sorted by part id; no part ever goes back."""
    known = {item["id"]: item for item in parts}
    old = known.get(part["id"])
    if old is not None and old["type"] == part["type"] and measure_progress(part) < measure_progress(old):
        return parts
    known[part["id"]] = part
    return [known[key] for key in sorted(known)][:MAX_PARTS]
