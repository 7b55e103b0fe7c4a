"""Messages of an engine as the relay stores them, with parts of every kind."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from engines.models import Chat, Message


def say(
    chat: Chat,
    role: str,
    *parts: dict[str, Any],
    message_id: str = "",
    status: str = "completed",
    at: datetime | None = None,
) -> Message:
    return Message.objects.create(
        chat=chat,
        role=role,
        ai_engine_message_id=message_id or None,
        engine_message_status=status if role == "assistant" else "",
        parts=list(parts),
        created=at or timezone.now(),
    )


def text(words: str, part_id: str = "prt_1") -> dict[str, Any]:
    return {"id": part_id, "type": "text", "text": words}


def tool(
    name: str, call_id: str, status: str = "completed", title: str = "", part_id: str = "prt_9"
) -> dict[str, Any]:
    return {"id": part_id, "type": "tool", "tool": name, "callID": call_id, "status": status, "title": title}
