"""What each tab of the inbox holds, for everybody who may look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team, User
from accounts.principal import Principal
from engines.models import Chat, Engine
from governance.domain.decide import approve_request, deny_request
from governance.domain.requests import Wish, create_request
from governance.models import PermissionRequest, RequestSnooze
from governance.policies import can_decide
from governance.queries import list_requests
from governance.tabs import Tab, filter_tab
from reviews.models import ReviewPolicy
from tests.factories import (
    make_engine,
    make_owner,
    make_principal,
    make_request,
    make_service,
    make_session,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db


@dataclass
class Desk:
    team: Team
    engine: Engine
    alice: User
    bob: User

    def ids(self, tab: Tab, user: User | None = None) -> set[str]:
        principal = make_principal(user or self.alice)
        rows = filter_tab(list_requests(principal), tab=tab, principal=principal, now=timezone.now())
        return set(rows.values_list("pk", flat=True))


@pytest.fixture
def desk() -> Desk:
    team = make_team()
    return Desk(team, make_engine(team), make_user(team, name="Alice"), make_user(team, name="Bob"))


def decide(request: PermissionRequest, user: User, verdict: str = "approve") -> None:
    act = approve_request if verdict == "approve" else deny_request
    act(principal=make_principal(user), request_id=request.pk, fingerprint=request.fingerprint)


def test_everything_stands_in_exactly_one_of_four_tabs(desk: Desk) -> None:
    waiting, approved, denied, expired, withdrawn, ruled = (make_request(desk.engine) for _ in range(6))
    decide(approved, desk.bob)
    now = timezone.now()
    PermissionRequest.objects.filter(pk=denied.pk).update(
        state="denied",
        decided_at=now,
        decided_by_kind="user",
        decided_by_id=desk.bob.pk,
        decision_door="admin",
    )
    PermissionRequest.objects.filter(pk=expired.pk).update(state="expired", decided_at=now)
    PermissionRequest.objects.filter(pk=withdrawn.pk).update(state="cancelled", decided_at=now)
    PermissionRequest.objects.filter(pk=ruled.pk).update(
        state="approved",
        decided_at=now,
        decision_door="rule",
        decided_by_kind="rule",
        decided_by_id="r1",
        rule_id="r1",
        rule_version=1,
    )
    tabs = (Tab.PENDING, Tab.DECIDED, Tab.EXPIRED, Tab.AUTOMATIC, Tab.ALL)
    assert {tab: desk.ids(tab) for tab in tabs} == {
        Tab.PENDING: {waiting.pk},
        Tab.DECIDED: {approved.pk, denied.pk},
        Tab.EXPIRED: {expired.pk, withdrawn.pk},
        Tab.AUTOMATIC: {ruled.pk},
        Tab.ALL: {row.pk for row in (waiting, approved, denied, expired, withdrawn, ruled)},
    }


def test_a_vote_moves_a_request_from_mine_to_waiting(desk: Desk) -> None:
    ReviewPolicy.objects.create(team=desk.team, kind="permission_request", approvals_needed=2)
    request = make_request(desk.engine)
    decide(request, desk.alice)
    held = {name: (desk.ids(Tab.MINE, user), desk.ids(Tab.WAITING, user)) for name, user in people(desk)}
    assert held == {"alice": (set(), {request.pk}), "bob": ({request.pk}, set())}


def test_a_snooze_hides_it_from_ones_own_tab_until_it_ends(desk: Desk) -> None:
    now = timezone.now()
    asleep, awake = make_request(desk.engine), make_request(desk.engine)
    past = now - timedelta(minutes=5)
    RequestSnooze.objects.create(user=desk.alice, request=asleep, until=now + timedelta(hours=1))
    RequestSnooze.objects.create(
        user=desk.alice, request=awake, until=past, created_at=past - timedelta(hours=1)
    )
    both = {asleep.pk, awake.pk}
    assert (desk.ids(Tab.MINE), desk.ids(Tab.PENDING)) == ({awake.pk}, both)
    assert desk.ids(Tab.MINE, desk.bob) == both


def test_what_somebody_claims_is_mine_still_and_waits_on_them_too(desk: Desk) -> None:
    request = make_request(desk.engine)
    PermissionRequest.objects.filter(pk=request.pk).update(claimed_by=desk.bob, claimed_at=timezone.now())
    held = {name: (desk.ids(Tab.MINE, user), desk.ids(Tab.WAITING, user)) for name, user in people(desk)}
    assert held == {"alice": ({request.pk}, {request.pk}), "bob": ({request.pk}, set())}


def people(desk: Desk) -> list[tuple[str, User]]:
    return [("alice", desk.alice), ("bob", desk.bob)]


def ask_as(user: User, team: Team) -> PermissionRequest:
    wish = Wish(permission="bash", command="ls")
    return create_request(principal=make_principal(user), team=team, wish=wish)[0]


def test_mine_is_what_the_policy_lets_one_decide(desk: Desk) -> None:
    """The condition in SQL and the policy in Python agree on every request, for everybody."""
    strict = make_team()
    strict.chat_user_may_decide = False
    strict.save()
    viewer = make_user(desk.team, Role.VIEWER)
    strict.memberships.create(user=viewer, role=Role.VIEWER)
    everyone = [
        desk.alice,
        desk.bob,
        viewer,
        make_user(desk.team, Role.EDITOR),
        make_user(desk.team, Role.ADMIN),
        make_user(strict),
        make_user(),
        make_owner(),
        make_service(desk.alice, desk.team),
    ]
    for engine in (desk.engine, make_engine(strict)):
        for user in (None, viewer):
            session = make_session(engine)
            Chat.objects.filter(ai_engine_session_id=session).update(user=user)
            make_request(engine, session_id=session)
    ask_as(desk.alice, desk.team)
    ask_as(everyone[-1], desk.team)
    rows = list(PermissionRequest.objects.select_related("team", "chat"))
    assert len(rows) == 6
    found, expected = {}, {}
    for user in everyone:
        principal = Principal(user, "admin")
        visible = set(list_requests(principal).values_list("pk", flat=True))
        found[user.username] = desk.ids(Tab.MINE, user)
        expected[user.username] = {row.pk for row in rows if row.pk in visible and can_decide(principal, row)}
    assert found == expected
    assert sum(map(bool, expected.values())) == 5
