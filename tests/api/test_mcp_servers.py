"""MCP servers through the API: asked for, checked, exported, stopped; approved by nobody's token."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role, Scope
from accounts.models import Team, User
from events.models import AuditEntry, Event
from mcp_servers.checks.results import CheckResult
from mcp_servers.models import McpRequest, McpSecret, McpServer
from mcp_servers.queries import load_enabled
from reviews.models import Review
from tests.api.clients import ApiClient, call_as, outcome, problem, sign_in, write_signed_in
from tests.factories import make_owner, make_service, make_team, make_user
from tests.mcp_servers.make import TOOLS, approve, ask, make_content, make_server, with_secret, work

pytestmark = pytest.mark.django_db

SECRET = "hunter2-hunter2"


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team, Role.ADMIN)


@pytest.fixture
def agent(team: Team) -> ApiClient:
    return call_as(make_service(make_user(team), team))


def wish(name: str = "clock", **values: Any) -> dict[str, Any]:
    return {"content": with_secret(make_content(name)).write(), "secrets": {"API_TOKEN": SECRET}, **values}


# Asking -----------------------------------------------------------------------------------------------


def test_an_agent_asks_and_follows_until_people_have_decided(approver: User, agent: ApiClient) -> None:
    made = agent.write("mcp-requests/", wish(reason="I need the time."))
    row = made.json()
    path = f"mcp-requests/{row['id']}/"
    assert (made.status_code, made.headers["Location"]) == (201, f"http://testserver/api/v1/{path}")
    assert (row["state"], row["source"], row["review"], row["checks"]) == ("requested", "api", None, [])
    request = McpRequest.objects.get()
    work(request, findings=[CheckResult("age", "not_checked", "info", "There is no index here.")])
    seen = agent.read(path).json()
    assert seen["state"] == "needs_review"
    assert [(check["name"], check["outcome"]) for check in seen["checks"]] == [
        ("schema", "passed"),
        ("age", "not_checked"),
    ]
    assert (sorted(seen["tools"]), sorted(seen["tools_listed"])) == (sorted(TOOLS), sorted(TOOLS))
    assert seen["bound"]["argv"] == ["/srv/store/bin/server"]
    listed = agent.read(f"{path}probe/").json()
    assert [tool["name"] for tool in listed["tools"]] == list(TOOLS)
    approve(request, approver)
    assert agent.read(path).json()["state"] == "approved"
    [server] = agent.read("mcp-servers/").json()["results"]
    assert (server["name"], server["state"], sorted(server["tools"])) == ("clock", "approved", sorted(TOOLS))


def test_a_token_that_may_only_ask_follows_what_it_asked_for_alone(team: Team, approver: User) -> None:
    only = call_as(make_service(make_user(team), team), Scope.MCP_REQUEST)
    made = only.write("mcp-requests/", wish()).json()
    other = ask(team, make_content("other"))
    assert only.read(f"mcp-requests/{made['id']}/").status_code == 200
    assert outcome(only.read(f"mcp-requests/{other.pk}/")) == (404, "not_found")
    assert outcome(only.read("mcp-requests/")) == (403, "missing_scope")


@pytest.mark.parametrize(
    "lie",
    [
        {"state": "approved"},
        {"approved_by": "ada"},
        {"requested_by": "ada"},
        {"source": "form"},
        {"tools": ["*"]},
    ],
    ids=lambda lie: next(iter(lie)),
)
def test_nobody_asks_for_what_is_decided_already(agent: ApiClient, lie: dict[str, Any]) -> None:
    answer = agent.write("mcp-requests/", wish(**lie))
    assert outcome(answer) == (400, "invalid")
    assert problem(answer)["errors"] == [{"field": next(iter(lie)), "detail": "Unknown field."}]
    assert not McpServer.objects.exists()


def test_the_field_that_is_wrong_is_named_as_it_stands_in_the_body(agent: ApiClient) -> None:
    content = {**make_content("clock").write(), "environment": [{"name": "A"}, {"name": "1 bad"}]}
    answer = agent.write("mcp-requests/", {"content": content})
    assert outcome(answer) == (400, "invalid")
    assert [error["field"] for error in problem(answer)["errors"]] == ["content.environment[1].name"]


def test_the_same_key_asks_once(approver: User, agent: ApiClient) -> None:
    first, again = (
        agent.write("mcp-requests/", wish(), headers={"Idempotency-Key": "clock-1"}) for _ in range(2)
    )
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert McpRequest.objects.count() == 1


def test_the_same_again_is_the_same_request_and_something_else_a_new_one(
    approver: User, agent: ApiClient
) -> None:
    first = agent.write("mcp-requests/", wish()).json()
    same = agent.write("mcp-requests/", wish()).json()
    other = agent.write("mcp-requests/", wish(valid_days=30)).json()
    assert (same["id"], other["id"] == first["id"], other["number"]) == (first["id"], False, 2)
    assert agent.read(f"mcp-requests/{first['id']}/").json()["state"] == "superseded"


# Nobody's token approves ---------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role.values)
def test_no_token_approves_a_server_or_chooses_its_tools(team: Team, approver: User, role: str) -> None:
    request = ask(team, make_content("clock"))
    work(request)
    review = Review.objects.get(mcp_request=request)
    caller = call_as(make_user(team, role))
    body = {"fingerprint": review.content_hash}
    answers = [
        caller.write(f"reviews/{review.pk}/approve/", body),
        caller.write(f"mcp-requests/{request.pk}/choose-tools/", {**body, "tools": ["now"]}),
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert McpServer.objects.get().state == "needs_review"


def test_in_a_session_an_approver_chooses_tools_and_approves(team: Team, approver: User) -> None:
    request = ask(team, make_content("clock"))
    work(request)
    browser = sign_in(approver)
    review = Review.objects.get(mcp_request=request)
    chosen = write_signed_in(
        browser,
        f"mcp-requests/{request.pk}/choose-tools/",
        {"tools": ["now"], "fingerprint": review.content_hash},
    )
    assert (chosen.status_code, chosen.json()["tools"]) == (200, ["now"])
    path = f"reviews/{review.pk}/approve/"
    stale = write_signed_in(browser, path, {"fingerprint": review.content_hash})
    assert outcome(stale)[0] == 409
    review.refresh_from_db()
    approved = write_signed_in(browser, path, {"fingerprint": review.content_hash})
    assert (approved.status_code, approved.json()["state"]) == (200, "approved")
    [enabled] = load_enabled(team)
    assert enabled.tools == ("now",)


def test_a_high_finding_needs_the_typed_word_here_too(team: Team, approver: User) -> None:
    request = ask(team, make_content("clock"))
    work(request, findings=[CheckResult("text", "finding", "high", "It hides instructions.")])
    review = Review.objects.get(mcp_request=request)
    path, body = f"reviews/{review.pk}/approve/", {"fingerprint": review.content_hash}
    browser = sign_in(approver)
    assert outcome(write_signed_in(browser, path, body)) == (400, "confirmation_needed")
    assert write_signed_in(browser, path, {**body, "confirmation": "clock"}).status_code == 200


# Secrets --------------------------------------------------------------------------------------------------


def test_secrets_are_written_and_never_read_back(team: Team, approver: User) -> None:
    server = make_server(team, with_secret(make_content("clock")), secrets={"API_TOKEN": "first-value-1234"})
    admin = call_as(approver)
    path = f"mcp-servers/{server.pk}/"
    body = {"kind": "env", "name": "API_TOKEN", "value": SECRET}
    kept = admin.write(f"{path}secrets/", body)
    assert (kept.status_code, kept.json()["name"], kept.json()["last_four"]) == (
        200,
        "API_TOKEN",
        SECRET[-4:],
    )
    everything = [
        admin.read(where).content.decode()
        for where in (
            path,
            f"{path}secrets/",
            f"{path}export/?as=opencode",
            f"mcp-requests/{McpRequest.objects.get().pk}/",
            "mcp-servers/",
            "mcp-requests/",
        )
    ]
    stored = [*AuditEntry.objects.values(), *Event.objects.values()]
    assert SECRET not in json.dumps([everything, stored, kept.json()], default=str)
    assert not hasattr(McpSecret.objects.get(), "plain")
    cleared = admin.write(f"{path}clear-secret/", {"id": kept.json()["id"]})
    assert (cleared.status_code, McpSecret.objects.count()) == (204, 0)


def test_a_secret_of_another_server_is_not_cleared_through_this_one(team: Team, approver: User) -> None:
    mine = make_server(team, make_content("mine"))
    make_server(team, with_secret(make_content("other")), secrets={"API_TOKEN": SECRET})
    answer = call_as(approver).write(
        f"mcp-servers/{mine.pk}/clear-secret/", {"id": McpSecret.objects.get().pk}
    )
    assert outcome(answer) == (404, "not_found")
    assert McpSecret.objects.count() == 1


# Stopping -------------------------------------------------------------------------------------------------


def test_a_server_is_suspended_resumed_and_revoked(team: Team, approver: User) -> None:
    server = make_server(team, make_content("clock"))
    admin, path = call_as(approver), f"mcp-servers/{server.pk}/"
    said = [
        admin.write(f"{path}suspend/", {"reason": "Look first."}).json()["state"],
        len(load_enabled(team)),
        admin.write(f"{path}resume/").json()["state"],
        len(load_enabled(team)),
        admin.write(f"{path}revoke/", {"reason": "It lies."}).json()["state"],
        len(load_enabled(team)),
    ]
    assert said == ["suspended", 0, "approved", 1, "revoked", 0]
    assert outcome(admin.write(f"{path}revoke/", {"reason": "Again."}))[0] == 409


def test_a_tool_is_switched_off_and_none_on_that_nobody_approved(team: Team, approver: User) -> None:
    server = make_server(team, make_content("clock"))
    admin, path = call_as(approver), f"mcp-servers/{server.pk}/switch-tool/"
    off = admin.write(path, {"tool": "now", "is_on": False}).json()
    assert (off["tools"], off["switched_off"]) == (["convert"], ["now"])
    assert outcome(admin.write(path, {"tool": "delete_everything", "is_on": True})) == (400, "invalid")


# Bringing in, giving out ------------------------------------------------------------------------------------

ENTRIES = {
    "mcpServers": {
        "clock": {"command": "uvx", "args": ["mcp-server-time==2026.10.19"], "env": {"API_TOKEN": SECRET}},
        "far": {"type": "http", "url": "https://mcp.example.com/mcp"},
    }
}


def test_a_file_s_servers_are_asked_for_all_or_none(approver: User, agent: ApiClient) -> None:
    body = {"text": json.dumps(ENTRIES), "catalog": "a colleague"}
    dry = agent.write("mcp-requests/import/", {**body, "dry_run": True})
    assert (dry.status_code, McpRequest.objects.count()) == (200, 0)
    assert sorted(server["content"]["name"] for server in dry.json()["servers"]) == ["clock", "far"]
    made = agent.write("mcp-requests/import/", body)
    assert (made.status_code, made.json()["format"]) == (201, "claude")
    assert sorted(row["server"]["name"] for row in made.json()["requests"]) == ["clock", "far"]
    assert set(McpRequest.objects.values_list("source", "catalog")) == {("import", "a colleague")}
    assert SECRET not in (dry.content + made.content).decode()


def test_what_can_t_be_read_asks_for_nothing(approver: User, agent: ApiClient) -> None:
    assert outcome(agent.write("mcp-requests/import/", {"text": "just words"})) == (400, "unreadable")
    named = {"text": json.dumps(ENTRIES), "names": ["clock", "missing"]}
    assert outcome(agent.write("mcp-requests/import/", named)) == (400, "invalid")
    assert not McpRequest.objects.exists()


def test_an_approved_server_is_given_out_in_other_formats(team: Team, agent: ApiClient) -> None:
    server = make_server(team, with_secret(make_content("clock")), secrets={"API_TOKEN": SECRET})
    path = f"mcp-servers/{server.pk}/export/"
    for name in ("registry", "opencode", "claude"):
        answer = agent.read(f"{path}?as={name}").json()
        assert answer["format"] == name
        assert "clock" in "".join(file["text"] for file in answer["files"])
    assert outcome(agent.read(f"{path}?as=yaml")) == (400, "invalid")
    waiting = ask(team, make_content("waiting"))
    assert outcome(agent.read(f"mcp-servers/{waiting.server_id}/export/")) == (409, "wrong_state")


# Reading ----------------------------------------------------------------------------------------------------


def test_an_owner_outside_the_team_sees_names_and_states_alone(team: Team) -> None:
    server = make_server(team, make_content("clock"))
    owner = call_as(make_owner())
    shown = owner.read(f"mcp-servers/{server.pk}/").json()
    assert (shown["name"], shown["state"]) == ("clock", "approved")
    assert (shown["tools"], shown["approval"], shown["engines"]) == ([], None, [])
    request = owner.read(f"mcp-requests/{McpRequest.objects.get().pk}/").json()
    assert (request["content"], request["bound"], request["checks"], request["reason"]) == (None, {}, [], "")
    for verb in ("secrets", "export"):
        assert outcome(owner.read(f"mcp-servers/{server.pk}/{verb}/")) == (403, "refused")


def test_lists_take_as_many_queries_for_many_as_for_one(team: Team, approver: User) -> None:
    counts = {}
    caller = call_as(approver)
    # What is looked up once for all later calls.
    for path in ("mcp-servers/", "mcp-requests/"):
        caller.read(path)
    for many in (1, 4):
        while McpServer.objects.count() < many:
            make_server(team, make_content())
        for path in ("mcp-servers/", "mcp-requests/"):
            with CaptureQueriesContext(connection) as queries:
                assert len(caller.read(path).json()["results"]) == many
            counts[path, many] = len(queries)
    assert counts["mcp-servers/", 1] == counts["mcp-servers/", 4]
    assert counts["mcp-requests/", 1] == counts["mcp-requests/", 4]
