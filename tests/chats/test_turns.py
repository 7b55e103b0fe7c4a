"""An agent's turn is stopped through an outbox, once, and never the turn after it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.enums import Role
from chats.domain.prompts import confirm_prompt
from chats.domain.turns import (
    claim_stop,
    end_stop,
    fail_stop,
    list_due_stops,
    list_unsettled_stops,
    requeue_stop,
    stop_turn,
)
from chats.models import TurnStop
from engines.domain.sessions import record_session_state
from engines.models import Chat
from events.actors import RELAY_ACTOR
from events.errors import Conflict, NotFound, Refused
from events.models import AuditEntry, Event
from tests.chats.conftest import Desk
from tests.factories import make_chat, make_principal, make_prompt, make_service, make_team, make_user

pytestmark = pytest.mark.django_db


def tell_state(desk: Desk, state: str) -> None:
    record_session_state(
        actor=RELAY_ACTOR, engine=desk.engine, session_id="ses_1", state=state, at=timezone.now()
    )


def ask(desk: Desk) -> TurnStop:
    return stop_turn(principal=desk.principal, chat_id=desk.chat.pk)


def read(stop: TurnStop) -> tuple[str, int, str, bool]:
    row = TurnStop.objects.get(pk=stop.pk)
    return row.state, row.attempts, row.last_error, row.ended_at is not None


def test_a_turn_is_stopped_on_record(desk: Desk) -> None:
    tell_state(desk, "busy")
    stop = ask(desk)
    assert ask(desk) == stop
    now = timezone.now()
    assert list(list_due_stops(engine_ids=[desk.engine.pk], now=now)) == [stop]
    assert claim_stop(stop=stop, epoch=3, now=now)
    assert not claim_stop(stop=stop, epoch=4, now=now)
    assert (stop.claimed_epoch, stop.attempts) == (3, 1)
    assert list(list_unsettled_stops(engine=desk.engine)) == [stop]
    assert ask(desk) == stop
    assert end_stop(stop=stop, now=now)
    assert not end_stop(stop=stop, now=now)
    assert read(stop) == ("confirmed", 1, "", True)
    entries = AuditEntry.objects.filter(subject_id=desk.chat.pk, verb__startswith="chat.stop").order_by("n")
    assert [(entry.verb, entry.actor_id) for entry in entries] == [
        ("chat.stop", desk.user.pk),
        ("chat.stop_confirmed", "relay"),
    ]
    assert Event.objects.filter(kind="chat.changed", subject_id=desk.chat.pk).count() == 3


def test_a_turn_that_ended_by_itself_is_not_stopped_again(desk: Desk) -> None:
    tell_state(desk, "busy")
    stop = ask(desk)
    tell_state(desk, "idle")
    assert not claim_stop(stop=stop, epoch=1, now=timezone.now())
    assert read(stop) == ("confirmed", 0, "", True)


def test_a_prompt_that_may_just_arrive_can_be_stopped(desk: Desk) -> None:
    prompt = make_prompt(desk.chat, is_claimed=True)
    stop = ask(desk)
    assert claim_stop(stop=stop, epoch=1, now=timezone.now())
    confirm_prompt(prompt=prompt, now=timezone.now())
    end_stop(stop=stop, now=timezone.now())
    with pytest.raises(Conflict):
        ask(desk)


@pytest.mark.parametrize("state", ["idle", "unknown", "deleted"])
def test_an_agent_that_does_nothing_is_not_stopped(desk: Desk, state: str) -> None:
    tell_state(desk, state)
    with pytest.raises(Conflict) as conflict:
        ask(desk)
    assert conflict.value.code == "not_working"
    assert not TurnStop.objects.exists()


def test_a_chat_without_a_session_has_no_turn_to_stop(desk: Desk) -> None:
    chat = make_chat(desk.user, desk.engine)
    make_prompt(chat)
    with pytest.raises(Conflict):
        stop_turn(principal=desk.principal, chat_id=chat.pk)


def test_a_stop_that_did_not_arrive_is_tried_again(desk: Desk) -> None:
    tell_state(desk, "busy")
    stop = ask(desk)
    now = timezone.now()
    claim_stop(stop=stop, epoch=1, now=now)
    assert requeue_stop(stop=stop, error="No connection.", now=now)
    assert read(stop) == ("queued", 1, "No connection.", False)
    assert list(list_due_stops(engine_ids=[desk.engine.pk], now=now)) == []
    later = now + timedelta(milliseconds=500)
    assert list(list_due_stops(engine_ids=[desk.engine.pk], now=later)) == [stop]
    assert claim_stop(stop=stop, epoch=2, now=later)
    assert fail_stop(stop=stop, why="The engine refuses it.", now=later)
    assert read(stop) == ("failed", 2, "The engine refuses it.", True)


def test_who_may_stop_a_turn(desk: Desk) -> None:
    tell_state(desk, "busy")
    refused = [make_user(desk.team, Role.EDITOR), make_user(desk.team, Role.VIEWER)]
    for user in refused:
        with pytest.raises(Refused):
            stop_turn(principal=make_principal(user), chat_id=desk.chat.pk)
    with pytest.raises(NotFound):
        stop_turn(principal=make_principal(make_user(make_team(), Role.ADMIN)), chat_id=desk.chat.pk)
    assert not TurnStop.objects.exists()
    for user in (make_user(desk.team, Role.ADMIN), make_service(desk.user, desk.team), desk.user):
        stop = stop_turn(principal=make_principal(user), chat_id=desk.chat.pk)
        assert stop.asker_id == user.pk
        end_stop(stop=stop, now=timezone.now())


def test_a_stop_keeps_who_asked_and_how_it_ended(desk: Desk) -> None:
    tell_state(desk, "busy")
    stop = ask(desk)
    rows = TurnStop.objects.filter(pk=stop.pk)
    refused = [{"asker_id": "somebody"}, {"door": "admin"}, {"chat_id": Chat.objects.latest("pk").pk[::-1]}]
    end_stop(stop=stop, now=timezone.now())
    for values in (*refused, {"state": "queued", "ended_at": None}, {"last_error": "x"}):
        with pytest.raises(IntegrityError, match="rows are kept"), transaction.atomic():
            rows.update(**values)


def test_a_chat_has_one_open_stop(desk: Desk) -> None:
    tell_state(desk, "busy")
    ask(desk)
    with pytest.raises(IntegrityError), transaction.atomic():
        TurnStop.objects.create(chat=desk.chat, asker_kind="user", asker_id="u", door="api")
