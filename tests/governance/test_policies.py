"""Who may see, read in full, ask, decide and withdraw: every kind of caller against every kind of request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.domain.teams import add_member
from accounts.domain.tokens import create_token, find_token
from accounts.enums import Role, Scope
from accounts.models import Team, User
from accounts.principal import Principal
from engines.models import Chat
from events.actors import Door
from events.errors import NotFound
from governance.domain.requests import Wish, create_request
from governance.models import PermissionRequest
from governance.policies import (
    can_cancel_request,
    can_create_request,
    can_decide,
    can_read_full,
    can_see_request,
)
from governance.queries import get_request, list_requests
from tests.factories import (
    ACTOR,
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

READ, FULL, CREATE, DECIDE = (
    Scope.REQUESTS_READ,
    Scope.REQUESTS_READ_FULL,
    Scope.REQUESTS_CREATE,
    Scope.REQUESTS_DECIDE,
)


@dataclass
class World:
    team: Team
    users: dict[str, User]
    requests: dict[str, PermissionRequest]


@pytest.fixture
def world() -> World:
    """A team with everybody in it, strangers, and one request of each kind, asked by each kind of asker."""
    team, other = make_team(), make_team()
    approver = make_user(team, Role.APPROVER)
    owner = make_owner()
    member_owner = make_owner()
    add_member(actor=ACTOR, team=team, user=member_owner, role=Role.APPROVER)
    users = {
        "viewer": make_user(team, Role.VIEWER),
        "editor": make_user(team, Role.EDITOR),
        "approver": approver,
        "admin": make_user(team, Role.ADMIN),
        "chat user": make_user(team, Role.VIEWER),
        "owner": owner,
        "owner in the team": member_owner,
        "service": make_service(approver, team),
        "stranger": make_user(other, Role.ADMIN),
        "nobody": make_user(),
        "former": make_user(team, Role.APPROVER),
    }
    users["former"].memberships.update(ended_at=timezone.now())
    engine = make_engine(team)
    make_session(engine, "ses_1")
    Chat.objects.filter(engine=engine).update(user=users["chat user"])
    requests = {"engine": make_request(engine)}
    for asker in ("approver", "service"):
        requests[asker], _ = create_request(
            principal=make_principal(users[asker]), team=team, wish=Wish(permission="deploy")
        )
    return World(team, users, requests)


def make_token_principal(user: User, *scopes: str) -> Principal:
    expires_at = timezone.now() + timedelta(days=1)
    made = create_token(actor=ACTOR, user=user, name="t", scopes=list(scopes), expires_at=expires_at)
    return Principal(user, Door.API, find_token(made.secret))


def list_rights(principal: Principal, request: PermissionRequest) -> str:
    """Letters of what is allowed: see, full, decide, withdraw."""
    request = PermissionRequest.objects.select_related("team", "chat").get(pk=request.pk)
    rights = {
        "s": can_see_request(principal, request),
        "f": can_read_full(principal, request),
        "d": can_decide(principal, request),
        "w": can_cancel_request(principal, request),
    }
    listed = list_requests(principal).filter(pk=request.pk).exists()
    assert listed is rights["s"], "the list and the policy disagree"
    return "".join(letter for letter, is_allowed in rights.items() if is_allowed)


SESSIONS = {
    #                     engine  approver's  service's (owned by the approver)
    "viewer": ("sf", "sf", "sf"),
    "editor": ("sf", "sf", "sf"),
    "approver": ("sfd", "sfw", "sf"),
    "admin": ("sfd", "sfd", "sfd"),
    "chat user": ("sfd", "sf", "sf"),
    "owner": ("s", "s", "s"),
    "owner in the team": ("sfd", "sfd", "sfd"),
    "service": ("sf", "sf", "sfw"),
    "stranger": ("", "", ""),
    "nobody": ("", "", ""),
    "former": ("", "", ""),
}


def test_people_in_a_session(world: World) -> None:
    rights = {
        name: tuple(list_rights(make_principal(user), request) for request in world.requests.values())
        for name, user in world.users.items()
    }
    assert rights == SESSIONS


TOKENS = [
    ("approver", (READ,), ("s", "s", "s")),
    ("approver", (READ, FULL), ("sf", "sf", "sf")),
    ("approver", (FULL,), ("f", "f", "f")),
    ("approver", (CREATE,), ("", "sw", "")),
    ("approver", (Scope.EVENTS_READ,), ("", "", "")),
    ("approver", (READ, DECIDE), ("s", "s", "s")),
    ("admin", (DECIDE,), ("", "", "")),
    ("service", (CREATE,), ("", "", "sw")),
    ("service", (READ, CREATE), ("s", "s", "sw")),
    ("owner", (READ, FULL), ("s", "s", "s")),
    ("stranger", (READ, FULL, CREATE, DECIDE), ("", "", "")),
    ("former", (READ, FULL, CREATE, DECIDE), ("", "", "")),
]


@pytest.mark.parametrize(("name", "scopes", "expected"), TOKENS)
def test_tokens_do_what_their_scopes_say(
    world: World, name: str, scopes: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    principal = make_token_principal(world.users[name], *scopes)
    assert tuple(list_rights(principal, request) for request in world.requests.values()) == expected


def test_a_persons_token_decides_only_where_the_team_lets_it(world: World) -> None:
    Team.objects.filter(pk=world.team.pk).update(tokens_may_decide=True)
    decide = {
        (name, scope): list_rights(
            make_token_principal(world.users[name], READ, scope), world.requests["engine"]
        )
        for name in ("approver", "viewer", "owner")
        for scope in (DECIDE, CREATE)
    }
    assert decide == {
        ("approver", DECIDE): "sd",
        ("approver", CREATE): "s",
        ("viewer", DECIDE): "s",
        ("viewer", CREATE): "s",
        ("owner", DECIDE): "s",
        ("owner", CREATE): "s",
    }


def test_the_chat_user_decides_only_while_team_and_membership_let_them(world: World) -> None:
    user, request = world.users["chat user"], world.requests["engine"]
    assert list_rights(make_principal(user), request) == "sfd"
    Team.objects.filter(pk=world.team.pk).update(chat_user_may_decide=False)
    assert list_rights(make_principal(user), request) == "sf"
    Team.objects.filter(pk=world.team.pk).update(chat_user_may_decide=True)
    user.memberships.update(ended_at=timezone.now())
    assert list_rights(make_principal(user), request) == ""


@pytest.mark.parametrize("name", ["approver", "admin", "chat user", "owner in the team", "service"])
def test_a_retired_user_may_nothing_at_any_door(world: World, name: str) -> None:
    User.objects.filter(pk=world.users[name].pk).update(is_active=False)
    user = User.objects.get(pk=world.users[name].pk)
    request = world.requests["engine"]
    rights = list_rights(make_principal(user), request)
    # Of an owner's rights the metadata is left, and no door lets a retired user in.
    assert rights == ("s" if user.is_superuser else "")
    assert not can_create_request(make_principal(user), world.team.pk)


def test_a_retired_team_has_no_members(world: World) -> None:
    Team.objects.filter(pk=world.team.pk).update(retired_at=timezone.now())
    assert list_rights(make_principal(world.users["admin"]), world.requests["engine"]) == ""


def test_who_asks(world: World) -> None:
    asks = {
        name: can_create_request(make_principal(user), world.team.pk) for name, user in world.users.items()
    }
    assert [name for name, may in asks.items() if not may] == ["owner", "stranger", "nobody", "former"]
    token = make_token_principal(world.users["service"], READ)
    assert not can_create_request(token, world.team.pk)


def test_what_one_may_not_see_does_not_exist(world: World) -> None:
    for name in ("stranger", "nobody", "former"):
        with pytest.raises(NotFound):
            get_request(make_principal(world.users[name]), world.requests["engine"].pk)
