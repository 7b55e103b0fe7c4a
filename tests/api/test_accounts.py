"""Teams, members and tokens through the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.domain.teams import end_membership
from accounts.enums import Role, Scope
from accounts.models import ApiToken, Membership, Team, User
from events.models import AuditEntry
from tests.api.clients import ApiClient, call_as, outcome, problem, sign_in, write_signed_in
from tests.factories import (
    make_owner,
    make_principal,
    make_service,
    make_team,
    make_token,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def user(team: Team) -> User:
    return make_user(team)


def shown_moment(moment: Any) -> str:
    return str(moment.isoformat().replace("+00:00", "Z"))


def wish_token(**values: Any) -> dict[str, Any]:
    expires_at = shown_moment(timezone.now() + timedelta(days=1))
    return {"name": "ci", "scopes": ["requests:create"], "expires_at": expires_at, **values}


# Teams ---------------------------------------------------------------------------------------------------


def test_team_shows_my_role(team: Team, user: User) -> None:
    make_team()
    expected = {
        "id": team.pk,
        "name": team.name,
        "my_role": "approver",
        "chat_user_may_decide": True,
        "tokens_may_decide": False,
        "created_at": shown_moment(team.created_at),
    }
    client = call_as(user)
    assert client.read("teams/").json()["results"] == [expected]
    assert client.read(f"teams/{team.pk}/").json() == expected


def test_owner_sees_every_team(team: Team) -> None:
    other = make_team()
    rows = call_as(make_owner()).read("teams/").json()["results"]
    assert {(row["id"], row["my_role"]) for row in rows} == {(team.pk, None), (other.pk, None)}


def test_members_are_listed_for_members(team: Team, user: User) -> None:
    admin = make_user(team, Role.ADMIN, name="Ada")
    gone = make_user(team)
    end_membership(
        principal=make_principal(admin), membership=Membership.objects.get(user=gone, ended_at=None)
    )
    rows = call_as(user).read(f"teams/{team.pk}/members/").json()["results"]
    assert [(row["user_id"], row["username"], row["name"], row["role"], row["kind"]) for row in rows] == [
        (admin.pk, admin.username, "Ada", "admin", "person"),
        (user.pk, user.username, "", "approver", "person"),
    ]


def test_other_team_does_not_exist(user: User) -> None:
    other = make_team()
    make_user(other)
    client = call_as(user)
    for path in (f"teams/{other.pk}/", f"teams/{other.pk}/members/"):
        assert outcome(client.read(path)) == (404, "not_found")


@pytest.mark.parametrize("count", [1, 3])
def test_members_cost_the_same_however_many(team: Team, count: int, django_assert_num_queries: Any) -> None:
    """Roles, team, members."""
    users = [make_user(team) for _ in range(count)]
    client = call_as(users[0])
    client.read("users/me/")
    with django_assert_num_queries(3):
        assert len(client.read(f"teams/{team.pk}/members/").json()["results"]) == count


# Tokens --------------------------------------------------------------------------------------------------


def test_token_is_made_in_a_session_and_shown_once(user: User) -> None:
    client = sign_in(user)
    wish = wish_token()
    answer = write_signed_in(client, "tokens/", wish)
    assert answer.status_code == 201
    token = ApiToken.objects.get()
    expected = {
        "id": token.pk,
        "name": "ci",
        "prefix": token.prefix,
        "user_id": user.pk,
        "username": user.username,
        "scopes": ["requests:create"],
        "created_at": shown_moment(token.created_at),
        "expires_at": wish["expires_at"],
        "revoked_at": None,
        "last_used_at": None,
    }
    secret = answer.json()["secret"]
    assert answer.json() == {**expected, "secret": secret}
    assert secret.startswith(f"csk_{token.prefix}_")
    assert ApiClient(secret).read("users/me/").json()["token"]["id"] == token.pk
    token.refresh_from_db()
    expected["last_used_at"] = shown_moment(token.last_used_at)
    listed = client.read("tokens/")
    assert listed.json()["results"] == [expected]
    assert client.read(f"tokens/{token.pk}/").json() == expected
    for text in (listed.content.decode(), *AuditEntry.objects.values_list("text", flat=True)):
        assert secret not in text
        assert token.digest not in text


def test_token_is_made_for_an_own_service_account(team: Team, user: User) -> None:
    service = make_service(user, team)
    answer = write_signed_in(sign_in(user), "tokens/", wish_token(user_id=service.pk))
    assert (answer.status_code, answer.json()["user_id"]) == (201, service.pk)


def test_nobody_makes_a_token_for_somebody_else(team: Team, user: User) -> None:
    mate = make_user(team)
    foreign_service = make_service(mate, team)
    client = sign_in(user)
    for other in (mate, foreign_service):
        answer = write_signed_in(client, "tokens/", wish_token(user_id=other.pk))
        assert outcome(answer) == (403, "refused")
    unseen = write_signed_in(client, "tokens/", wish_token(user_id=make_user(make_team()).pk))
    absent = write_signed_in(client, "tokens/", wish_token(user_id="0" * 15))
    assert unseen.content == absent.content
    assert problem(absent)["errors"] == [{"field": "user_id", "detail": "There is no such user."}]
    assert not ApiToken.objects.exists()


def test_token_never_makes_a_token(team: Team, user: User) -> None:
    for caller in (user, make_owner(), make_service(user, team)):
        client = call_as(caller)
        count = ApiToken.objects.count()
        assert outcome(client.write("tokens/", wish_token())) == (403, "refused")
        assert ApiToken.objects.count() == count


def test_service_account_s_token_never_decides(team: Team, user: User) -> None:
    service = make_service(user, team)
    wish = wish_token(user_id=service.pk, scopes=["requests:decide"])
    answer = write_signed_in(sign_in(user), "tokens/", wish)
    assert problem(answer)["errors"] == [
        {"field": "scopes", "detail": "Service accounts never decide, and read no audit chain."}
    ]
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": "requests:create"}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"scopes": ["requests:create"] * (len(Scope) + 1)}, "scopes"),
        ({"expires_at": None}, "expires_at"),
        ({"expires_at": 1893456000}, "expires_at"),
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"expires_at": "2030-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-23:59"}, "expires_at"),
        ({"expires_at": "0001-01-01T00:00:00+23:59"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59Z"}, "expires_at"),
        ({"user_id": 5}, "user_id"),
        ({"is_superuser": True}, "is_superuser"),
        ({"digest": "x"}, "digest"),
    ],
)
def test_wrong_wish_is_named_and_nothing_is_made(user: User, change: dict[str, Any], field: str) -> None:
    answer = write_signed_in(sign_in(user), "tokens/", wish_token(**change))
    found = problem(answer)["errors"]
    assert (answer.status_code, [error["field"].split("[")[0] for error in found]) == (400, [field])
    assert not ApiToken.objects.exists()


def test_token_sees_and_revokes_only_itself(user: User) -> None:
    secrets = [make_token(user, Scope.TEAMS_READ) for _ in range(2)]
    own, other = ApiToken.objects.order_by("created_at", "pk")
    client = ApiClient(secrets[0])
    assert [row["id"] for row in client.read("tokens/").json()["results"]] == [own.pk]
    assert outcome(client.read(f"tokens/{other.pk}/")) == (404, "not_found")
    assert outcome(client.write(f"tokens/{other.pk}/revoke/")) == (404, "not_found")
    revoked = client.write(f"tokens/{own.pk}/revoke/")
    assert (revoked.status_code, revoked.json()["revoked_at"] is not None) == (200, True)
    assert outcome(client.read("tokens/")) == (401, "invalid_token")
    assert ApiClient(secrets[1]).read("users/me/").status_code == 200


def test_session_revokes_own_tokens_and_those_of_own_service_accounts(team: Team, user: User) -> None:
    service = make_service(user, team)
    clients = [call_as(user), call_as(service)]
    session = sign_in(user)
    for client, owner in zip(clients, (user, service), strict=True):
        token = ApiToken.objects.get(user=owner)
        assert client.read("users/me/").status_code == 200
        assert write_signed_in(session, f"tokens/{token.pk}/revoke/").status_code == 200
        assert outcome(client.read("users/me/")) == (401, "invalid_token")
        again = write_signed_in(session, f"tokens/{token.pk}/revoke/")
        assert outcome(again) == (409, "conflict")


def test_other_s_tokens_do_not_exist(team: Team, user: User) -> None:
    make_token(make_user(team, Role.ADMIN), Scope.TEAMS_READ)
    token = ApiToken.objects.get()
    session = sign_in(user)
    assert session.read("tokens/").json()["results"] == []
    assert outcome(session.read(f"tokens/{token.pk}/")) == (404, "not_found")
    assert outcome(write_signed_in(session, f"tokens/{token.pk}/revoke/")) == (404, "not_found")
    token.refresh_from_db()
    assert token.revoked_at is None


def test_owner_s_session_sees_and_revokes_every_token(user: User) -> None:
    client = call_as(user)
    token = ApiToken.objects.get()
    session = sign_in(make_owner())
    assert [row["id"] for row in session.read("tokens/").json()["results"]] == [token.pk]
    assert write_signed_in(session, f"tokens/{token.pk}/revoke/").status_code == 200
    assert outcome(client.read("users/me/")) == (401, "invalid_token")


@pytest.mark.parametrize("count", [1, 3])
def test_tokens_cost_the_same_however_many(user: User, count: int, django_assert_num_queries: Any) -> None:
    """Session, user, tokens."""
    for _ in range(count):
        make_token(user, Scope.TEAMS_READ)
    client = sign_in(user)
    with django_assert_num_queries(3):
        assert len(client.read("tokens/").json()["results"]) == count
