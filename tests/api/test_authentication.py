"""Who may call the API at all, and how soon a right that was taken away is gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from accounts.api.token_cache import LIFETIME_S, TokenCache
from accounts.domain.retirement import retire_user
from accounts.domain.tokens import create_token, find_token, revoke_token
from accounts.enums import Scope
from accounts.models import ApiToken, Team, User
from events.models import AuditEntry
from tests.api.clients import ApiClient, call_as, outcome, problem, sign_in, write_signed_in
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
def team() -> Team:
    return make_team()


@pytest.fixture
def user(team: Team) -> User:
    return make_user(team)


def test_anonymous_is_told_how_to_sign_in() -> None:
    answer = ApiClient().read("users/me/")
    assert outcome(answer) == (401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Countersign"'


@pytest.mark.parametrize(
    "secret",
    [
        "csk_unknown_secret",
        "csk_",
        "x",
        "csk_" + "a" * 500,
        "csk_\xe9",
        "csk_a b",
        "eyJhbGciOiJub25lIn0.e30.",
    ],
)
def test_unknown_token_is_refused(secret: str) -> None:
    answer = ApiClient(secret).read("users/me/")
    assert outcome(answer) == (401, "invalid_token")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Countersign", error="invalid_token"'


def test_refused_token_does_not_fall_back_to_the_session(user: User) -> None:
    client = sign_in(user)
    assert client.read("users/me/").status_code == 200
    answer = client.read("users/me/", headers={"Authorization": "Bearer csk_unknown_secret"})
    assert outcome(answer) == (401, "invalid_token")


@pytest.mark.parametrize("header", ["Basic dXNlcjpwYXNz", "Token csk_x_y", "Bearer", "csk_x_y"])
def test_no_other_scheme_signs_in(header: str) -> None:
    assert ApiClient().read("users/me/", headers={"Authorization": header}).status_code == 401


def test_token_is_never_taken_from_the_query(user: User) -> None:
    secret = make_token(user, Scope.TEAMS_READ)
    assert outcome(ApiClient().read(f"users/me/?token={secret}&access_token={secret}")) == (
        401,
        "not_authenticated",
    )


def test_token_says_who_it_is(team: Team, user: User) -> None:
    secret = make_token(user, Scope.TEAMS_READ, Scope.CHATS_READ)
    token = ApiToken.objects.get(user=user)
    assert ApiClient(secret).read("users/me/").json() == {
        "id": user.pk,
        "username": user.username,
        "name": "",
        "email": "",
        "kind": "person",
        "is_owner": False,
        "teams": [{"id": team.pk, "name": team.name, "role": "approver"}],
        "token": {
            "id": token.pk,
            "name": "test",
            "scopes": ["chats:read", "teams:read"],
            "expires_at": token.expires_at.isoformat().replace("+00:00", "Z"),
        },
    }


def test_revoked_token_is_refused_at_once(user: User) -> None:
    client = call_as(user)
    assert client.read("users/me/").status_code == 200
    revoke_token(principal=make_principal(user), token=ApiToken.objects.get(user=user))
    assert outcome(client.read("users/me/")) == (401, "invalid_token")


def test_token_of_a_retired_user_is_refused_at_once(user: User) -> None:
    client = call_as(user)
    assert client.read("users/me/").status_code == 200
    retire_user(principal=make_principal(make_owner()), user=user)
    assert outcome(client.read("users/me/")) == (401, "invalid_token")


def test_token_ends_at_its_time_even_while_it_is_remembered(user: User) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        made = create_token(
            actor=ACTOR,
            user=user,
            name="short",
            scopes=[Scope.TEAMS_READ],
            expires_at=start + timedelta(seconds=1),
        )
        client = ApiClient(made.secret)
        assert client.read("users/me/").status_code == 200
        clock.shift(timedelta(seconds=1))
        assert outcome(client.read("users/me/")) == (401, "invalid_token")


def test_remembered_token_is_read_again_after_its_time(user: User) -> None:
    now_s = 100.0
    cache = TokenCache(clock=lambda: now_s)
    secret = make_token(user, Scope.TEAMS_READ)
    assert cache.find(secret) is not None
    # As another process does it: this one is not told.
    ApiToken.objects.filter(user=user).update(revoked_at=timezone.now())
    now_s += LIFETIME_S - 0.1
    assert cache.find(secret) is not None
    now_s += 0.1
    assert cache.find(secret) is None
    assert LIFETIME_S < 5


def test_remembered_token_costs_no_query(user: User, django_assert_num_queries: object) -> None:
    cache, secret = TokenCache(), make_token(user, Scope.TEAMS_READ)
    cache.find(secret)
    with django_assert_num_queries(0):  # type: ignore[operator]  # pytest-django's fixture
        found = cache.find(secret)
    assert found is not None
    assert found.user == user


def test_failures_are_not_remembered(user: User) -> None:
    cache, secret = TokenCache(), make_token(user, Scope.TEAMS_READ)
    ApiToken.objects.filter(user=user).update(revoked_at=timezone.now())
    assert cache.find(secret) is None
    ApiToken.objects.filter(user=user).update(revoked_at=None)
    assert cache.find(secret) is not None


def test_token_read_while_rights_change_is_not_kept(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    from accounts import rights
    from accounts.api import token_cache

    cache, secret = TokenCache(), make_token(user, Scope.TEAMS_READ)
    find = find_token

    def find_while_rights_change(text: str) -> ApiToken | None:
        token = find(text)
        rights.advance()
        ApiToken.objects.filter(user=user).update(revoked_at=timezone.now())
        return token

    monkeypatch.setattr(token_cache, "find_token", find_while_rights_change)
    assert cache.find(secret) is not None
    monkeypatch.setattr(token_cache, "find_token", find)
    assert cache.find(secret) is None


def test_forgetful_cache_is_bounded(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    from accounts.api import token_cache

    monkeypatch.setattr(token_cache, "MAX_ENTRIES", 2)
    cache = TokenCache()
    for _ in range(5):
        cache.find(make_token(user, Scope.TEAMS_READ))
    assert len(cache.entries) <= 2


def test_last_use_is_stamped(user: User) -> None:
    moment = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
    with time_machine.travel(moment, tick=False):
        assert call_as(user).read("users/me/").status_code == 200
    assert ApiToken.objects.get(user=user).last_used_at == moment


def test_missing_scope_is_named_and_audited(user: User) -> None:
    answer = call_as(user, Scope.CHATS_READ).read("teams/")
    document = problem(answer)
    assert (document["status"], document["code"], document["scopes"]) == (
        403,
        "missing_scope",
        ["teams:read"],
    )
    entry = AuditEntry.objects.order_by("-n")[0]
    assert (entry.verb, entry.actor_id, entry.door, entry.after["code"]) == (
        "refused",
        user.pk,
        "api",
        "missing_scope",
    )


def test_session_has_every_scope_its_roles_allow(team: Team, user: User) -> None:
    answer = sign_in(user).read("teams/")
    assert [row["id"] for row in answer.json()["results"]] == [team.pk]


def test_session_writes_need_the_csrf_token(user: User) -> None:
    client = sign_in(user)
    assert outcome(client.write("permission-requests/", {"permission": "bash"})) == (403, "csrf_failed")
    assert write_signed_in(client, "permission-requests/", {"permission": "bash"}).status_code == 201


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver.evil.example"])
def test_session_serves_no_other_origin(user: User, method: str, origin: str) -> None:
    client = sign_in(user)
    answer = client.send(method, "permission-requests/", None, headers={"Origin": origin})
    assert outcome(answer) == (403, "foreign_origin")


def test_session_serves_its_own_origin(user: User) -> None:
    client = sign_in(user)
    assert client.read("users/me/", headers={"Origin": "http://testserver"}).status_code == 200
    public = settings.CSRF_TRUSTED_ORIGINS[0]
    assert client.read("users/me/", headers={"Origin": public}).status_code == 200


def test_token_needs_no_origin_and_no_csrf_token(user: User) -> None:
    client = call_as(user, Scope.REQUESTS_CREATE)
    answer = client.write(
        "permission-requests/", {"permission": "bash"}, headers={"Origin": "https://agent.example"}
    )
    assert answer.status_code == 201
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_retired_user_s_session_is_no_session(user: User) -> None:
    client = sign_in(user)
    retire_user(principal=make_principal(make_owner()), user=user)
    assert outcome(client.read("users/me/")) == (401, "not_authenticated")


def test_service_account_calls_with_a_token(team: Team, user: User) -> None:
    service = make_service(user, team)
    assert call_as(service).read("users/me/").json()["kind"] == "service"


def test_answers_are_not_kept_by_shared_caches(user: User) -> None:
    client = call_as(user)
    answers = (client.read("users/me/"), client.read("teams/"), ApiClient().read("users/me/"))
    assert [answer.headers["Cache-Control"] for answer in answers] == [
        "private, no-cache",
        "no-store",
        "no-store",
    ]
