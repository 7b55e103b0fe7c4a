"""Agents ask: what is taken, what is refused, and what happens when they ask twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.domain.teams import add_member
from accounts.enums import Role, Scope
from accounts.models import Team, User
from events.encryption import reveal
from events.models import AuditEntry, Event
from governance.content import RequestContent
from governance.models import PermissionRequest
from reviews.models import ReviewPolicy
from tests.api.clients import ApiClient, call_as, outcome, problem
from tests.factories import ACTOR, make_owner, make_service, make_team, make_user

pytestmark = pytest.mark.django_db

PATH = "permission-requests/"


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def owner(team: Team) -> User:
    return make_user(team)


@pytest.fixture
def agent(team: Team, owner: User) -> ApiClient:
    """A service account's token, the usual caller."""
    return call_as(make_service(owner, team), Scope.REQUESTS_CREATE)


WISH: dict[str, Any] = {
    "permission": "deploy",
    "patterns": ["production"],
    "command": "make deploy",
    "diff": "--- a\n+++ b\n",
    "arguments": {"version": 7, "dry": False, "parts": ["web", None, 1.5]},
    "directory": "/srv/app",
    "agent": "release bot",
    "session_id": "run 12",
    "expires_in_s": 600,
}


def test_request_holds_what_was_asked(team: Team, agent: ApiClient) -> None:
    answer = agent.write(PATH, WISH)
    assert answer.status_code == 201
    row = PermissionRequest.objects.get()
    assert answer.headers["Location"] == f"http://testserver/api/v1/permission-requests/{row.pk}/"
    shown = answer.json()
    created, expires = (datetime.fromisoformat(shown[name]) for name in ("created_at", "expires_at"))
    assert expires - created == timedelta(seconds=600)
    names = ("id", "state", "permission", "summary", "sealed", "source", "directory", "agent", "session_id")
    assert {name: shown[name] for name in names} == {
        "id": row.pk,
        "state": "pending",
        "permission": "deploy",
        "summary": "make deploy",
        "sealed": True,
        "source": "api",
        "directory": "/srv/app",
        "agent": "release bot",
        "session_id": "run 12",
    }
    assert shown["cannot_decide_because"] == "Service accounts never decide."
    content = RequestContent.from_text(reveal(row, "content"))
    assert (content.patterns, content.command, content.diff, content.arguments) == (
        ["production"],
        "make deploy",
        "--- a\n+++ b\n",
        WISH["arguments"],
    )
    assert content.fingerprint == shown["fingerprint"]
    assert row.team_id == team.pk


def test_only_the_permission_is_needed(agent: ApiClient) -> None:
    assert agent.write(PATH, {"permission": "deploy"}).json()["summary"] == "deploy"


def test_text_is_kept_as_it_came(agent: ApiClient) -> None:
    command = "  printf '%s\r\n' \u202e# é 中 \t\u200b "
    agent.write(PATH, {"permission": "bash", "command": command})
    row = PermissionRequest.objects.get()
    assert RequestContent.from_text(reveal(row, "content")).command == command
    codes = [finding["code"] for finding in row.findings]
    assert codes == ["bidirectional", "carriage_return", "invisible"]


def test_argument_that_says_otherwise_than_the_command_keeps_the_row_from_being_approved_unseen(
    agent: ApiClient,
) -> None:
    same = agent.write(PATH, {"permission": "bash", "command": "ls", "arguments": {"command": "ls"}}).json()
    other = agent.write(
        PATH, {"permission": "bash", "command": "ls", "arguments": {"command": "rm x"}}
    ).json()
    link = {
        "permission": "webfetch",
        "patterns": ["https://a.example"],
        "arguments": {"url": "https://b.example"},
    }
    assert [row["is_summary_whole"] for row in (same, other, agent.write(PATH, link).json())] == [
        True,
        False,
        False,
    ]


def test_quorum_of_the_team_applies(team: Team, agent: ApiClient) -> None:
    ReviewPolicy.objects.create(team=team, kind="permission_request", approvals_needed=3)
    assert agent.write(PATH, {"permission": "deploy"}).json()["approvals_needed"] == 3


# The team ------------------------------------------------------------------------------------------------


def test_team_is_named_when_there_are_several(team: Team, owner: User) -> None:
    other = make_team()
    user = make_user(team)
    add_member(actor=ACTOR, team=other, user=user, role=Role.VIEWER)
    client = call_as(user)
    answer = client.write(PATH, {"permission": "deploy"})
    assert (answer.status_code, problem(answer)["errors"][0]["field"]) == (400, "team")
    made = client.write(PATH, {"permission": "deploy", "team": other.pk}).json()
    assert made["team"] == {"id": other.pk, "name": other.name}


def test_other_team_does_not_exist(agent: ApiClient) -> None:
    other, absent = make_team(), "0" * 15
    answers = [agent.write(PATH, {"permission": "deploy", "team": team}) for team in (other.pk, absent)]
    assert [problem(answer)["errors"] for answer in answers] == [
        [{"field": "team", "detail": "There is no such team."}]
    ] * 2
    assert not PermissionRequest.objects.exists()


