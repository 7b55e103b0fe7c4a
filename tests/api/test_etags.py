"""ETags: every endpoint that reads one object has a strong one, and answers 304 while nothing has changed."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import URLPattern

from accounts.enums import Role, Scope
from accounts.models import Team
from portal.api import v1_urlpatterns
from tests.accounts.ssh.lines import make_ed25519_line
from tests.api.clients import ApiClient, call_as, outcome
from tests.api.endpoint import Endpoint
from tests.api.test_every_endpoint import ENDPOINTS, World, world  # noqa: F401 - a fixture
from tests.factories import make_owner, make_user

pytestmark = pytest.mark.django_db

# What reads one object; the rest are lists, streams, waits and acts.
NAMES = ("-detail", "-me", "-head", "-authorized-keys")
OBJECTS = [each for each in ENDPOINTS if each.method == "GET" and each.name.endswith(NAMES)]


def call_for(world: World, endpoint: Endpoint) -> tuple[ApiClient, str]:  # noqa: F811
    """A caller who may read it, and its path.

    A token reads itself alone, a person their own SSH keys; the audit chain is for owners.
    """
    is_for_owners = endpoint.name.startswith("audit-")
    client = call_as(make_owner() if is_for_owners else make_user(world.team, Role.ADMIN))
    if endpoint.name == "apitoken-detail":
        return client, f"tokens/{client.read('users/me/').json()['token']['id']}/"
    if endpoint.name == "sshkey-detail":
        made = client.write("ssh-keys/", {"public_key": make_ed25519_line()})
        return client, f"ssh-keys/{made.json()['id']}/"
    return client, world.path(endpoint)


@pytest.mark.parametrize("endpoint", OBJECTS, ids=str)
def test_an_object_has_a_strong_etag_and_is_not_sent_again(world: World, endpoint: Endpoint) -> None:  # noqa: F811
    client, path = call_for(world, endpoint)
    first = client.read(path)
    etag = first.headers["ETag"]
    assert (first.status_code, etag[0], etag[-1], len(etag)) == (200, '"', '"', 34)
    assert first.headers["Cache-Control"].startswith("private, no-")
    assert {"Authorization", "Cookie"} <= set(first.headers["Vary"].split(", "))
    for given in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = client.read(path, headers={"If-None-Match": given})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
        assert (again.headers["Cache-Control"], again.headers["Vary"]) == (
            first.headers["Cache-Control"],
            first.headers["Vary"],
        )
        assert "Content-Type" not in again.headers
    for given in ('"other"', "", etag.strip('"'), "nonsense,,", '"' * 4000):
        assert client.read(path, headers={"If-None-Match": given}).status_code == 200


@pytest.mark.parametrize("endpoint", OBJECTS, ids=str)
def test_a_head_request_has_the_same_etag(world: World, endpoint: Endpoint) -> None:  # noqa: F811
    client, path = call_for(world, endpoint)
    etag = client.read(path).headers["ETag"]
    answer = client.send("HEAD", path)
    assert (answer.status_code, answer.headers["ETag"], answer.content) == (200, etag, b"")
    assert client.send("HEAD", path, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("endpoint", OBJECTS, ids=str)
def test_an_etag_opens_nothing(world: World, endpoint: Endpoint) -> None:  # noqa: F811
    client, path = call_for(world, endpoint)
    etag = client.read(path).headers["ETag"]
    header = {"If-None-Match": etag}
    assert outcome(ApiClient().read(path, headers=header)) == (401, "not_authenticated")
    if endpoint.is_scoped:
        assert outcome(call_as(make_user()).read(path, headers=header)) == (404, "not_found")


@pytest.mark.parametrize(
    "endpoint", [each for each in ENDPOINTS if each.method == "GET" and each not in OBJECTS], ids=str
)
def test_what_is_no_object_has_no_etag_and_is_not_kept(world: World, endpoint: Endpoint) -> None:  # noqa: F811
    answer = world.call(call_as(make_user(world.team, Role.ADMIN)), endpoint)
    assert ("ETag" in answer.headers, answer.headers["Cache-Control"]) == (False, "no-store")


def test_a_change_changes_the_etag(world: World) -> None:  # noqa: F811
    client = call_as(make_user(world.team), Scope.TEAMS_READ)
    path = f"teams/{world.team.pk}/"
    etag = client.read(path).headers["ETag"]
    Team.objects.filter(pk=world.team.pk).update(name="Renamed")
    answer = client.read(path, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.json()["name"]) == (200, "Renamed")
    assert answer.headers["ETag"] != etag


def test_the_etag_is_of_what_the_caller_sees(world: World) -> None:  # noqa: F811
    path = f"permission-requests/{world.request.pk}/"
    masked = call_as(make_user(world.team), Scope.REQUESTS_READ).read(path)
    full = call_as(make_user(world.team), Scope.REQUESTS_READ, Scope.REQUESTS_READ_FULL).read(path)
    assert masked.headers["ETag"] != full.headers["ETag"]
    assert (masked.headers["Cache-Control"], full.headers["Cache-Control"]) == (
        "private, no-cache",
        "private, no-store",
    )


def test_the_schema_has_an_etag() -> None:
    client = call_as(make_user())
    etag = client.read("/api/schema/").headers["ETag"]
    assert client.read("/api/schema/", headers={"If-None-Match": etag}).status_code == 304


def test_a_problem_has_no_etag(world: World) -> None:  # noqa: F811
    answer = call_as(make_user()).read(f"teams/{world.team.pk}/", headers={"If-None-Match": "*"})
    assert (outcome(answer), "ETag" in answer.headers) == ((404, "not_found"), False)


def test_every_endpoint_that_reads_one_object_says_so() -> None:
    """A detail route without `objects` would have no ETag."""
    silent = set()
    for pattern in v1_urlpatterns:
        assert isinstance(pattern, URLPattern)
        view: Any = pattern.callback
        actions = getattr(view, "actions", None) or {}
        if actions.get("get") == "retrieve" and "retrieve" not in view.cls.objects:
            silent.add(pattern.name)
    assert silent == set()
