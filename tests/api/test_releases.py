"""Releases through the API: built, compared, published by those who decide, and whether engines run them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import Membership, Team, User
from configs.content import AgentContent, PromptContent
from engines.models import Engine
from releases.models import Drift, Publication, Release
from tests.api.clients import ApiClient, call_as, outcome, problem
from tests.factories import (
    change_config,
    make_config,
    make_engine,
    make_owner,
    make_principal,
    make_service,
    make_team,
    make_user,
)
from tests.releases.make import make_release

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team("Blue")


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team)


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team, Role.APPROVER)


@pytest.fixture
def client(approver: User) -> ApiClient:
    return call_as(approver)


@pytest.fixture
def prompt(team: Team) -> Any:
    prompt = make_config(team, PromptContent(name="Review", body="Look twice."), "production")
    make_config(team, AgentContent(name="reviewer", prompt=prompt.pk), "production")
    return prompt


def build(client: ApiClient, engine: Engine) -> Any:
    answer = client.write("releases/", {"engine": engine.pk, "note": "first"})
    assert answer.status_code == 201, answer.content
    return answer


def publish(client: ApiClient, release_id: str, **more: Any) -> Any:
    return client.write("publications/", {"release": release_id, **more})


def go_live(publication_id: str) -> None:
    """As the publisher would have left it."""
    Publication.objects.filter(pk=publication_id).update(state="live", ended_at=timezone.now())


def test_a_release_holds_what_is_labelled_and_is_built_once(
    client: ApiClient, approver: User, engine: Engine, prompt: Any
) -> None:
    change_config(prompt, PromptContent(name="Review", body="A draft."))
    made = build(client, engine)
    document = made.json()
    assert made.headers["Location"] == f"http://testserver/api/v1/releases/{document['id']}/"
    assert client.read(f"releases/{document['id']}/").json() == document
    inputs = {(item["kind"], item["version"]) for item in document["inputs"]}
    assert (document["number"], document["note"], document["is_live"], inputs) == (
        *(1, "first", False),
        {("prompt", 1), ("agent", 1)},
    )
    files = client.read(f"releases/{document['id']}/files/").json()["files"]
    assert [(item["path"], len(item["text"].encode())) for item in files] == [
        (item["path"], item["size_bytes"]) for item in document["files"]
    ]
    texts = {item["path"]: item["text"] for item in files}
    assert "Look twice." in texts["agent/reviewer.md"]
    assert "A draft." not in str(texts)
    assert build(client, engine).json()["id"] == document["id"]
    page = client.read(f"releases/?engine={engine.pk}").json()
    assert (page["total"], [row["id"] for row in page["results"]]) == (1, [document["id"]])


def test_a_draft_says_what_would_change_and_what_is_wrong(
    client: ApiClient, team: Team, engine: Engine, prompt: Any
) -> None:
    first = client.read(f"releases/draft/?engine={engine.pk}").json()
    assert "agent/reviewer.md" in {item["path"] for item in first["changes"] if item["status"] == "added"}
    assert first["content_hash"] == build(client, engine).json()["content_hash"]
    broken = make_config(
        team, AgentContent(name="lost", prompt=make_config(team, PromptContent(name="x")).pk)
    )
    from tests.factories import put_label

    put_label(broken, "production")
    second = client.read(f"releases/draft/?engine={engine.pk}").json()
    assert (second["content_hash"], second["changes"]) == (None, [])
    assert (broken.pk, "error") in {(item["object_id"], item["severity"]) for item in second["problems"]}
    answer = client.write("releases/", {"engine": engine.pk})
    assert outcome(answer) == (400, "invalid_release")
    assert problem(answer)["problems"] >= 1
    assert Release.objects.count() == 1


def test_a_difference_is_against_what_is_live_or_another_release(
    client: ApiClient, approver: User, engine: Engine
) -> None:
    old, new = (make_release(make_principal(approver), engine, text) for text in ("Old.", "New."))
    path = f"releases/{new.pk}/diff/"
    none = client.read(path).json()
    assert (none["against"], {item["status"] for item in none["files"]}) == (None, {"added"})
    for against in (old.pk, "previous"):
        found = client.read(f"{path}?against={against}").json()
        assert (found["against"], [item["path"] for item in found["files"]]) == (
            old.pk,
            ["agent/reviewer.md"],
        )
        assert "-Old." in found["files"][0]["unified"]
    go_live(publish(client, old.pk).json()["id"])
    assert client.read(path).json()["against"] == old.pk
    assert client.read(f"releases/{old.pk}/").json()["is_live"]
    foreign = make_release(make_principal(approver), make_engine(make_team()))
    for against in (foreign.pk, "nonsense", "0" * 15):
        assert outcome(client.read(f"{path}?against={against}")) == (404, "not_found")


def test_publishing_coalesces_and_another_release_takes_the_place(
    client: ApiClient, approver: User, engine: Engine
) -> None:
    old, new = (make_release(make_principal(approver), engine, text) for text in ("Old.", "New."))
    first = publish(client, old.pk)
    document = first.json()
    me = {"kind": "user", "id": approver.pk, "label": str(approver)}
    expected = {
        "engine": {"id": engine.pk, "name": engine.name},
        "release": {"id": old.pk, "number": 1},
        "previous_release": None,
        "state": "queued",
        "is_finished": False,
        "is_forced": False,
        "is_rollback": False,
        "requested_by": me,
        "ended_at": None,
    }
    assert first.status_code == 201
    assert {name: document[name] for name in expected} == expected
    assert client.read(f"publications/{document['id']}/").json() == document
    assert publish(client, old.pk).json()["id"] == document["id"]
    assert publish(client, old.pk, force=True).json()["is_forced"]
    second = publish(client, new.pk).json()
    assert second["id"] != document["id"]
    assert client.read(f"publications/{document['id']}/").json()["state"] == "cancelled"
    assert [row["id"] for row in client.read("publications/?finished=false").json()["results"]] == [
        second["id"]
    ]
    assert client.read("publications/?finished=true").json()["total"] == 1


def test_going_back_publishes_what_was_live_before(client: ApiClient, approver: User, engine: Engine) -> None:
    back = {"engine": engine.pk}
    assert outcome(client.write("publications/rollback/", back)) == (409, "nothing_to_roll_back_to")
    old, new = (make_release(make_principal(approver), engine, text) for text in ("Old.", "New."))
    for release in (old, new):
        go_live(publish(client, release.pk).json()["id"])
    made = client.write("publications/rollback/", back)
    assert (made.status_code, made.json()["release"]["id"], made.json()["is_rollback"]) == (201, old.pk, True)
    assert made.headers["Location"].endswith(f"/api/v1/publications/{made.json()['id']}/")


def test_what_the_engine_has_not_seen_is_cancelled(client: ApiClient, approver: User, engine: Engine) -> None:
    made = publish(client, make_release(make_principal(approver), engine).pk).json()
    Publication.objects.filter(pk=made["id"]).update(state="swapping")
    late = client.write(f"publications/{made['id']}/cancel/")
    assert (outcome(late), problem(late)["state"]) == ((409, "publishing"), "swapping")
    Publication.objects.filter(pk=made["id"]).update(state="waiting")
    assert client.write(f"publications/{made['id']}/cancel/").json()["state"] == "cancelled"
    assert outcome(client.write(f"publications/{made['id']}/cancel/")) == (409, "already_over")


def test_who_edits_builds_and_who_decides_publishes(team: Team, engine: Engine, approver: User) -> None:
    for role in Role.values:
        caller = call_as(make_user(team, role))
        built = caller.write("releases/", {"engine": engine.pk})
        assert (role, built.status_code) == (role, 403 if role == Role.VIEWER else 201)
    release = Release.objects.get()
    for role in Role.values:
        caller = call_as(make_user(team, role))
        answer = publish(caller, release.pk)
        assert (role, answer.status_code) == (role, 201 if role in Role.deciding() else 403)
        shown = caller.read(f"releases/{release.pk}/").json()
        assert bool(shown["cannot_publish_because"]) == (role not in Role.deciding())


@pytest.mark.parametrize("role", Role.values)
def test_a_service_account_never_builds_publishes_or_goes_back(
    team: Team, engine: Engine, approver: User, role: str
) -> None:
    release = make_release(make_principal(approver), engine)
    waiting = publish(call_as(approver), release.pk).json()["id"]
    service = make_service(approver, team)
    Membership.objects.filter(user=service).update(role=role)
    agent = call_as(service)
    # A scope that no service account is given, to see the second line of defence.
    service.api_tokens.update(scopes=list(Scope.values))
    calls = {
        "releases/": {"engine": engine.pk},
        "publications/": {"release": release.pk},
        "publications/rollback/": {"engine": engine.pk},
        f"publications/{waiting}/cancel/": {},
    }
    assert {path: outcome(agent.write(path, body)) for path, body in calls.items()} == dict.fromkeys(
        calls, (403, "refused")
    )
    assert Publication.objects.get().state == "queued"


def test_other_teams_and_owners_see_nothing_of_releases(
    engine: Engine, client: ApiClient, approver: User
) -> None:
    release = make_release(make_principal(approver), engine)
    publication = publish(client, release.pk).json()["id"]
    Drift.objects.create(engine=engine)
    for caller in (call_as(make_user(make_team(), Role.ADMIN)), call_as(make_owner())):
        for path in (
            f"releases/{release.pk}/",
            f"releases/{release.pk}/files/",
            f"releases/{release.pk}/diff/",
            f"publications/{publication}/",
            f"drifts/{engine.pk}/",
        ):
            assert outcome(caller.read(path)) == (404, "not_found")
        for path in ("releases/", "publications/", "drifts/"):
            assert caller.read(path).json()["total"] == 0
        assert outcome(caller.read(f"releases/draft/?engine={engine.pk}")) == (400, "invalid")
        for path, body in (
            ("releases/", {"engine": engine.pk}),
            ("publications/", {"release": release.pk}),
            ("publications/rollback/", {"engine": engine.pk}),
        ):
            assert outcome(caller.write(path, body)) == (400, "invalid")
    assert Publication.objects.get().state == "queued"


def test_a_release_never_changes(client: ApiClient, approver: User, engine: Engine) -> None:
    release = make_release(make_principal(approver), engine)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for path in (f"releases/{release.pk}/", f"releases/{release.pk}/files/", f"drifts/{engine.pk}/"):
            assert outcome(client.send(method, path, {})) == (405, "method_not_allowed")
    etag = client.read(f"releases/{release.pk}/").headers["ETag"]
    answer = client.read(f"releases/{release.pk}/", headers={"If-None-Match": etag})
    assert answer.status_code == 304


def test_drift_is_shown_with_what_differs(client: ApiClient, engine: Engine) -> None:
    found = [{"path": "agent.build.model", "expected": "a/b", "found": "a/c"}]
    Drift.objects.create(engine=engine, state="different", differences=found, checked_at=timezone.now())
    shown = client.read(f"drifts/{engine.pk}/").json()
    assert (shown["engine"]["id"], shown["state"], shown["differences"]) == (engine.pk, "different", found)
    assert client.read("drifts/?state=different").json()["results"] == [shown]
    assert client.read("drifts/?state=same").json()["total"] == 0


@pytest.mark.parametrize("path", ["releases/", "publications/", "drifts/"])
def test_a_list_asks_as_many_questions_for_three_as_for_one(
    team: Team, client: ApiClient, approver: User, path: str
) -> None:
    client.read(path)
    counts = []
    for number in range(3):
        engine = make_engine(team)
        publish(client, make_release(make_principal(approver), engine, f"Text {number}.").pk)
        Drift.objects.create(engine=engine)
        with CaptureQueriesContext(connection) as queries:
            assert client.read(path).json()["total"] == number + 1
        counts.append(len(queries))
    assert counts[1:] == counts[:1] * 2


def test_publishing_under_one_key_is_one_publication(
    client: ApiClient, approver: User, engine: Engine
) -> None:
    body = {"release": make_release(make_principal(approver), engine).pk}
    first, again = (client.write("publications/", body, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert Publication.objects.count() == 1


def test_a_token_that_publishes_has_to_read(engine: Engine, approver: User) -> None:
    release = make_release(make_principal(approver), engine)
    writer = call_as(approver, Scope.RELEASES_PUBLISH)
    assert outcome(publish(writer, release.pk)) == (403, "missing_scope")
    reader = call_as(approver, Scope.RELEASES_READ)
    assert outcome(publish(reader, release.pk)) == (403, "missing_scope")
    assert not Publication.objects.exists()
