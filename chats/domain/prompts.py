"""The outbox of prompts, as whoever sends them works through it: nothing is sent once and hoped for.

`queued → sending → sent → delivered | failed`. A prompt is claimed (`sending`) before it is posted, so a
crash at any point leaves a row that says "perhaps sent"; what became of it is then asked from the engine, and
the ids that it is sent with stay the same. The caller holds the engine's lease in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from chats.domain.announce import announce_chat, announce_prompt, subject_of
from chats.domain.holds import explain_waiting, leave_out_held
from chats.domain.sending import set_status
from chats.enums import PromptState
from chats.models import OutgoingMessage
from engines.domain.aborts import AbortReason, abort_chat
from engines.domain.messages import refresh_preview
from engines.enums import SessionState, Turn, UserMessageStatus
from engines.models import Chat, Engine
from events.actors import RELAY_ACTOR, Actor
from events.changes import changes, lock_rows
from events.text import make_storable

FIRST_RETRY = timedelta(milliseconds=500)
LAST_RETRY = timedelta(seconds=60)
MAX_ATTEMPTS_COUNTED = 12

# What the message's own status becomes with its prompt.
MESSAGE_STATUS = {
    PromptState.QUEUED: UserMessageStatus.PENDING,
    PromptState.SENDING: UserMessageStatus.SENDING,
    PromptState.SENT: UserMessageStatus.SENDING,
    PromptState.DELIVERED: UserMessageStatus.DELIVERED,
    PromptState.FAILED: UserMessageStatus.FAILED,
    PromptState.WITHDRAWN: UserMessageStatus.FAILED,
}


@dataclass(frozen=True, slots=True)
class PromptIds:
    """Ids in the engine's format: the message's, and one for each of its parts, in their order."""

    message_id: str
    part_ids: Sequence[str]


def list_prompts() -> QuerySet[OutgoingMessage]:
    return OutgoingMessage.objects.select_related("message", "chat__engine")


def list_due_prompts(*, engine_ids: Collection[str], now: datetime) -> QuerySet[OutgoingMessage]:
    """Queued prompts of these engines whose time has come, oldest first; nothing is claimed yet.

    Nothing holds them but, perhaps, their engine's gate, which may first have to report from the folder.
    """
    due = list_prompts().filter(chat__engine__in=engine_ids, next_attempt_at__lte=now)
    return leave_out_held(due).order_by("created_at", "pk")


def list_unsettled_prompts(*, engine: Engine, sent_before: datetime) -> QuerySet[OutgoingMessage]:
    """What was, or may have been, posted before `sent_before`, and whose outcome is not known."""
    rows = list_prompts().filter(chat__engine=engine, state__in=list(PromptState.in_flight()))
    return rows.filter(sent_at__lt=sent_before).order_by("sent_at", "pk")


def find_prompt(*, engine: Engine, engine_message_id: str) -> OutgoingMessage | None:
    """The prompt that was sent with this id; None for a message of somebody else."""
    if not engine_message_id:
        return None
    return list_prompts().filter(chat__engine=engine, engine_message_id=engine_message_id).first()


def claim_prompt(*, prompt: OutgoingMessage, epoch: int, ids: PromptIds, now: datetime) -> bool:
    """Take a queued prompt for sending; False when somebody else took or ended it, or when it must wait.

    `ids` are kept when it has none yet; `prompt` says afterwards which ones it is sent with. The caller
    posts at once: `attempts` counts what may have reached the engine.
    """
    with changes(RELAY_ACTOR) as change:
        lock_rows(Chat.objects.filter(pk=prompt.chat_id))
        row = list_prompts().get(pk=prompt.pk)
        if row.state != PromptState.QUEUED or explain_waiting(row):
            return False
        if not row.engine_message_id:
            give_ids(row, ids)
        claimed = OutgoingMessage.objects.filter(pk=row.pk, state=PromptState.QUEUED).update(
            state=PromptState.SENDING,
            sent_at=now,
            accepted_at=None,
            attempts=F("attempts") + 1,
            claimed_epoch=epoch,
            engine_message_id=row.engine_message_id,
            part_ids=row.part_ids,
        )
        if not claimed:
            return False
        prompt.refresh_from_db()
        set_status(prompt.message, UserMessageStatus.SENDING)
        after = {"message": prompt.message_id, "attempt": prompt.attempts}
        change.audit("message.claim", prompt.subject, after=after)
        announce_prompt(change, prompt, UserMessageStatus.SENDING)
    return True


def give_ids(prompt: OutgoingMessage, ids: PromptIds) -> None:
    """Raises ValueError unless there is one id for each part."""
    message = prompt.message
    parts = [{**part, "id": part_id} for part, part_id in zip(message.parts, ids.part_ids, strict=True)]
    prompt.engine_message_id, prompt.part_ids = ids.message_id, list(ids.part_ids)
    message.ai_engine_message_id, message.parts = ids.message_id, parts
    message.save(update_fields=["ai_engine_message_id", "parts"])


def record_session(*, chat: Chat, session_id: str | None, replaces: str | None = None) -> bool:
    """The chat's session in the engine: its first one, or, after `replaces` was found to be gone, a new one.

    None until there is one, so that a session made for the chat finds its place free.

    True when it is the chat's session now, also when it was before; False when the chat has another one, or
    the session is another chat's.
    """
    with changes(RELAY_ACTOR) as change:
        [row] = lock_rows(Chat.objects.filter(pk=chat.pk))
        if row.ai_engine_session_id != session_id:
            if row.ai_engine_session_id != replaces:
                return False
            # Of a session that was deleted nothing is heard any more: the new one begins afresh.
            values = {"turn": Turn.USER, "session_state": SessionState.UNKNOWN}
            try:
                with transaction.atomic():
                    rows = Chat.objects.filter(pk=chat.pk)
                    rows.update(ai_engine_session_id=session_id, aborted_at=None, **values)
            except IntegrityError:
                return False
            # What was being written in the old one is never finished.
            abort_chat(change, row, AbortReason.CUT_OFF, timezone.now())
            change.audit(
                "chat.session",
                subject_of(chat),
                before={"session": replaces},
                after={"session": session_id, "engine": chat.engine_id},
            )
            row.refresh_from_db()
            announce_chat(change, row, "changed")
        chat.refresh_from_db(fields=["ai_engine_session_id", "session_state", "turn", "aborted_at"])
    return True


def record_posted(*, prompt: OutgoingMessage, now: datetime) -> bool:
    """The engine answered 204; whether it took the message up is still to be seen."""
    return move_prompt(prompt, {PromptState.SENDING}, PromptState.SENT, accepted_at=now)


def requeue_prompt(
    *, prompt: OutgoingMessage, error: str, now: datetime, delay: timedelta | None = None
) -> bool:
    """It did not arrive: again later, by default with back-off up to a minute, with the same ids."""
    backed_off = min(FIRST_RETRY * 2 ** min(max(prompt.attempts - 1, 0), MAX_ATTEMPTS_COUNTED), LAST_RETRY)
    moment = now + (backed_off if delay is None else delay)
    return move_prompt(
        prompt, PromptState.in_flight(), PromptState.QUEUED, error=error, next_attempt_at=moment
    )


def confirm_prompt(*, prompt: OutgoingMessage, now: datetime) -> bool:
    """The engine has the message and has taken it up; also when it was given up before."""
    expected = {*PromptState.open(), PromptState.FAILED}
    return move_prompt(prompt, expected, PromptState.DELIVERED, delivered_at=now, ended_at=now)


def fail_prompt(*, prompt: OutgoingMessage, why: str, now: datetime, actor: Actor = RELAY_ACTOR) -> bool:
    """It will not be sent again by itself: the engine refuses it for good."""
    return move_prompt(prompt, PromptState.open(), PromptState.FAILED, error=why, ended_at=now, actor=actor)


def move_prompt(
    prompt: OutgoingMessage,
    expected: Collection[str],
    state: PromptState,
    *,
    error: str = "",
    actor: Actor = RELAY_ACTOR,
    **values: Any,
) -> bool:
    """Conditional transition, with the message's status; False when the row had moved on.

    `error` may be the engine's own words. `prompt` says afterwards how it stands.
    """
    with changes(actor) as change:
        # Chats before their prompts and messages, as everywhere.
        lock_rows(Chat.objects.filter(pk=prompt.chat_id))
        rows = OutgoingMessage.objects.filter(pk=prompt.pk, state__in=list(expected))
        if state == PromptState.DELIVERED:
            rows = rows.exclude(engine_message_id="")
        if not rows.update(state=state, last_error=make_storable(error, 300), **values):
            return False
        row = list_prompts().get(pk=prompt.pk)
        before, status = row.message.user_message_status, MESSAGE_STATUS[state]
        if status != before:
            set_status(row.message, status)
        if state == PromptState.DELIVERED:
            refresh_preview(row.chat, is_reply=False)
        after = {"message": row.message_id, "error": row.last_error}
        change.audit(f"message.{state.value}", row.subject, after=after)
        announce_prompt(change, row, status if status != before else "")
        prompt.refresh_from_db()
    return True
