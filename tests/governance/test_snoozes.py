"""Putting off hides a request from one person's own tab, for a bounded time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team
from events.errors import Conflict, Invalid, NotFound, Refused
from events.models import AuditEntry, Event
from governance.domain.decide import deny_request
from governance.domain.snoozes import snooze_request, unsnooze_request
from governance.models import RequestSnooze
from governance.queries import find_snooze
from tests.factories import (
    make_engine,
    make_owner,
    make_principal,
    make_request,
    make_service,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2030, 5, 17, 12, 0, tzinfo=UTC)


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.mark.parametrize(
    ("length", "timeout_s", "until"),
    [
        ("15m", 3600, NOON + timedelta(minutes=15)),
        ("1h", 7200, NOON + timedelta(hours=1)),
        ("1h", 600, NOON + timedelta(seconds=600)),
        ("tomorrow", 3 * 24 * 3600, datetime(2030, 5, 18, 8, 0, tzinfo=UTC)),
    ],
)
def test_it_ends_then_but_never_after_the_request(
    team: Team, length: str, timeout_s: int, until: datetime
) -> None:
    person = make_principal(make_user(team))
    with time_machine.travel(NOON, tick=False):
        engine = make_engine(team)
        engine.request_timeout_s = timeout_s
        request = make_request(engine)
        snooze = snooze_request(principal=person, request_id=request.pk, length=length)
        assert snooze.until == until
        assert find_snooze(person, request, NOON) == snooze
        assert find_snooze(person, request, until) is None


def test_only_the_person_hears_of_it_and_the_chain_keeps_it(team: Team) -> None:
    person = make_principal(make_user(team, Role.VIEWER))
    request = make_request(make_engine(team))
    snooze_request(principal=person, request_id=request.pk, length="1h")
    unsnooze_request(principal=person, request_id=request.pk)
    unsnooze_request(principal=person, request_id=request.pk)
    events = Event.objects.filter(kind__contains="snoozed").order_by("seq").values_list("kind", "audience")
    assert list(events) == [
        ("permission_request.snoozed", f"user:{person.user.pk}"),
        ("permission_request.unsnoozed", f"user:{person.user.pk}"),
    ]
    verbs = AuditEntry.objects.filter(verb__contains="snooze").order_by("n").values_list("verb", flat=True)
    assert list(verbs) == ["permission_request.snooze", "permission_request.unsnooze"]
    assert not RequestSnooze.objects.exists()


def test_again_moves_the_end(team: Team) -> None:
    person = make_principal(make_user(team))
    request = make_request(make_engine(team))
    for length in ("1h", "15m"):
        snooze_request(principal=person, request_id=request.pk, length=length)
    [snooze] = RequestSnooze.objects.all()
    assert snooze.until - snooze.created_at == timedelta(minutes=15)


@pytest.mark.parametrize("length", ["", "2h", "999d", "\0"])
def test_other_lengths_are_refused(team: Team, length: str) -> None:
    request = make_request(make_engine(team))
    with pytest.raises(Invalid):
        snooze_request(principal=make_principal(make_user(team)), request_id=request.pk, length=length)


def test_for_people_of_the_team_and_while_it_waits(team: Team) -> None:
    person = make_principal(make_user(team))
    request = make_request(make_engine(team))
    for user in (make_owner(), make_service(make_user(team), team)):
        with pytest.raises(Refused):
            snooze_request(principal=make_principal(user), request_id=request.pk, length="1h")
        with pytest.raises(Refused):
            unsnooze_request(principal=make_principal(user), request_id=request.pk)
    with pytest.raises(NotFound):
        snooze_request(principal=make_principal(make_user(make_team())), request_id=request.pk, length="1h")
    overdue = make_request(make_engine(team), now=timezone.now() - timedelta(hours=2))
    with pytest.raises(Conflict) as caught:
        snooze_request(principal=person, request_id=overdue.pk, length="1h")
    assert caught.value.code == "expired"
    deny_request(principal=person, request_id=request.pk, fingerprint=request.fingerprint)
    with pytest.raises(Conflict) as caught:
        snooze_request(principal=person, request_id=request.pk, length="1h")
    assert caught.value.code == "already_decided"