def test_owner_asks_only_for_a_team_of_their_own(team: Team) -> None:
    answer = call_as(make_owner()).write(PATH, {"permission": "deploy", "team": team.pk})
    assert outcome(answer) == (403, "refused")


def test_caller_without_a_team_asks_nobody() -> None:
    answer = call_as(make_user()).write(PATH, {"permission": "deploy"})
    assert (answer.status_code, problem(answer)["errors"][0]["field"]) == (400, "team")


# Twice ---------------------------------------------------------------------------------------------------


def send_keyed(client: ApiClient, key: str, body: dict[str, Any]) -> Any:
    return client.write(PATH, body, headers={"Idempotency-Key": key})


def test_same_key_returns_the_first_request(agent: ApiClient) -> None:
    first = send_keyed(agent, "job-1", WISH)
    again = send_keyed(agent, "job-1", WISH)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert PermissionRequest.objects.count() == 1


def test_same_key_with_the_command_only_in_the_arguments_returns_the_first_request(agent: ApiClient) -> None:
    body = {"permission": "bash", "arguments": {"command": "ls"}}
    answers = [send_keyed(agent, "job-1", body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json()["summary"] == "ls"


@pytest.mark.parametrize(
    "change",
    [
        {"command": "make destroy"},
        {"arguments": {}},
        {"patterns": []},
        {"permission": "destroy"},
        {"diff": ""},
    ],
)
def test_same_key_for_something_else_is_a_conflict(agent: ApiClient, change: dict[str, Any]) -> None:
    send_keyed(agent, "job-1", WISH)
    assert outcome(send_keyed(agent, "job-1", {**WISH, **change})) == (409, "idempotency_key_reused")
    assert PermissionRequest.objects.count() == 1


def test_keys_of_two_callers_are_apart(team: Team, owner: User, agent: ApiClient) -> None:
    send_keyed(agent, "job-1", WISH)
    other = call_as(make_service(owner, team), Scope.REQUESTS_CREATE)
    assert send_keyed(other, "job-1", {"permission": "other"}).status_code == 201


def test_without_a_key_every_request_is_new(agent: ApiClient) -> None:
    assert [agent.write(PATH, WISH).status_code for _ in range(2)] == [201, 201]


@pytest.mark.parametrize("key", ["", "a b", "x" * 101, "é"])
def test_key_that_can_not_be_kept_is_refused(agent: ApiClient, key: str) -> None:
    answer = send_keyed(agent, key, WISH)
    assert (answer.status_code, problem(answer)["errors"][0]["field"]) == (400, "Idempotency-Key")


# Bad input -----------------------------------------------------------------------------------------------


def nest(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"permission": None}, "permission"),
        ({"permission": ""}, "permission"),
        ({"permission": "x" * 121}, "permission"),
        ({"permission": 7}, "permission"),
        ({"permission": True}, "permission"),
        ({"permission": ["bash"]}, "permission"),
        ({"patterns": "production"}, "patterns"),
        ({"patterns": {"a": 1}}, "patterns"),
        ({"patterns": ["a", 2]}, "patterns[1]"),
        ({"patterns": [""]}, "patterns[0]"),
        ({"patterns": ["x"] * 101}, "patterns"),
        ({"patterns": ["x" * 4001]}, "patterns[0]"),
        ({"command": 1.5}, "command"),
        ({"command": None}, "command"),
        ({"command": "x" * (256 * 1024 + 1)}, "command"),
        ({"diff": "x" * (1024 * 1024 + 1)}, "diff"),
        ({"arguments": []}, "arguments"),
        ({"arguments": "x"}, "arguments"),
        ({"directory": "x" * 1001}, "directory"),
        ({"agent": "x" * 81}, "agent"),
        ({"session_id": "x" * 65}, "session_id"),
        ({"team": 5}, "team"),
        ({"team": ""}, "team"),
        ({"expires_in_s": "600"}, "expires_in_s"),
        ({"expires_in_s": 600.5}, "expires_in_s"),
        ({"expires_in_s": True}, "expires_in_s"),
        ({"expires_in_s": 4}, "expires_in_s"),
        ({"expires_in_s": -1}, "expires_in_s"),
        ({"expires_in_s": 10**400}, "expires_in_s"),
        ({"state": "approved"}, "state"),
        ({"fingerprint": "0" * 64}, "fingerprint"),
        ({"__proto__": {}}, "__proto__"),
    ],
)
def test_wrong_field_is_named_and_nothing_is_stored(
    agent: ApiClient, change: dict[str, Any], field: str
) -> None:
    before = (AuditEntry.objects.count(), Event.objects.count())
    answer = agent.write(PATH, {**WISH, **change})
    assert (answer.status_code, [error["field"] for error in problem(answer)["errors"]]) == (400, [field])
    assert not PermissionRequest.objects.exists()
    assert (AuditEntry.objects.count(), Event.objects.count()) == before


