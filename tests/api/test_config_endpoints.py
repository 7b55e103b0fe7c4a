"""Every endpoint of what is configured, walked as every kind of caller: each verb, for all kinds at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.domain.tokens import revoke_token
from accounts.enums import Role, Scope
from accounts.models import ApiToken
from configs.kinds import KINDS as CONFIG_KINDS
from tests.api.clients import ApiClient, call_as, outcome, sign_in
from tests.api.config_walk import KINDS, VERBS, ConfigWorld, Verb, count_configs, make_config_world
from tests.factories import make_principal, make_service, make_team, make_token, make_user

pytestmark = pytest.mark.django_db

WRITES = [verb for verb in VERBS if verb.is_write]


@pytest.fixture
def world() -> ConfigWorld:
    return make_config_world()


def walk(world: ConfigWorld, client: ApiClient, verb: Verb) -> Iterator[tuple[str, tuple[int, str]]]:
    """(kind, outcome) of calls that must fail; asserts that they change nothing."""
    before = count_configs()
    for kind in KINDS:
        yield kind, outcome(world.call(client, kind, verb))
    assert count_configs() == before


def same(answer: tuple[int, str]) -> dict[str, tuple[int, str]]:
    return dict.fromkeys(KINDS, answer)


def test_every_kind_is_walked() -> None:
    assert set(KINDS) == set(CONFIG_KINDS)


@pytest.mark.parametrize("verb", VERBS, ids=str)
def test_anonymous_is_refused(world: ConfigWorld, verb: Verb) -> None:
    assert dict(walk(world, ApiClient(), verb)) == same((401, "not_authenticated"))


@pytest.mark.parametrize("verb", VERBS, ids=str)
def test_ended_token_is_refused(world: ConfigWorld, verb: Verb) -> None:
    user = make_user(world.team, Role.ADMIN)
    revoked, expired = make_token(user, *Scope.values), make_token(user, *Scope.values)
    first, second = ApiToken.objects.filter(user=user).order_by("created_at", "pk")
    revoke_token(principal=make_principal(user), token=first)
    ApiToken.objects.filter(pk=second.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    for secret in (revoked, expired):
        assert dict(walk(world, ApiClient(secret), verb)) == same((401, "invalid_token"))


@pytest.mark.parametrize("verb", VERBS, ids=str)
def test_token_without_the_scope_is_refused(world: ConfigWorld, verb: Verb) -> None:
    others = [scope for scope in Scope.values if scope != verb.scope]
    client = call_as(make_user(world.team, Role.ADMIN), *others)
    assert dict(walk(world, client, verb)) == same((403, "missing_scope"))


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("verb", VERBS, ids=str)
def test_role_decides_the_rest(world: ConfigWorld, verb: Verb, role: str) -> None:
    client = call_as(make_user(world.team, role))
    if role not in verb.roles:
        assert dict(walk(world, client, verb)) == same((403, "refused"))
        return
    found = {kind: world.call(client, kind, verb).status_code for kind in KINDS}
    assert found == {kind: world.expect(kind, verb) for kind in KINDS}


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb.tail is not None], ids=str)
def test_other_team_s_thing_does_not_exist(world: ConfigWorld, verb: Verb) -> None:
    for caller in (make_user(make_team(), Role.ADMIN), make_user()):
        assert dict(walk(world, call_as(caller), verb)) == same((404, "not_found"))


def test_other_team_s_list_is_empty(world: ConfigWorld) -> None:
    [listing] = [verb for verb in VERBS if verb.name == "list"]
    for caller in (make_user(make_team(), Role.ADMIN), make_user()):
        client = call_as(caller)
        pages = {kind: world.call(client, kind, listing).json() for kind in KINDS}
        assert [(page["total"], page["results"]) for page in pages.values()] == [(0, [])] * len(KINDS)


@pytest.mark.parametrize("verb", VERBS, ids=str)
def test_service_account_reads_and_as_a_viewer_writes_nothing(world: ConfigWorld, verb: Verb) -> None:
    client = call_as(make_service(make_user(world.team), world.team))
    if verb.is_write:
        assert dict(walk(world, client, verb)) == same((403, "refused"))
    else:
        assert {world.call(client, kind, verb).status_code for kind in KINDS} == {200}


@pytest.mark.parametrize("verb", WRITES, ids=str)
def test_session_without_the_csrf_token_changes_nothing(world: ConfigWorld, verb: Verb) -> None:
    client = sign_in(make_user(world.team, Role.ADMIN))
    assert dict(walk(world, client, verb)) == same((403, "csrf_failed"))


@pytest.mark.parametrize("verb", VERBS, ids=str)
def test_session_of_another_site_s_page_is_not_used(world: ConfigWorld, verb: Verb) -> None:
    client = sign_in(make_user(world.team, Role.ADMIN))
    client.defaults["HTTP_ORIGIN"] = "https://evil.example"
    assert dict(walk(world, client, verb)) == same((403, "foreign_origin"))


@pytest.mark.parametrize("verb", [verb for verb in VERBS if not verb.is_write], ids=str)
def test_reading_changes_nothing_and_says_whether_it_may_be_kept(world: ConfigWorld, verb: Verb) -> None:
    client = call_as(make_user(world.team))
    before = count_configs()
    is_object = verb.name in {"detail", "version"}
    for kind in KINDS:
        answer = world.call(client, kind, verb)
        kept = ("ETag" in answer.headers, answer.headers["Cache-Control"])
        assert kept == ((True, "private, no-cache") if is_object else (False, "no-store"))
        if is_object:
            header = {"If-None-Match": answer.headers["ETag"]}
            assert client.read(world.path(kind, verb), headers=header).status_code == 304
    assert count_configs() == before
