"""Messages of people to agents: queued here, sent by the relay. Every door comes through here."""

from __future__ import annotations

from django.db.models import Max
from django.utils import timezone

from accounts.principal import Principal
from chats.domain.announce import announce_prompt, subject_of
from chats.domain.chats import hold_chat, refuse, write
from chats.enums import PromptState
from chats.models import OutgoingMessage
from chats.policies import explain_not_changing, explain_not_sending
from chats.queries import find_message
from engines.enums import MessageRole, UserMessageStatus
from engines.models import Chat, Message
from events.actors import actor_columns
from events.changes import changes
from events.errors import Conflict, Invalid
from events.masking import mask_secrets
from events.text import make_visible, read_line, read_lines

MAX_TEXT = 100_000
MAX_QUEUE = 50
TITLE_OF_FIRST_WORDS = 80


def send_message(
    *,
    principal: Principal,
    chat_id: str,
    text: str,
    agent: str = "",
    provider: str = "",
    model: str = "",
    variant: str = "",
) -> Message:
    """Queue a message for the chat's agent.

    `agent` and the model ("" for the chat's and the agent's own) are for this message alone. Raises NotFound,
    Refused, Invalid, or Conflict (`archived`, `blocked`, `retired`, `queue_full`).
    """
    text = read_lines(text, field="text", max_length=MAX_TEXT)
    if not text:
        raise Invalid("text: this may not be empty.", field="text")
    wishes = read_wishes(agent=agent, provider=provider, model=model, variant=variant)
    with changes(principal.actor) as change:
        chat = hold_chat(principal, chat_id)
        refuse(explain_not_sending(principal, chat), "chat", chat.pk)
        require_sendable(chat)
        now = timezone.now()
        message = Message.objects.create(
            chat=chat,
            role=MessageRole.USER,
            user_message_status=UserMessageStatus.PENDING,
            # The part gets its id in the engine's format when it is first claimed.
            parts=[{"id": "", "type": "text", "text": text}],
            created=now,
            updated=now,
        )
        prompt = OutgoingMessage.objects.create(
            message=message,
            chat=chat,
            position=find_next_position(chat),
            door=principal.door,
            created_at=now,
            next_attempt_at=now,
            **{**wishes, "agent": wishes["agent"] or chat.agent},
            **actor_columns(principal.actor, "sender"),
        )
        write(chat, last_active=now, **({} if chat.title else {"title": make_title(text)}))
        after = {"message": message.pk, **{name: value for name, value in wishes.items() if value}}
        change.audit("message.send", subject_of(chat), after=after)
        announce_prompt(change, prompt, message.user_message_status)
    return message


def read_wishes(*, agent: str, provider: str, model: str, variant: str) -> dict[str, str]:
    """Raises Invalid."""
    wishes = {
        "agent": read_line(agent, field="agent", max_length=80),
        "provider": read_line(provider, field="provider", max_length=80),
        "model": read_line(model, field="model", max_length=120),
        "variant": read_line(variant, field="variant", max_length=80),
    }
    if bool(wishes["provider"]) != bool(wishes["model"]):
        raise Invalid("model: a model is named with its provider.", field="model")
    return wishes


def require_sendable(chat: Chat) -> None:
    """Raises Conflict for a chat in which nothing is sent any more, whoever asks."""
    if chat.engine.retired_at is not None:
        raise Conflict("The chat's engine is retired.", code="retired")
    if chat.archived_at is not None:
        raise Conflict("The chat is archived: take it out of the archive first.", code="archived")
    if chat.blocked_at is not None:
        raise Conflict("The chat is blocked after an incident: begin another one.", code="blocked")
    if OutgoingMessage.objects.filter(chat=chat, state__in=list(PromptState.open())).count() >= MAX_QUEUE:
        raise Conflict(f"{MAX_QUEUE} messages wait in this chat already.", code="queue_full")


def find_next_position(chat: Chat) -> int:
    """The chat's row is held, so nobody else takes it."""
    return (OutgoingMessage.objects.filter(chat=chat).aggregate(last=Max("position"))["last"] or 0) + 1


def make_title(text: str) -> str:
    """A session with a title makes the engine ask no model for one."""
    return make_visible(mask_secrets(text).split("\n", 1)[0].strip())[:TITLE_OF_FIRST_WORDS]


def withdraw_message(*, principal: Principal, message_id: str) -> Message:
    """Take back what still waits. Raises NotFound, Refused, or Conflict (`already_sent`, `already`)."""
    with changes(principal.actor) as change:
        message, prompt = hold_prompt(principal, message_id)
        refuse(explain_not_changing(principal, message.chat), "chat", message.chat_id)
        now = timezone.now()
        rows = OutgoingMessage.objects.filter(pk=prompt.pk, state=PromptState.QUEUED)
        if not rows.update(state=PromptState.WITHDRAWN, ended_at=now):
            raise explain_conflict(prompt)
        prompt.state, prompt.ended_at = PromptState.WITHDRAWN, now
        set_status(message, UserMessageStatus.FAILED)
        change.audit("message.withdraw", subject_of(message.chat), after={"message": message.pk})
        announce_prompt(change, prompt)
    return message


def retry_message(*, principal: Principal, message_id: str) -> Message:
    """Queue a failed message once more, behind what waits. Raises NotFound, Refused or Conflict.

    It keeps its ids: should the engine have had it after all, it is still one message.
    """
    with changes(principal.actor) as change:
        message, prompt = hold_prompt(principal, message_id)
        refuse(explain_not_sending(principal, message.chat), "chat", message.chat_id)
        require_sendable(message.chat)
        position = find_next_position(message.chat)
        rows = OutgoingMessage.objects.filter(pk=prompt.pk, state=PromptState.FAILED)
        now = timezone.now()
        values = {"position": position, "next_attempt_at": now, "ended_at": None, "last_error": ""}
        if not rows.update(state=PromptState.QUEUED, **values):
            raise explain_conflict(prompt)
        prompt.refresh_from_db()
        set_status(message, UserMessageStatus.PENDING)
        change.audit("message.retry", subject_of(message.chat), after={"message": message.pk})
        announce_prompt(change, prompt, message.user_message_status)
    return message


def hold_prompt(principal: Principal, message_id: str) -> tuple[Message, OutgoingMessage]:
    """The message and its place in the outbox, its chat held until the commit.

    Raises NotFound, or Conflict for a message that was not sent from here.
    """
    hold_chat(principal, find_message(principal, message_id).chat_id)
    message = find_message(principal, message_id)
    prompt = OutgoingMessage.objects.filter(message=message).select_related("chat").first()
    if prompt is None:
        raise Conflict("This message was not sent from here.", code="not_ours")
    return message, prompt


def explain_conflict(prompt: OutgoingMessage) -> Conflict:
    if prompt.state in PromptState.in_flight():
        return Conflict("It is on its way already.", code="already_sent", state=prompt.state)
    return Conflict(f"It is {prompt.get_state_display()}.", code="already", state=prompt.state)


def set_status(message: Message, status: UserMessageStatus) -> None:
    message.user_message_status, message.updated = status, timezone.now()
    rows = Message.objects.filter(pk=message.pk)
    rows.update(user_message_status=status, updated=message.updated)
