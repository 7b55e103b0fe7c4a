"""Approval fatigue: many quick approvals of one session ask for a pause; a denial never does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accounts.enums import Scope
from accounts.models import ApiToken, Team
from accounts.principal import Principal
from engines.models import Engine
from events.actors import Door
from events.errors import Conflict
from governance.domain.decide import approve_request, deny_request
from governance.enums import Confirmation
from governance.models import PermissionRequest
from tests.factories import make_engine, make_principal, make_request, make_team, make_token, make_user

pytestmark = pytest.mark.django_db
NOON = datetime(2030, 5, 17, 12, 0, tzinfo=UTC)
AFTER = 10


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team)


@pytest.fixture
def person(team: Team) -> Principal:
    return make_principal(make_user(team))


def approve(person: Principal, request: PermissionRequest, *confirmed: Confirmation) -> None:
    approve_request(
        principal=person, request_id=request.pk, fingerprint=request.fingerprint, confirmed=confirmed
    )


def approve_quickly(person: Principal, engine: Engine, count: int = AFTER, *, pace_s: float = 3) -> datetime:
    """`count` approvals of ses_1 from noon on; returns the moment `pace_s` after the last."""
    for number in range(count):
        with time_machine.travel(NOON + timedelta(seconds=number * pace_s), tick=False):
            approve(person, make_request(engine, f"ls {number}"))
    return NOON + timedelta(seconds=count * pace_s)


def test_the_next_one_asks_for_a_pause(engine: Engine, person: Principal) -> None:
    with time_machine.travel(approve_quickly(person, engine), tick=False):
        request = make_request(engine, "ls next")
        with pytest.raises(Conflict) as caught:
            approve(person, request)
        assert (caught.value.code, caught.value.message) == (
            "pause_needed",
            "You have approved 10 requests of this session in 30 seconds. Read this one before you go on.",
        )
        approve(person, request, Confirmation.PAUSE)
        with pytest.raises(Conflict):
            approve(person, make_request(engine, "ls one more"))


def test_a_denial_is_never_held_up(engine: Engine, person: Principal) -> None:
    with time_machine.travel(approve_quickly(person, engine), tick=False):
        request = make_request(engine, "ls next")
        outcome = deny_request(principal=person, request_id=request.pk, fingerprint=request.fingerprint)
    assert outcome.is_decided


@pytest.mark.parametrize(
    ("count", "pace_s", "wait_s"),
    [(AFTER - 1, 3, 0), (AFTER, 6, 0), (AFTER, 3, 4), (AFTER, 3, 400)],
    ids=["fewer", "slower", "a look at the last", "long ago"],
)
def test_no_pause_otherwise(
    engine: Engine, person: Principal, count: int, pace_s: float, wait_s: float
) -> None:
    moment = approve_quickly(person, engine, count, pace_s=pace_s) + timedelta(seconds=wait_s)
    with time_machine.travel(moment, tick=False):
        approve(person, make_request(engine, "ls next"))


def test_other_sessions_and_people_are_not_counted(team: Team, engine: Engine, person: Principal) -> None:
    with time_machine.travel(approve_quickly(person, engine), tick=False):
        approve(person, make_request(engine, "ls", session_id="ses_2"))
        approve(make_principal(make_user(team)), make_request(engine, "ls a"))
        approve(person, make_request(engine, "ls", session_id=""))


def test_a_program_with_a_token_is_not_held_up(team: Team, engine: Engine, person: Principal) -> None:
    Team.objects.update(tokens_may_decide=True)
    make_token(person.user, Scope.REQUESTS_READ, Scope.REQUESTS_DECIDE)
    program = Principal(person.user, Door.API, ApiToken.objects.get())
    with time_machine.travel(approve_quickly(person, engine), tick=False):
        approve(program, make_request(engine, "ls next"))


def test_it_is_configurable(engine: Engine, person: Principal, settings: Any) -> None:
    settings.COUNTERSIGN_PAUSE_AFTER_APPROVALS = 2
    with time_machine.travel(approve_quickly(person, engine, 2), tick=False):
        request = make_request(engine, "ls next")
        with pytest.raises(Conflict):
            approve(person, request)
        settings.COUNTERSIGN_PAUSE_AFTER_APPROVALS = 0
        approve(person, request)