def test_missing_permission_is_named(agent: ApiClient) -> None:
    assert problem(agent.write(PATH, {}))["errors"] == [
        {"field": "permission", "detail": "This field is required."}
    ]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed"),
        (b"", 400, "invalid"),
        (b"[]", 400, "malformed"),
        (b"null", 400, "malformed"),
        (b'"text"', 400, "malformed"),
        (b'{"permission": "\xff"}', 400, "malformed"),
        (b'\xef\xbb\xbf{"permission": "x"}', 400, "malformed"),
        (b'{"permission": "x",}', 400, "malformed"),
        (b'{"permission": "x"} {}', 400, "malformed"),
        (b'{"permission": "x", "permission": "y"}', 400, "malformed"),
        (b'{"permission": "x", "arguments": {"a": {"b": 1, "b": 2}}}', 400, "malformed"),
        (b'{"permission": "x", "arguments": {"a": NaN}}', 400, "malformed"),
        (b'{"permission": "x", "arguments": {"a": -Infinity}}', 400, "malformed"),
        (b'{"permission": "x", "arguments": {"a": 1e999}}', 400, "malformed"),
        (b'{"permission": "x", "arguments": {"a": ' + b"9" * 5000 + b"}}", 400, "malformed"),
        (b'{"permission": "a\\u0000b"}', 400, "unusable_text"),
        (b'{"permission": "x", "arguments": {"a\\u0000": 1}}', 400, "unusable_text"),
        (b'{"permission": "\\ud800"}', 400, "unusable_text"),
        (b'{"permission": "x", "arguments": {"a": ["\\udfff"]}}', 400, "unusable_text"),
        (b'{"permission": "x", "arguments": {"a": ' + b"[" * 19 + b"]" * 19 + b"}}", 400, "too_deep"),
        (
            b'{"permission": "x", "arguments": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}",
            400,
            "too_deep",
        ),
        (b'{"permission": "x", "arguments": {"a": [' + b"0," * 20_000 + b"0]}}", 400, "too_many_values"),
    ],
)
def test_body_that_is_not_clear_is_refused(agent: ApiClient, body: bytes, status: int, code: str) -> None:
    assert outcome(agent.send("POST", PATH, body)) == (status, code)
    assert not PermissionRequest.objects.exists()


def test_depth_and_size_have_room(agent: ApiClient) -> None:
    arguments = {"a": nest(16), "b": [0] * 10_000, "c": 2**53, "d": 10**30, "e": 0.1}
    answer = agent.write(PATH, {"permission": "x", "arguments": arguments})
    assert answer.status_code == 201
    content = RequestContent.from_text(reveal(PermissionRequest.objects.get(), "content"))
    assert content.arguments == arguments


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_other_media_types_are_refused(agent: ApiClient, content_type: str) -> None:
    answer = agent.generic("POST", "/api/v1/permission-requests/", b'{"permission": "x"}', content_type)
    assert outcome(answer) == (415, "unsupported_media_type")
    assert not PermissionRequest.objects.exists()


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_may_be_named_in_full(agent: ApiClient, content_type: str) -> None:
    body = '{"permission": "é"}'.encode()
    answer = agent.generic("POST", "/api/v1/permission-requests/", body, content_type)
    assert answer.json()["permission"] == "é"


def test_body_over_the_limit_is_refused(agent: ApiClient, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = agent.write(PATH, {"permission": "x", "command": "y" * 1000})
    assert outcome(answer) == (413, "too_large")
    assert not PermissionRequest.objects.exists()


def test_reader_s_token_does_not_ask(team: Team) -> None:
    answer = call_as(make_user(team), Scope.REQUESTS_READ).write(PATH, {"permission": "x"})
    assert outcome(answer) == (403, "missing_scope")


# Withdrawing ---------------------------------------------------------------------------------------------


def test_requester_withdraws(agent: ApiClient) -> None:
    made = agent.write(PATH, WISH).json()
    answer = agent.send("POST", f"{PATH}{made['id']}/cancel/")
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["close_reason"]) == ("cancelled", "withdrawn")
    again = agent.write(f"{PATH}{made['id']}/cancel/")
    assert outcome(again) == (409, "already_decided")


def test_nobody_else_withdraws(team: Team, owner: User, agent: ApiClient) -> None:
    made = agent.write(PATH, WISH).json()
    for caller in (owner, make_user(team, Role.ADMIN)):
        assert outcome(call_as(caller).write(f"{PATH}{made['id']}/cancel/")) == (403, "refused")
    stranger = call_as(make_service(owner, team), Scope.REQUESTS_CREATE)
    assert outcome(stranger.write(f"{PATH}{made['id']}/cancel/")) == (404, "not_found")
    assert PermissionRequest.objects.get().is_pending


def test_withdrawing_takes_no_words(agent: ApiClient) -> None:
    made = agent.write(PATH, WISH).json()
    answer = agent.write(f"{PATH}{made['id']}/cancel/", {"reason": "x"})
    assert problem(answer)["errors"] == [{"field": "reason", "detail": "Unknown field."}]
    assert PermissionRequest.objects.get().is_pending
