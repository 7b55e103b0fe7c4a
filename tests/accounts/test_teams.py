"""Teams and memberships."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts.domain.teams import (
    add_member,
    add_member_as,
    change_role,
    change_team,
    create_team,
    create_team_as,
    end_membership,
)
from accounts.enums import Role
from accounts.models import Membership, Team, User
from accounts.principal import Principal
from events.errors import Conflict, Invalid, Refused
from events.models import AuditEntry, Event
from tests.factories import ACTOR, make_owner, make_principal, make_service, make_team, make_user
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team("Platform")


@pytest.fixture
def admin(team: Team) -> Principal:
    return make_principal(make_user(team, Role.ADMIN))


def test_only_owners_create_teams(admin: Principal) -> None:
    with pytest.raises(Refused):
        create_team_as(principal=admin, name="Mine")
    team = create_team_as(principal=make_principal(make_owner()), name=" Theirs ")
    assert (team.name, AuditEntry.objects.order_by("-n")[0].after) == ("Theirs", {"name": "Theirs"})


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\nb", "a\0", "\ud800", "a\u202eb"])
def test_a_name_that_can_not_be_shown_names_no_team(team: Team, admin: Principal, name: str) -> None:
    with pytest.raises(Invalid):
        create_team(actor=ACTOR, name=name)
    with pytest.raises(Invalid):
        change_team(principal=admin, team=team, values={"name": name})
    assert list(Team.objects.values_list("name", flat=True)) == ["Platform"]


def test_a_name_is_taken_once(team: Team, admin: Principal) -> None:
    make_team("Other")
    with pytest.raises(Conflict):
        create_team(actor=ACTOR, name="Other")
    with pytest.raises(Conflict):
        change_team(principal=admin, team=team, values={"name": "Other"})
    change_team(principal=admin, team=team, values={"name": "Third"})
    assert sorted(Team.objects.values_list("name", flat=True)) == ["Other", "Third"]


def test_settings_are_changed_with_before_and_after(team: Team, admin: Principal) -> None:
    change_team(principal=admin, team=team, values={"tokens_may_decide": True, "name": "Platform"})
    entry = AuditEntry.objects.order_by("-n")[0]
    assert (entry.verb, entry.before, entry.after) == (
        "team.change",
        {"tokens_may_decide": False, "name": "Platform"},
        {"tokens_may_decide": True, "name": "Platform"},
    )
    count = AuditEntry.objects.count()
    change_team(principal=admin, team=team, values={"tokens_may_decide": True})
    assert AuditEntry.objects.count() == count


@pytest.mark.parametrize(
    "values",
    [
        {"tokens_may_decide": "yes"},
        {"chat_user_may_decide": 1},
        {"name": True},
        {"retired_at": True},
        {"id": "x"},
    ],
)
def test_wrong_settings_change_nothing(team: Team, admin: Principal, values: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        change_team(principal=admin, team=team, values=values)
    fresh = Team.objects.get(pk=team.pk)
    assert (fresh.name, fresh.tokens_may_decide, fresh.retired_at) == ("Platform", False, None)


def test_only_the_teams_admins_and_owners_manage_it(team: Team) -> None:
    member = make_user(team, Role.VIEWER)
    membership = member.memberships.get()
    others = [
        *(make_principal(make_user(team, role)) for role in (Role.VIEWER, Role.EDITOR, Role.APPROVER)),
        make_principal(make_user(make_team(), Role.ADMIN)),
        make_principal(make_service(make_user(team, Role.ADMIN), team)),
    ]
    for principal in others:
        for act in (
            partial(change_team, team=team, values={"tokens_may_decide": True}),
            partial(add_member_as, team=team, user=make_user(), role=Role.ADMIN),
            partial(change_role, membership=membership, role=Role.ADMIN),
            partial(end_membership, membership=membership),
        ):
            with pytest.raises(Refused):
                act(principal=principal)
    membership.refresh_from_db()
    assert (membership.role, membership.ended_at, team.memberships.filter(role=Role.ADMIN).count()) == (
        Role.VIEWER,
        None,
        1,
    )


def test_membership_begins_changes_and_ends(team: Team, admin: Principal) -> None:
    user = make_user()
    membership = add_member_as(principal=admin, team=team, user=user, role=Role.VIEWER)
    assert make_principal(user).roles == {team.pk: Role.VIEWER}
    assert user.is_staff
    change_role(principal=admin, membership=membership, role=Role.APPROVER)
    assert make_principal(user).roles == {team.pk: Role.APPROVER}
    membership.refresh_from_db()
    end_membership(principal=admin, membership=membership)
    assert (make_principal(user).roles, user.is_staff) == ({}, False)
    with pytest.raises(Conflict):
        end_membership(principal=admin, membership=membership)
    add_member_as(principal=admin, team=team, user=user, role=Role.EDITOR)
    assert make_principal(user).roles == {team.pk: Role.EDITOR}
    verbs = AuditEntry.objects.filter(actor_id=admin.user.pk).order_by("n").values_list("verb", flat=True)
    assert list(verbs) == ["membership.add", "membership.change", "membership.end", "membership.add"]
    events = Event.objects.filter(audience=f"user:{user.pk}").values_list("kind", flat=True)
    assert list(events) == ["user.rights_changed"] * 4


def test_a_role_is_one_of_four_and_services_never_decide(team: Team, admin: Principal) -> None:
    service = make_service(make_user(), team)
    membership = service.memberships.get()
    for user, role in (
        (make_user(), "boss"),
        (service, Role.APPROVER),
        (make_service(make_user()), Role.ADMIN),
    ):
        with pytest.raises(Invalid):
            add_member(actor=ACTOR, team=team, user=user, role=role)
    for role in ("boss", Role.APPROVER, Role.ADMIN):
        with pytest.raises(Invalid):
            change_role(principal=admin, membership=membership, role=role)
    assert [row.role for row in service.memberships.all()] == [Role.VIEWER]


def test_retired_users_and_teams_take_no_memberships(team: Team) -> None:
    user = make_user()
    User.objects.filter(pk=user.pk).update(is_active=False)
    with pytest.raises(Invalid):
        add_member(actor=ACTOR, team=team, user=User.objects.get(pk=user.pk), role=Role.VIEWER)
    Team.objects.filter(pk=team.pk).update(retired_at=timezone.now())
    with pytest.raises(Invalid):
        add_member(actor=ACTOR, team=Team.objects.get(pk=team.pk), user=make_user(), role=Role.VIEWER)


def test_a_membership_that_changed_meanwhile_is_a_conflict(team: Team, admin: Principal) -> None:
    user = make_user(team, Role.VIEWER)
    seen, current = user.memberships.get(), user.memberships.get()
    change_role(principal=admin, membership=current, role=Role.EDITOR)
    with pytest.raises(Conflict):
        change_role(principal=admin, membership=seen, role=Role.APPROVER)
    seen.refresh_from_db()
    assert seen.role == Role.EDITOR


@pytest.mark.django_db(transaction=True)
def test_one_membership_however_many_add_it_at_once() -> None:
    team, user = make_team(), make_user()

    def add(role: str) -> str:
        try:
            add_member(actor=ACTOR, team=team, user=user, role=role)
        except Conflict:
            return "conflict"
        return "added"

    results = run_together([partial(add, role) for role in [Role.VIEWER, Role.ADMIN] * 3])
    assert Counter(results) == {"added": 1, "conflict": 5}
    assert Membership.objects.filter(user=user, ended_at=None).count() == 1
