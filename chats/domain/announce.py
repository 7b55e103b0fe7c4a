"""What the log says of chats: ids and state words, never content."""

from __future__ import annotations

from chats.models import OutgoingMessage
from engines.models import Chat
from events.actors import Subject
from events.changes import Change


def subject_of(chat: Chat) -> Subject:
    return Subject("chat", chat.pk)


def announce_chat(change: Change, chat: Chat, kind: str) -> None:
    """`kind` is what follows `chat.`."""
    change.event(
        f"chat.{kind}",
        subject_of(chat),
        topic="chats",
        audience=f"team:{chat.team_id}",
        words={
            "turn": chat.turn,
            "session_state": chat.session_state,
            "archived": chat.archived_at is not None,
        },
    )


def announce_prompt(change: Change, prompt: OutgoingMessage, message_status: str = "") -> None:
    """`message_status`: what the message itself has become, "" when that is no news."""
    audience, subject = f"team:{prompt.chat.team_id}", Subject("message", prompt.message_id)
    words = {"chat": prompt.chat_id, "state": prompt.state}
    change.event("prompt.changed", subject, topic="chats", audience=audience, words=words)
    if message_status:
        words = {"chat": prompt.chat_id, "role": "user", "status": message_status}
        change.event("message.changed", subject, topic="chats", audience=audience, words=words)
    if message_status == "failed":
        change.event("message.failed", subject, topic="chats", audience=audience, words=words)
