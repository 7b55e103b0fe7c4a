"""Deciding: first decision wins, quorum, staleness, rights."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.domain.retirement import retire_user
from accounts.domain.teams import change_role, end_membership
from accounts.enums import Role, Scope
from accounts.models import ApiToken, Membership, Team
from accounts.principal import Principal
from events.actors import Door
from events.errors import Conflict, Invalid, NotFound, Refused
from events.models import AuditEntry
from governance.domain.decide import Outcome, approve_request, deny_request
from governance.enums import Confirmation, Reply, ReplyState, RequestState
from governance.models import EngineReply, PermissionRequest
from reviews.models import ReviewPolicy, Vote
from tests.factories import (
    make_engine,
    make_owner,
    make_principal,
    make_request,
    make_service,
    make_session,
    make_team,
    make_token,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def approver(team: Team) -> Principal:
    return make_principal(make_user(team))


def test_approval_queues_once(team: Team, approver: Principal) -> None:
    request = make_request(make_engine(team))
    outcome = approve_request(principal=approver, request_id=request.pk, fingerprint=request.fingerprint)
    request.refresh_from_db()
    assert (outcome.is_decided, request.state, request.decided_by_id, request.decision_door) == (
        True,
        RequestState.APPROVED,
        approver.user.pk,
        Door.API,
    )
    reply = EngineReply.objects.get(request=request)
    assert (reply.reply, reply.state, reply.message) == (Reply.ONCE, ReplyState.QUEUED, "")


def test_denial_carries_the_message(team: Team, approver: Principal) -> None:
    request = make_request(make_engine(team))
    deny_request(
        principal=approver, request_id=request.pk, fingerprint=request.fingerprint, reason=" use git rm "
    )
    reply = EngineReply.objects.get(request=request)
    assert (reply.reply, reply.message) == (Reply.REJECT, "use git rm")


def test_second_decision_loses_and_names_the_winner(team: Team, approver: Principal) -> None:
    request = make_request(make_engine(team))
    second = make_principal(make_user(team))
    deny_request(principal=approver, request_id=request.pk, fingerprint=request.fingerprint)
    with pytest.raises(Conflict) as caught:
        approve_request(principal=second, request_id=request.pk, fingerprint=request.fingerprint)
    assert (caught.value.code, caught.value.facts["decided_by"]) == ("already_decided", str(approver.user))
    assert EngineReply.objects.count() == 1
    assert Vote.objects.count() == 1


def test_another_fingerprint_is_stale(team: Team, approver: Principal) -> None:
    request = make_request(make_engine(team))
    for fingerprint in ("", "0" * 64):
        with pytest.raises(Conflict) as caught:
            approve_request(principal=approver, request_id=request.pk, fingerprint=fingerprint)
        assert caught.value.code == "stale_fingerprint"


def test_unsealed_request_can_only_be_denied(team: Team, approver: Principal) -> None:
    request = make_request(make_engine(team), sealed=False)
    with pytest.raises(Conflict) as caught:
        approve_request(principal=approver, request_id=request.pk, fingerprint=request.fingerprint)
    assert caught.value.code == "unsealed"
    deny_request(principal=approver, request_id=request.pk, fingerprint=request.fingerprint)
    request.refresh_from_db()
    assert request.state == RequestState.DENIED


def test_overdue_request_takes_no_vote(team: Team, approver: Principal) -> None:
    request = make_request(make_engine(team), now=timezone.now() - timedelta(hours=2))
    with pytest.raises(Conflict) as caught:
        approve_request(principal=approver, request_id=request.pk, fingerprint=request.fingerprint)
    assert caught.value.code == "expired"


def test_quorum_of_two_needs_two_people(team: Team, approver: Principal) -> None:
    ReviewPolicy.objects.create(team=team, kind="permission_request", approvals_needed=2)
    request = make_request(make_engine(team))
    first = approve_request(principal=approver, request_id=request.pk, fingerprint=request.fingerprint)
    assert first.is_decided is False
    with pytest.raises(Conflict) as caught:
        approve_request(principal=approver, request_id=request.pk, fingerprint=request.fingerprint)
    assert caught.value.code == "already_voted"
    request.refresh_from_db()
    assert (request.state, request.approvals) == (RequestState.PENDING, 1)
    assert not EngineReply.objects.exists()
    second = make_principal(make_user(team))
    assert approve_request(
        principal=second, request_id=request.pk, fingerprint=request.fingerprint
    ).is_decided


@pytest.mark.parametrize("loss", ["role", "membership", "account"])
def test_a_vote_counts_only_while_its_voter_may_decide(team: Team, approver: Principal, loss: str) -> None:
    ReviewPolicy.objects.create(team=team, kind="permission_request", approvals_needed=2)
    request = make_request(make_engine(team))
    approve_request(principal=approver, request_id=request.pk, fingerprint=request.fingerprint)
    owner, membership = make_principal(make_owner()), Membership.objects.get(user=approver.user)
    if loss == "role":
        change_role(principal=owner, membership=membership, role=Role.VIEWER)
    elif loss == "membership":
        end_membership(principal=owner, membership=membership)
    else:
        retire_user(principal=owner, user=approver.user)
    second, third = (make_principal(make_user(team)) for _ in range(2))
    outcome = approve_request(principal=second, request_id=request.pk, fingerprint=request.fingerprint)
    request.refresh_from_db()
    assert (outcome.is_decided, request.state, request.approvals) == (False, RequestState.PENDING, 1)
    approve_request(principal=third, request_id=request.pk, fingerprint=request.fingerprint)
    request.refresh_from_db()
    assert (request.state, request.approvals) == (RequestState.APPROVED, 2)


def test_high_risk_needs_its_confirmation(team: Team, approver: Principal) -> None:
    request = make_request(make_engine(team), "rm -rf build")
    with pytest.raises(Conflict) as caught:
        approve_request(principal=approver, request_id=request.pk, fingerprint=request.fingerprint)
    assert caught.value.code == "confirmation_needed"
    assert not Vote.objects.exists()
    outcome = approve_request(
        principal=approver,
        request_id=request.pk,
        fingerprint=request.fingerprint,
        confirmed={Confirmation.HIGH_RISK},
    )
    assert outcome.is_decided


def test_high_risk_is_denied_without_one(team: Team, approver: Principal) -> None:
    request = make_request(make_engine(team), "rm -rf build")
    outcome = deny_request(principal=approver, request_id=request.pk, fingerprint=request.fingerprint)
    assert outcome.is_decided


@pytest.mark.parametrize("verb", [approve_request, deny_request])
def test_a_token_never_decides_high_risk(
    team: Team, approver: Principal, verb: Callable[..., Outcome]
) -> None:
    Team.objects.update(tokens_may_decide=True)
    make_token(approver.user, Scope.REQUESTS_READ, Scope.REQUESTS_DECIDE)
    program = Principal(approver.user, Door.API, ApiToken.objects.get())
    engine = make_engine(team)
    for asked in (make_request(engine, "rm -rf build"), make_request(engine, "ls", sealed=False)):
        with pytest.raises(Refused) as caught:
            verb(principal=program, request_id=asked.pk, fingerprint=asked.fingerprint)
        assert caught.value.message == "API tokens never decide requests of high risk."
    plain = make_request(engine, "ls")
    assert verb(principal=program, request_id=plain.pk, fingerprint=plain.fingerprint).is_decided


def test_one_denial_ends_a_quorum(team: Team, approver: Principal) -> None:
    ReviewPolicy.objects.create(team=team, kind="permission_request", approvals_needed=3)
    request = make_request(make_engine(team))
    approve_request(principal=approver, request_id=request.pk, fingerprint=request.fingerprint)
    second = make_principal(make_user(team))
    deny_request(principal=second, request_id=request.pk, fingerprint=request.fingerprint)
    request.refresh_from_db()
    assert request.state == RequestState.DENIED


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_other_roles_do_not_decide(team: Team, role: str) -> None:
    request = make_request(make_engine(team))
    with pytest.raises(Refused):
        approve_request(
            principal=make_principal(make_user(team, role)),
            request_id=request.pk,
            fingerprint=request.fingerprint,
        )
    request.refresh_from_db()
    assert request.is_pending


def test_other_teams_request_does_not_exist(team: Team) -> None:
    request = make_request(make_engine(team))
    stranger = make_principal(make_user(make_team()))
    with pytest.raises(NotFound):
        approve_request(principal=stranger, request_id=request.pk, fingerprint=request.fingerprint)


def test_owner_decides_only_as_a_member(team: Team) -> None:
    request = make_request(make_engine(team))
    with pytest.raises(Refused):
        approve_request(
            principal=make_principal(make_owner()), request_id=request.pk, fingerprint=request.fingerprint
        )


def test_service_account_never_decides(team: Team) -> None:
    request = make_request(make_engine(team))
    service = make_service(make_user(team), team)
    with pytest.raises(Refused):
        deny_request(
            principal=make_principal(service), request_id=request.pk, fingerprint=request.fingerprint
        )


def test_chat_user_decides_unless_the_team_says_no(team: Team) -> None:
    engine = make_engine(team)
    make_session(engine, "ses_1")
    user = make_user(team, Role.VIEWER)
    engine.chats.update(user=user)
    first, second = make_request(engine), make_request(engine)
    approve_request(principal=make_principal(user), request_id=first.pk, fingerprint=first.fingerprint)
    Team.objects.filter(pk=team.pk).update(chat_user_may_decide=False)
    with pytest.raises(Refused):
        approve_request(principal=make_principal(user), request_id=second.pk, fingerprint=second.fingerprint)


def test_refusal_is_audited_and_changes_nothing(team: Team) -> None:
    request = make_request(make_engine(team))
    viewer = make_principal(make_user(team, Role.VIEWER))
    with pytest.raises(Refused):
        approve_request(principal=viewer, request_id=request.pk, fingerprint=request.fingerprint)
    entry = AuditEntry.objects.order_by("-n")[0]
    assert (entry.verb, entry.actor_id, entry.subject_id) == ("refused", viewer.user.pk, request.pk)
    assert not Vote.objects.exists()


def test_too_long_a_message_is_invalid(team: Team, approver: Principal) -> None:
    request = make_request(make_engine(team))
    with pytest.raises(Invalid):
        deny_request(
            principal=approver, request_id=request.pk, fingerprint=request.fingerprint, reason="x" * 4001
        )
    assert PermissionRequest.objects.get(pk=request.pk).is_pending
