"""How the states of chats and messages read: a word, an icon, a colour that repeats them."""

from __future__ import annotations

from accounts.admin.display import Pill
from chats.domain.holds import is_out_of_reach
from chats.enums import PromptState
from chats.models import OutgoingMessage
from engines.admin.states import describe_chat
from engines.enums import EngineMessageStatus, MessageRole, SessionState, Turn
from engines.models import Chat, Message

PROMPT_LOOKS = {
    PromptState.QUEUED: ("waiting", "hourglass", "quiet"),
    PromptState.SENDING: ("being sent", "send", "info"),
    PromptState.SENT: ("sent", "send", "info"),
    PromptState.FAILED: ("not delivered", "cross", "bad"),
    PromptState.WITHDRAWN: ("withdrawn", "off", "quiet"),
}
MESSAGE_LOOKS = {
    EngineMessageStatus.PROCESSING: ("working", "spark", "info"),
    EngineMessageStatus.FAILED: ("failed", "cross", "bad"),
    EngineMessageStatus.ABORTED: ("stopped", "off", "warn"),
}


def describe_turn(chat: Chat, waiting: int, *, reader_id: str) -> Pill:
    """Who has to do something: people first. `waiting` counts open requests and questions."""
    if chat.blocked_at is not None or chat.session_state == SessionState.DELETED:
        return describe_chat(chat)
    if waiting:
        return Pill("waits for a person", "hand", "wait")
    if is_out_of_reach(chat):
        return Pill("out of reach", "cross", "warn")
    if chat.session_state == SessionState.RETRY:
        return Pill("waits for its model", "hourglass", "warn")
    if chat.turn == Turn.ASSISTANT:
        return Pill("working", "spark", "info")
    if chat.user_id is None:
        return Pill("idle", "check", "quiet")
    return Pill("your turn" if chat.user_id == reader_id else "the user's turn", "arrow", "quiet")


def describe_message(message: Message, prompt: OutgoingMessage | None) -> Pill | None:
    """None when there is nothing to say: it arrived, or it is complete."""
    if message.role == MessageRole.ASSISTANT:
        look = MESSAGE_LOOKS.get(EngineMessageStatus(message.engine_message_status or "completed"))
        return Pill(*look) if look else None
    return describe_prompt(prompt) if prompt else None


def describe_prompt(prompt: OutgoingMessage) -> Pill | None:
    look = PROMPT_LOOKS.get(PromptState(prompt.state))
    return Pill(*look) if look else None
