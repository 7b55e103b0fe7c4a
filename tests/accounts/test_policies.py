"""Who sees and manages whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.domain.tokens import create_token
from accounts.enums import Role
from accounts.models import ApiToken, Team, User
from accounts.policies import (
    can_create_teams,
    can_manage_team,
    can_manage_users,
    can_read_audit,
    can_see_team,
    can_see_user,
)
from accounts.principal import Principal
from accounts.queries import list_teams, list_tokens, list_users
from events.actors import ActorKind, Door
from tests.factories import (
    ACTOR,
    make_owner,
    make_principal,
    make_service,
    make_team,
    make_token,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> dict[str, User]:
    team, other = make_team("A"), make_team("B")
    admin = make_user(team, Role.ADMIN, username="admin")
    former = make_user(team, Role.ADMIN, username="former")
    former.memberships.update(ended_at=timezone.now())
    users = [
        admin,
        make_user(team, Role.VIEWER, username="viewer"),
        make_user(other, Role.ADMIN, username="stranger"),
        former,
        make_owner(username="owner"),
        make_user(username="nobody"),
    ]
    service = make_service(admin)
    return {**{user.username: user for user in users}, "service": service}


def test_lists_hold_exactly_what_the_policies_allow(people: dict[str, User]) -> None:
    for user in people.values():
        principal = make_principal(user)
        listed_users = set(list_users(principal).values_list("pk", flat=True))
        assert listed_users == {other.pk for other in people.values() if can_see_user(principal, other)}
        listed_teams = set(list_teams(principal).values_list("pk", flat=True))
        assert listed_teams == {team.pk for team in Team.objects.all() if can_see_team(principal, team)}


def test_who_sees_whom(people: dict[str, User]) -> None:
    names = {user.pk: name for name, user in people.items()}
    seen = {
        name: sorted(names[key] for key in list_users(make_principal(user)).values_list("pk", flat=True))
        for name, user in people.items()
    }
    assert seen == {
        "admin": ["admin", "service", "viewer"],
        "viewer": ["admin", "viewer"],
        "stranger": ["stranger"],
        "former": ["former"],
        "owner": sorted(people),
        "nobody": ["nobody"],
        "service": ["service"],
    }


def test_who_manages_what(people: dict[str, User]) -> None:
    team = Team.objects.get(name="A")
    rights = {
        name: (
            can_manage_team(make_principal(user), team),
            can_create_teams(make_principal(user)),
            can_manage_users(make_principal(user)),
            can_read_audit(make_principal(user)),
        )
        for name, user in people.items()
    }
    nothing = (False, False, False, False)
    assert rights == {
        **dict.fromkeys(people, nothing),
        "admin": (True, False, False, False),
        "owner": (True, True, True, True),
    }


def test_a_token_manages_nothing(people: dict[str, User]) -> None:
    expires_at = timezone.now() + timedelta(days=1)
    made = create_token(
        actor=ACTOR, user=people["owner"], name="t", scopes=["teams:read"], expires_at=expires_at
    )
    principal = Principal(people["owner"], Door.API, made.token)
    team = Team.objects.get(name="A")
    assert not any(
        (
            can_manage_team(principal, team),
            can_create_teams(principal),
            can_manage_users(principal),
            can_read_audit(principal),
        )
    )


def test_one_lists_ones_own_and_ones_services_tokens(people: dict[str, User]) -> None:
    for name in ("admin", "service", "viewer"):
        make_token(people[name], "requests:read")
    owners = {
        name: sorted({token.user.username for token in list_tokens(make_principal(people[name]))})
        for name in ("admin", "service", "viewer", "stranger", "owner")
    }
    service = people["service"].username
    assert owners == {
        "admin": sorted(["admin", service]),
        "service": [service],
        "viewer": ["viewer"],
        "stranger": [],
        "owner": sorted(["admin", service, "viewer"]),
    }
    assert ApiToken.objects.count() == 3


def test_a_principal_acts_under_its_kind_id_and_door(people: dict[str, User]) -> None:
    actor = Principal(people["service"], Door.API).actor
    assert (actor.kind, actor.id, actor.door) == (ActorKind.SERVICE, people["service"].pk, Door.API)
    assert Principal(people["admin"], Door.ADMIN).actor.kind == ActorKind.USER


def test_audiences_follow_membership(people: dict[str, User]) -> None:
    team = Team.objects.get(name="A")
    admin, owner, former = (people[name] for name in ("admin", "owner", "former"))
    assert make_principal(admin).audiences == {f"team:{team.pk}", f"user:{admin.pk}"}
    assert make_principal(owner).audiences == {"owners", f"user:{owner.pk}"}
    assert make_principal(former).audiences == {f"user:{former.pk}"}
