"""Idempotency keys: the same POST again makes nothing more, whoever crashes or comes at the same time."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.urls import URLPattern
from django.utils import timezone
from rest_framework.response import Response

from accounts.api.idempotency import MARK, PARAMETER, idempotent
from accounts.api.tokens import TokenViewSet
from accounts.domain import idempotency
from accounts.domain.idempotency import Attempt, hold_key, prune_idempotency_records
from accounts.models import ApiToken, IdempotencyRecord, Team, User
from accounts.principal import Principal
from events.actors import Door, Subject
from events.changes import changes
from events.errors import Conflict, Invalid
from events.models import AuditEntry
from portal.api import build_schema, v1_urlpatterns
from tests.api.clients import ApiClient, csrf_cookie_name, outcome, problem, sign_in
from tests.factories import make_team, make_user
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db

# Creating endpoints with a key of their own, and acts that a state guards: a second one is 409 by itself.
OWN_KEY = {"permissionrequest-list", "question-list", "gatecall-list", "api-gate-reports"}
# Posted for its length, or to set a time; it makes nothing.
MAKES_NOTHING = {"api-evaluate", "api-ssh-key-use"}
CREATING = {"create", "comment", "import_entries", "send", "ticket", "post"}


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def user(team: Team) -> User:
    return make_user(team)


@pytest.fixture
def client(user: User) -> ApiClient:
    return sign_in(user)


def wish(name: str = "robot") -> dict[str, Any]:
    return {"name": name, "scopes": ["teams:read"], "expires_at": "2999-01-01T00:00:00Z"}


@pytest.fixture
def soon() -> dict[str, Any]:
    return {**wish(), "expires_at": (timezone.now() + timedelta(days=1)).isoformat()}


def post(client: ApiClient, body: Any, key: str | None = "k1", path: str = "tokens/") -> Any:
    client.cookies[csrf_cookie_name()] = "a" * 32
    headers = {"X-CSRFToken": "a" * 32} | ({} if key is None else {"Idempotency-Key": key})
    return client.write(path, body, headers=headers)


# What was shown once ----------------------------------------------------------------------------------


def test_a_secret_is_shown_once_and_never_kept(client: ApiClient, soon: dict[str, Any]) -> None:
    first = post(client, soon)
    secret = first.json()["secret"]
    again = post(client, soon)
    assert (first.status_code, outcome(again)) == (201, (409, "shown_once"))
    assert problem(again)["id"] == first.json()["id"]
    assert ApiToken.objects.count() == 1
    [record] = IdempotencyRecord.objects.values()
    assert secret not in json.dumps(record, default=str)
    assert (record["answer"], record["subject_id"], record["status"]) == ("", first.json()["id"], 201)


def test_another_body_is_a_conflict(client: ApiClient, soon: dict[str, Any]) -> None:
    post(client, soon)
    assert outcome(post(client, {**soon, "name": "other"})) == (409, "idempotency_key_reused")
    assert ApiToken.objects.count() == 1


def test_the_same_body_written_otherwise_is_the_same(client: ApiClient, soon: dict[str, Any]) -> None:
    post(client, soon)
    text = json.dumps(dict(reversed(soon.items())), indent=2).encode()
    assert outcome(post(client, text)) == (409, "shown_once")


def test_another_key_or_none_makes_another_one(client: ApiClient, soon: dict[str, Any]) -> None:
    keys = ("k1", "k2", None, None)
    assert [post(client, soon, key).status_code for key in keys] == [201] * 4
    assert ApiToken.objects.count() == 4


def test_keys_belong_to_one_user(client: ApiClient, soon: dict[str, Any], team: Team) -> None:
    assert post(client, soon).status_code == 201
    assert post(sign_in(make_user(team)), soon).status_code == 201


def test_what_failed_can_be_tried_again(client: ApiClient, soon: dict[str, Any]) -> None:
    assert outcome(post(client, {**soon, "scopes": ["nonsense"]})) == (400, "invalid")
    assert not IdempotencyRecord.objects.exists()
    assert post(client, soon).status_code == 201


def test_a_refusal_is_audited_and_takes_no_key(client: ApiClient, soon: dict[str, Any], team: Team) -> None:
    stranger = make_user(team)
    before = AuditEntry.objects.filter(verb="refused").count()
    answer = post(client, {**soon, "user_id": stranger.pk})
    assert outcome(answer) == (403, "refused")
    assert AuditEntry.objects.filter(verb="refused").count() == before + 1
    assert not IdempotencyRecord.objects.exists()


@pytest.mark.parametrize("key", ["", " ", "a b", "a" * 101, "schlüssel", "a\x7f"])
def test_a_malformed_key_is_refused(client: ApiClient, soon: dict[str, Any], key: str) -> None:
    answer = post(client, soon, key)
    assert (outcome(answer), problem(answer)["errors"][0]["field"]) == ((400, "invalid"), "Idempotency-Key")
    assert not ApiToken.objects.exists()


def test_a_key_is_forgotten_after_a_day(client: ApiClient, soon: dict[str, Any]) -> None:
    now = timezone.now()
    post(client, soon)
    with time_machine.travel(now + timedelta(hours=23), tick=False):
        assert prune_idempotency_records(now=timezone.now()) == 0
    soon["expires_at"] = (now + timedelta(days=30)).isoformat()
    IdempotencyRecord.objects.update(created_at=now - timedelta(hours=24, minutes=1))
    # Also before anybody has pruned.
    assert post(client, soon).status_code == 201
    IdempotencyRecord.objects.update(created_at=now - timedelta(hours=24, minutes=1))
    assert prune_idempotency_records(now=now, batch_rows=1) == 1
    assert not IdempotencyRecord.objects.exists()


# What is answered again -------------------------------------------------------------------------------


class NoteView:
    """A view with an answer that may be kept; what it makes is an audit entry."""

    def __init__(self, user: User) -> None:
        self.principal = Principal(user, Door.API)
        self.made = 0
        self.fails = False

    @idempotent
    def create(self, request: Any) -> Response:
        with changes(self.principal.actor) as change:
            change.audit("note.create", Subject("note", "1"))
        self.made += 1
        if self.fails:
            raise Invalid("No.")
        body = {"id": "note1", "at": timezone.now(), "text": "häß", "n": self.made}
        return Response(body, status=201, headers={"Location": "/notes/1/"})


class PlainRequest:
    path = "/notes/"

    def __init__(self, data: Any, key: str = "k1") -> None:
        self.data = data
        self.headers = {"Idempotency-Key": key}


def test_the_same_answer_is_given_again(user: User) -> None:
    view = NoteView(user)
    first, again = (view.create(PlainRequest({"text": "a"})) for _ in range(2))
    assert (first.status_code, first.headers["Location"]) == (201, "/notes/1/")
    assert (again.status_code, again.headers["Location"]) == (201, "/notes/1/")
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    at = first.data["at"].isoformat().replace("+00:00", "Z")
    assert again.data == {**first.data, "at": at}
    assert (view.made, AuditEntry.objects.filter(verb="note.create").count()) == (1, 1)


def test_what_was_made_and_its_record_are_one_transaction(user: User) -> None:
    view = NoteView(user)
    view.fails = True
    with pytest.raises(Invalid):
        view.create(PlainRequest({"text": "a"}))
    assert not IdempotencyRecord.objects.exists()
    assert not AuditEntry.objects.filter(verb="note.create").exists()
    view.fails = False
    assert view.create(PlainRequest({"text": "a"})).status_code == 201


def build_attempt(user: User) -> Attempt:
    return Attempt(Principal(user, Door.API), "k1", "/notes/", "0" * 64)


def test_the_same_post_meanwhile_is_told_so(user: User) -> None:
    with hold_key(build_attempt(user)) as slot:
        assert slot.is_new
        with pytest.raises(Conflict) as caught, hold_key(build_attempt(user)):
            pytest.fail("two at once")
    assert caught.value.code == "idempotency_key_in_use"
    with hold_key(build_attempt(user)) as slot:
        assert not slot.is_new


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_user(make_team())
    view = NoteView(user)

    class NoSet(set[str]):
        def __contains__(self, _name: object) -> bool:
            """As if each caller were a process of its own."""
            return False

    monkeypatch.setattr(idempotency, "_under_way", NoSet())

    def call() -> list[str]:
        try:
            answer = view.create(PlainRequest({"text": "a"}))
        except Conflict as error:
            return [error.code]
        return [answer.headers.get("Idempotency-Replayed", "made")]

    found = [word for words in run_together([call] * 6) for word in words]
    assert found.count("made") == 1
    assert set(found) <= {"made", "true", "idempotency_key_in_use"}
    assert AuditEntry.objects.filter(verb="note.create").count() == 1
    if connection.vendor == "sqlite":
        assert found.count("true") == 5


# Everywhere -------------------------------------------------------------------------------------------


def test_everything_that_is_created_takes_a_key() -> None:
    without = set()
    for pattern in v1_urlpatterns:
        assert isinstance(pattern, URLPattern)
        view: Any = pattern.callback
        actions = getattr(view, "actions", None)
        names = [actions.get("post")] if actions else ["post"]
        for name in names:
            method = getattr(view.cls, name or "", None)
            if name in CREATING and method is not None and not hasattr(method, MARK):
                without.add(pattern.name)
    assert without == OWN_KEY | MAKES_NOTHING
    assert hasattr(TokenViewSet.create, MARK)


def test_the_schema_names_the_header() -> None:
    operations = build_schema()["paths"]
    for path in ("/api/v1/tokens/", "/api/v1/permission-requests/", "/api/v1/questions/"):
        names = [each["name"] for each in operations[path]["post"]["parameters"]]
        assert names == [PARAMETER.name]
