"""The attacks that an earlier system of this kind let through, each by its number, tried in the admin.

Its websocket takes nothing but acknowledgements (`tests/live/test_websocket.py` holds that, and number 5);
numbers 3, 4, 17 to 22 and 26 are about objects that do not exist yet, 12 and 15 about the relay's door.
"""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.domain.invitations import invite_person
from accounts.enums import Role
from accounts.models import Membership, Team, User
from engines.models import Chat, Engine, Message
from governance.models import EngineReply, PermissionRequest
from tests.admin.doors import address, approve, deny, enter, press_row, request_url
from tests.factories import (
    make_engine,
    make_principal,
    make_request,
    make_service,
    make_session,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    """Of B, whom A attacks."""
    return make_team()


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team)


@pytest.fixture
def row(engine: Engine) -> PermissionRequest:
    make_session(engine, "ses_1")
    return make_request(engine, session_id="ses_1")


@pytest.fixture
def attacker() -> User:
    """A: an admin of another team."""
    return make_user(make_team(), Role.ADMIN)


def as_stored(row: PermissionRequest) -> dict[str, object]:
    return dict(PermissionRequest.objects.filter(pk=row.pk).values().get())


@pytest.mark.parametrize("model", ["accounts_user", "accounts_invitation"])
def test_01_anonymous_does_not_register(client: Client, model: str) -> None:
    url = address(model, "add")
    answer = client.post(url, {"username": "mallory", "role": "admin", "is_superuser": "on"})
    assert (answer.status_code, answer["Location"]) == (302, f"{reverse('admin:login')}?next={url}")
    assert not User.objects.exists()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.APPROVER])
def test_02_nobody_raises_themselves(team: Team, role: Role) -> None:
    user = make_user(team, role)
    membership = Membership.objects.get(user=user)
    client = enter(user)
    raised = {"membership": str(membership.pk), "role": Role.ADMIN}
    answers = {
        client.post(address("accounts_team", "set-role", team.pk), raised).status_code,
        client.post(address("accounts_user", "change", user.pk), {"is_superuser": "on"}).status_code,
        client.post(
            address("accounts_invitation", "add"), {"username": "mallory", "team": team.pk, "role": "admin"}
        ).status_code,
    }
    assert answers <= {403, 405}
    # One's own name is one's own: nothing else is taken from its form.
    client.post(
        address("accounts_user", "rename", user.pk),
        {"name": "Mallory", "is_superuser": "on", "role": "admin", "kind": "person", "username": "root"},
    )
    membership.refresh_from_db()
    user.refresh_from_db()
    assert (membership.role, user.is_superuser, user.name, user.username == "root") == (
        role,
        False,
        "Mallory",
        False,
    )
    assert not User.objects.filter(username="mallory").exists()


def test_05_other_s_requests_are_not_seen(attacker: User, row: PermissionRequest) -> None:
    client = enter(attacker)
    page = client.get(f"{address('governance_permissionrequest', 'changelist')}?tab=all")
    assert row.pk not in page.content.decode()
    assert [client.get(request_url(row, view)).status_code for view in ("change", "history")] == [404, 404]


def test_06_nobody_rewrites_a_request(team: Team, row: PermissionRequest) -> None:
    before = as_stored(row)
    client = enter(make_user(team, Role.ADMIN))
    forged = {"summary": "ls", "content": "ls", "permission": "read", "fingerprint": "0" * 64, "_save": "1"}
    assert client.post(request_url(row), forged).status_code == 405
    assert as_stored(row) == before


def test_07_other_s_request_is_not_decided(attacker: User, row: PermissionRequest) -> None:
    before = as_stored(row)
    client = enter(attacker)
    answers = [
        press(client, row).status_code
        for press in (
            approve,
            deny,
            lambda c, r: press_row(c, r, "approve"),
            lambda c, r: press_row(c, r, "deny"),
        )
    ]
    assert answers == [404, 404, 404, 404]
    assert as_stored(row) == before
    assert not EngineReply.objects.exists()


def test_07_decision_says_who_when_and_through_which_door(team: Team, row: PermissionRequest) -> None:
    user = make_user(team, Role.APPROVER)
    approve(enter(user), row)
    row.refresh_from_db()
    assert (row.decided_by_id, row.decided_by_label, row.decision_door) == (user.pk, str(user), "admin")
    assert row.decided_at is not None


def test_10_an_agent_s_account_decides_nothing_even_with_a_session(
    team: Team, row: PermissionRequest
) -> None:
    before = as_stored(row)
    client = enter(make_service(make_user(team, Role.APPROVER), team))
    assert {approve(client, row).status_code, deny(client, row).status_code} <= {302, 403}
    assert as_stored(row) == before


@pytest.mark.parametrize(
    "model", ["governance_permissionrequest", "engines_chat", "engines_engine", "engines_subagent"]
)
def test_11_14_16_nothing_is_added_by_a_form(team: Team, row: PermissionRequest, model: str) -> None:
    """No request that is decided already, no message, no chat of another's, no engine."""
    counted = [m.objects.count() for m in (PermissionRequest, Chat, Message, Engine)]
    client = enter(make_user(team, Role.ADMIN))
    answer = client.post(f"{address(model, 'changelist')}add/", {"state": "approved", "title": "x"})
    assert answer.status_code in {403, 404, 405}
    assert [m.objects.count() for m in (PermissionRequest, Chat, Message, Engine)] == counted


def test_13_a_decided_request_is_not_deleted(team: Team, row: PermissionRequest) -> None:
    client = enter(make_user(team, Role.ADMIN))
    deny(client, row)
    before = as_stored(row)
    url = address("governance_permissionrequest", "changelist")
    client.post(url, {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"})
    client.post(f"{url}{row.pk}/delete/", {"post": "yes"})
    assert as_stored(row) == before


def test_25_a_team_s_admin_lists_its_people_and_no_others(team: Team, attacker: User) -> None:
    colleague = make_user(team, Role.VIEWER)
    page = enter(make_user(team, Role.ADMIN)).get(address("accounts_user", "changelist")).content.decode()
    assert (str(colleague) in page, str(attacker) in page) == (True, False)


def test_25_an_attacker_sees_neither_the_logins_nor_the_invitations_of_others(
    team: Team, attacker: User
) -> None:
    admin = make_user(team, Role.ADMIN)
    enter(admin)
    invite_person(principal=make_principal(admin), username="invited", team=team, role=Role.VIEWER)
    client = enter(attacker)
    pages = [
        client.get(f"{address(model, 'changelist')}{query}").content.decode()
        for model, query in (
            ("accounts_loginsession", "?whose=everybody"),
            ("accounts_loginsession", f"?whose={admin.pk}"),
            ("accounts_invitation", "?state=every"),
        )
    ]
    assert [str(admin) in page or "invited</" in page for page in pages] == [False, False, False]
