"""An agent's turn is stopped: asked for here, done by the relay, as with everything an engine is told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet

from accounts.principal import Principal
from chats.domain.announce import announce_chat, subject_of
from chats.domain.chats import hold_chat, refuse
from chats.domain.holds import is_at_work
from chats.domain.prompts import FIRST_RETRY, LAST_RETRY, MAX_ATTEMPTS_COUNTED
from chats.enums import PromptState, StopState
from chats.models import OutgoingMessage, TurnStop
from chats.policies import explain_not_changing
from engines.models import Chat, Engine
from events.actors import RELAY_ACTOR, Actor, actor_columns
from events.changes import changes, lock_rows
from events.errors import Conflict
from events.text import make_storable


def stop_turn(*, principal: Principal, chat_id: str) -> TurnStop:
    """Ask that the agent's turn end; asked twice, it is asked once.

    What waits to be sent goes afterwards. Raises NotFound, Refused, or Conflict when the agent does nothing.
    """
    with changes(principal.actor) as change:
        chat = hold_chat(principal, chat_id)
        refuse(explain_not_changing(principal, chat), "chat", chat.pk)
        stop = TurnStop.objects.filter(chat=chat, state__in=list(StopState.open())).first()
        if stop is not None:
            return stop
        if not is_stoppable(chat):
            raise Conflict("It is not the agent's turn.", code="not_working")
        stop = TurnStop.objects.create(
            chat=chat, door=principal.door, **actor_columns(principal.actor, "asker")
        )
        change.audit("chat.stop", subject_of(chat), after={"stop": stop.pk})
        announce_chat(change, chat, "changed")
    return stop


def is_stoppable(chat: Chat) -> bool:
    """The agent works, or a message may just be reaching it."""
    in_flight = OutgoingMessage.objects.filter(chat=chat, state__in=list(PromptState.in_flight()))
    return chat.ai_engine_session_id is not None and (is_at_work(chat) or in_flight.exists())


def list_due_stops(*, engine_ids: Collection[str], now: datetime) -> QuerySet[TurnStop]:
    """Queued stops of these engines whose time has come, oldest first; nothing is claimed yet."""
    rows = TurnStop.objects.select_related("chat__engine").filter(chat__engine__in=engine_ids)
    return rows.filter(state=StopState.QUEUED, next_attempt_at__lte=now).order_by("created_at", "pk")


def list_unsettled_stops(*, engine: Engine) -> QuerySet[TurnStop]:
    """Claimed, and the outcome not known: to be queued again, which does no harm."""
    rows = TurnStop.objects.select_related("chat__engine")
    return rows.filter(chat__engine=engine, state=StopState.SENT).order_by("sent_at", "pk")


def claim_stop(*, stop: TurnStop, epoch: int, now: datetime) -> bool:
    """Take a queued stop for sending; False when somebody else took it.

    False too when the turn has ended by itself, which ends the stop.
    """
    with changes(RELAY_ACTOR):
        lock_rows(Chat.objects.filter(pk=stop.chat_id))
        chat = Chat.objects.get(pk=stop.chat_id)
        if not is_stoppable(chat):
            end_stop(stop=stop, now=now)
            return False
        claimed = TurnStop.objects.filter(pk=stop.pk, state=StopState.QUEUED).update(
            state=StopState.SENT, sent_at=now, attempts=F("attempts") + 1, claimed_epoch=epoch
        )
        stop.refresh_from_db()
    return bool(claimed)


def end_stop(*, stop: TurnStop, now: datetime) -> bool:
    """The engine has ended the turn, or it was over."""
    return move_stop(stop, StopState.open(), StopState.CONFIRMED, ended_at=now)


def requeue_stop(*, stop: TurnStop, error: str, now: datetime) -> bool:
    """It did not arrive: again later, with back-off up to a minute."""
    delay = min(FIRST_RETRY * 2 ** min(max(stop.attempts - 1, 0), MAX_ATTEMPTS_COUNTED), LAST_RETRY)
    return move_stop(stop, {StopState.SENT}, StopState.QUEUED, error=error, next_attempt_at=now + delay)


def fail_stop(*, stop: TurnStop, why: str, now: datetime, actor: Actor = RELAY_ACTOR) -> bool:
    return move_stop(stop, StopState.open(), StopState.FAILED, error=why, ended_at=now, actor=actor)


def move_stop(
    stop: TurnStop,
    expected: Collection[str],
    state: StopState,
    *,
    error: str = "",
    actor: Actor = RELAY_ACTOR,
    **values: Any,
) -> bool:
    """Conditional transition; False when the row had moved on. `stop` says afterwards how it stands."""
    with changes(actor) as change:
        lock_rows(Chat.objects.filter(pk=stop.chat_id))
        rows = TurnStop.objects.filter(pk=stop.pk, state__in=list(expected))
        if not rows.update(state=state, last_error=make_storable(error, 300), **values):
            return False
        stop.refresh_from_db()
        if state in StopState.ended():
            after = {"stop": stop.pk, "error": stop.last_error}
            change.audit(f"chat.stop_{state.value}", stop.subject, after=after)
            announce_chat(change, Chat.objects.get(pk=stop.chat_id), "changed")
    return True
