"""How many approvals a team asks for."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from accounts.domain.retirement import retire_user
from accounts.enums import Role
from events.errors import Invalid, Refused
from events.models import AuditEntry
from reviews.domain.policies import MAX_APPROVALS, change_policy, required_approvals
from reviews.models import ReviewPolicy
from tests.factories import make_owner, make_principal, make_service, make_team, make_user

pytestmark = pytest.mark.django_db

KIND = "permission_request"


def test_without_a_policy_it_is_one() -> None:
    assert required_approvals(team_id=make_team().pk, kind=KIND) == 1


def test_admins_and_owners_change_it_and_the_change_is_audited() -> None:
    team = make_team()
    for _ in range(2):
        make_user(team, Role.APPROVER)
    change_policy(
        principal=make_principal(make_user(team, Role.ADMIN)), team=team, kind=KIND, approvals_needed=2
    )
    change_policy(principal=make_principal(make_owner()), team=team, kind=KIND, approvals_needed=3)
    change_policy(principal=make_principal(make_owner()), team=team, kind=KIND, approvals_needed=3)
    assert required_approvals(team_id=team.pk, kind=KIND) == 3
    assert required_approvals(team_id=make_team().pk, kind=KIND) == 1
    changes = AuditEntry.objects.filter(verb="review_policy.change").order_by("n")
    assert [(entry.before["approvals_needed"], entry.after["approvals_needed"]) for entry in changes] == [
        (1, 2),
        (2, 3),
    ]


def test_nobody_else_changes_it() -> None:
    team = make_team()
    admin = make_user(team, Role.ADMIN)
    others = [
        *(make_user(team, role) for role in (Role.VIEWER, Role.EDITOR, Role.APPROVER)),
        make_user(make_team(), Role.ADMIN),
        make_service(admin, team),
    ]
    for user in others:
        with pytest.raises(Refused):
            change_policy(principal=make_principal(user), team=team, kind=KIND, approvals_needed=5)
    assert not ReviewPolicy.objects.exists()


@pytest.mark.parametrize(
    ("kind", "number"), [(KIND, 0), (KIND, -1), (KIND, MAX_APPROVALS + 1), ("coffee", 2), ("", 2)]
)
def test_a_wrong_policy_changes_nothing(kind: str, number: int) -> None:
    team = make_team()
    with pytest.raises(Invalid):
        change_policy(principal=make_principal(make_owner()), team=team, kind=kind, approvals_needed=number)
    assert not ReviewPolicy.objects.exists()


def test_more_approvals_than_people_who_may_decide_are_refused() -> None:
    team, owner = make_team(), make_principal(make_owner())
    retired = make_user(team, Role.ADMIN)
    retire_user(principal=owner, user=retired)
    for role in (Role.VIEWER, Role.EDITOR, Role.APPROVER, Role.ADMIN):
        make_user(team, role)
    with pytest.raises(Invalid, match="Nothing could be approved: 2 people of the team may decide"):
        change_policy(principal=owner, team=team, kind=KIND, approvals_needed=3)
    change_policy(principal=owner, team=team, kind=KIND, approvals_needed=2)
    assert required_approvals(team_id=team.pk, kind=KIND) == 2


def test_one_policy_for_a_team_and_kind() -> None:
    team = make_team()
    ReviewPolicy.objects.create(team=team, kind=KIND, approvals_needed=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewPolicy.objects.create(team=team, kind=KIND, approvals_needed=3)
