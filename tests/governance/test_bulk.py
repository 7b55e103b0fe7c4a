"""Many at once: one message for denials; approvals only where one look is enough, all or none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team
from accounts.principal import Principal
from engines.models import Engine
from events.errors import Conflict, Invalid, NotFound
from governance.domain.bulk import MAX_AT_ONCE, BulkResult, Chosen, approve_requests, deny_requests
from governance.domain.decide import approve_request, deny_request
from governance.domain.requests import Wish, create_request
from governance.enums import RequestState
from governance.models import EngineReply, PermissionRequest
from reviews.models import ReviewPolicy, Vote
from tests.factories import make_engine, make_principal, make_request, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team)


@pytest.fixture
def ann(team: Team) -> Principal:
    return make_principal(make_user(team, name="Ann"))


def choose(*requests: PermissionRequest) -> list[Chosen]:
    return [Chosen(request.pk, request.fingerprint) for request in requests]


def list_states() -> list[str]:
    return list(PermissionRequest.objects.order_by("created_at", "pk").values_list("state", flat=True))


def test_each_is_denied_with_the_message(engine: Engine, ann: Principal) -> None:
    requests = [make_request(engine, f"rm {number}") for number in range(3)]
    results = deny_requests(principal=ann, chosen=choose(*requests), reason=" Stop cleaning up. ")
    assert results == [BulkResult(request.pk, "decided", "denied.", is_done=True) for request in requests]
    assert list_states() == [RequestState.DENIED] * 3
    messages = EngineReply.objects.values_list("message", flat=True)
    assert list(messages) == ["Stop cleaning up."] * 3
    assert Vote.objects.count() == 3


def test_what_was_lost_is_named_and_the_others_are_done(team: Team, engine: Engine, ann: Principal) -> None:
    taken, stale, good = (make_request(engine, f"ls {number}") for number in range(3))
    bob = make_principal(make_user(team, name="Bob"))
    approve_request(principal=bob, request_id=taken.pk, fingerprint=taken.fingerprint)
    chosen = [*choose(taken), Chosen(stale.pk, "0" * 64), Chosen("0" * 15, ""), *choose(good, good)]
    changed = "The request is not what was shown; look at it again."
    assert deny_requests(principal=ann, chosen=chosen, reason="no") == [
        BulkResult(taken.pk, "already_decided", "Bob approved it already.", is_done=False),
        BulkResult(stale.pk, "stale_fingerprint", changed, is_done=False),
        BulkResult("0" * 15, "not_found", "There is no such permission request.", is_done=False),
        BulkResult(good.pk, "decided", "denied.", is_done=True),
    ]
    assert list_states() == [RequestState.APPROVED, RequestState.PENDING, RequestState.DENIED]


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 4001, "a\0"])
def test_a_denial_of_many_needs_a_message(engine: Engine, ann: Principal, reason: str) -> None:
    request = make_request(engine)
    with pytest.raises(Invalid) as caught:
        deny_requests(principal=ann, chosen=choose(request), reason=reason)
    assert (caught.value.facts, list_states()) == ({"field": "reason"}, [RequestState.PENDING])


def test_none_or_too_many_are_refused(ann: Principal) -> None:
    many = [Chosen(f"{number:015d}", "") for number in range(MAX_AT_ONCE + 1)]
    for chosen in ([], many):
        with pytest.raises(Invalid):
            deny_requests(principal=ann, chosen=chosen, reason="no")
        with pytest.raises(Invalid):
            approve_requests(principal=ann, chosen=chosen)


def test_one_program_is_approved_together(engine: Engine, ann: Principal) -> None:
    requests = [make_request(engine, f"git {word}", session_id=f"ses_{word}") for word in ("pull", "status")]
    results = approve_requests(principal=ann, chosen=choose(*requests))
    assert results == [BulkResult(request.pk, "decided", "approved.", is_done=True) for request in requests]
    assert list_states() == [RequestState.APPROVED] * 2


def test_more_than_ten_of_a_session_together_need_no_pause(engine: Engine, ann: Principal) -> None:
    requests = [make_request(engine, f"ls {number}") for number in range(15)]
    results = approve_requests(principal=ann, chosen=choose(*requests))
    assert [result.code for result in results] == ["decided"] * 15


def test_a_quorum_waits_for_the_others(team: Team, engine: Engine, ann: Principal) -> None:
    ReviewPolicy.objects.create(team=team, kind="permission_request", approvals_needed=2)
    request = make_request(engine)
    assert approve_requests(principal=ann, chosen=choose(request)) == [
        BulkResult(request.pk, "voted", "1 of 2 approvals.", is_done=True)
    ]


REFUSED: dict[str, dict[str, Any]] = {
    "another program": {"command": "cat README"},
    "high risk": {"command": "rm -rf build"},
    "not one command": {"command": "ls && ls"},
    "findings": {"command": "ls \u202e"},
    "cut": {"command": "ls " + "a " * 300},
    "a secret, masked": {"command": "ls ghp_" + "a1B2c3D4e5F6" * 3},
    "unsealed": {"command": "ls", "sealed": False},
    "another permission": {"command": "ls", "permission": "external_directory", "patterns": ["/etc"]},
}


@pytest.mark.parametrize("values", REFUSED.values(), ids=list(REFUSED))
def test_all_or_none(engine: Engine, ann: Principal, values: dict[str, Any]) -> None:
    good, bad = make_request(engine, "ls a"), make_request(engine, **values)
    for chosen in (choose(good, bad), choose(bad, good)):
        with pytest.raises(Conflict) as caught:
            approve_requests(principal=ann, chosen=chosen)
        assert caught.value.code == "bulk_refused"
        assert caught.value.message.startswith("None was approved. ")
    assert list_states() == [RequestState.PENDING] * 2
    assert not Vote.objects.exists()


def test_one_that_ended_or_changed_or_is_not_ones_own_to_decide_refuses_all(
    team: Team, engine: Engine, ann: Principal
) -> None:
    good, ended, changed = (make_request(engine, f"ls {number}") for number in range(3))
    bob = make_principal(make_user(team, name="Bob"))
    deny_request(principal=bob, request_id=ended.pk, fingerprint=ended.fingerprint)
    own, _ = create_request(principal=ann, team=team, wish=Wish(permission="bash", command="ls c"))
    late = make_request(engine, "ls", now=timezone.now() - timedelta(hours=2))
    for other, why in [
        (Chosen(ended.pk, ended.fingerprint), "Bob denied it already."),
        (Chosen(own.pk, own.fingerprint), "Nobody decides what they"),
        (Chosen(changed.pk, "0" * 64), "not what was shown"),
        (Chosen(late.pk, late.fingerprint), "The time for this request has run out."),
    ]:
        with pytest.raises(Conflict) as caught:
            approve_requests(principal=ann, chosen=[*choose(good), other])
        assert why in caught.value.message
    stranger = make_request(make_engine(make_team()), "ls e")
    with pytest.raises(NotFound):
        approve_requests(principal=ann, chosen=choose(good, stranger))
    with pytest.raises(Conflict):
        approve_requests(principal=make_principal(make_user(team, Role.VIEWER)), chosen=choose(good))
    good.refresh_from_db()
    assert (good.state, good.approvals) == (RequestState.PENDING, 0)


def test_a_second_vote_refuses_all(team: Team, engine: Engine, ann: Principal) -> None:
    ReviewPolicy.objects.create(team=team, kind="permission_request", approvals_needed=2)
    voted, good = make_request(engine, "ls a"), make_request(engine, "ls b")
    approve_request(principal=ann, request_id=voted.pk, fingerprint=voted.fingerprint)
    with pytest.raises(Conflict) as caught:
        approve_requests(principal=ann, chosen=choose(good, voted))
    assert "You have voted on it already." in caught.value.message
