"""Claims: a hint, not a lock; whoever may decide may take it over, knowingly."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team
from accounts.principal import Principal
from events.errors import Conflict, NotFound, Refused
from events.models import AuditEntry, Event
from governance.domain.claims import claim_request, release_request
from governance.domain.decide import approve_request, deny_request
from governance.models import PermissionRequest
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


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def ann(team: Team) -> Principal:
    return make_principal(make_user(team, name="Ann"))


@pytest.fixture
def bob(team: Team) -> Principal:
    return make_principal(make_user(team, name="Bob"))


@pytest.fixture
def request_(team: Team) -> PermissionRequest:
    return make_request(make_engine(team))


def read_claim(request: PermissionRequest) -> tuple[str | None, bool]:
    request.refresh_from_db()
    return request.claimed_by_id, request.claimed_at is not None


def list_log(request: PermissionRequest) -> list[tuple[str, dict[str, str | None], dict[str, str | None]]]:
    entries = AuditEntry.objects.filter(subject_id=request.pk, verb__in=[CLAIM, RELEASE]).order_by("n")
    return [(entry.verb, entry.before, entry.after) for entry in entries]


CLAIM, RELEASE = "permission_request.claim", "permission_request.release"


def test_a_claim_is_logged_and_told(ann: Principal, request_: PermissionRequest) -> None:
    claim_request(principal=ann, request_id=request_.pk)
    assert read_claim(request_) == (ann.user.pk, True)
    assert list_log(request_) == [(CLAIM, {"claimed_by": None}, {"claimed_by": ann.user.pk})]
    event = Event.objects.latest("seq")
    assert (event.kind, event.audience) == ("permission_request.claimed", f"team:{request_.team_id}")
    assert event.words["claimed_by"] == "Ann"


def test_ones_own_claim_again_changes_nothing(ann: Principal, request_: PermissionRequest) -> None:
    claim_request(principal=ann, request_id=request_.pk)
    events = Event.objects.count()
    claim_request(principal=ann, request_id=request_.pk)
    assert (Event.objects.count(), len(list_log(request_))) == (events, 1)


def test_taking_over_names_the_one_who_was_shown(
    ann: Principal, bob: Principal, request_: PermissionRequest
) -> None:
    claim_request(principal=ann, request_id=request_.pk)
    with pytest.raises(Conflict) as caught:
        claim_request(principal=bob, request_id=request_.pk)
    assert (caught.value.code, caught.value.message, caught.value.facts["claimed_by"]) == (
        "claimed",
        "Ann looks at it.",
        "Ann",
    )
    assert read_claim(request_) == (ann.user.pk, True)
    claim_request(principal=bob, request_id=request_.pk, take_over_from=ann.user.pk)
    assert read_claim(request_) == (bob.user.pk, True)
    assert list_log(request_)[1] == (CLAIM, {"claimed_by": ann.user.pk}, {"claimed_by": bob.user.pk})


def test_a_claim_stops_nobody_from_deciding(
    ann: Principal, bob: Principal, request_: PermissionRequest
) -> None:
    claim_request(principal=ann, request_id=request_.pk)
    assert approve_request(principal=bob, request_id=request_.pk, fingerprint=request_.fingerprint).is_decided


def test_whoever_may_decide_may_release(ann: Principal, bob: Principal, request_: PermissionRequest) -> None:
    claim_request(principal=ann, request_id=request_.pk)
    release_request(principal=bob, request_id=request_.pk)
    assert read_claim(request_) == (None, False)
    release_request(principal=bob, request_id=request_.pk)
    assert [verb for verb, _, _ in list_log(request_)] == [CLAIM, RELEASE]


def test_who_may_not_decide_may_not_claim(team: Team, request_: PermissionRequest) -> None:
    for user in (make_user(team, Role.VIEWER), make_user(team, Role.EDITOR), make_owner()):
        with pytest.raises(Refused):
            claim_request(principal=make_principal(user), request_id=request_.pk)
        with pytest.raises(Refused):
            release_request(principal=make_principal(user), request_id=request_.pk)
    with pytest.raises(Refused):
        claim_request(principal=make_principal(make_service(make_user(team), team)), request_id=request_.pk)
    with pytest.raises(NotFound):
        claim_request(principal=make_principal(make_user(make_team())), request_id=request_.pk)
    assert read_claim(request_) == (None, False)


def test_nothing_is_claimed_after_the_end(ann: Principal, team: Team, request_: PermissionRequest) -> None:
    deny_request(principal=ann, request_id=request_.pk, fingerprint=request_.fingerprint)
    for act in (claim_request, release_request):
        with pytest.raises(Conflict) as caught:
            act(principal=ann, request_id=request_.pk)
        assert caught.value.code == "already_decided"
    overdue = make_request(make_engine(team), now=timezone.now() - timedelta(hours=2))
    with pytest.raises(Conflict) as caught:
        claim_request(principal=ann, request_id=overdue.pk)
    assert caught.value.code == "expired"
