"""An agent asks for an MCP server; a worker checks it; a person approves; the agent sees what it may use."""

from __future__ import annotations

import json
from typing import Any

import pytest

from accounts.enums import Role, Scope
from accounts.models import Team, User
from events.models import AuditEntry, Event
from mcp_servers.models import McpRequest, McpServer
from portal.application import Application
from tests.factories import make_token, make_user
from tests.mcp_door.conftest import connect, in_thread
from tests.mcp_servers.make import TOOLS, approve, make_content, with_secret, work

pytestmark = pytest.mark.django_db(transaction=True)

SCOPES = (Scope.MCP_READ, Scope.MCP_REQUEST)
SECRET = "hunter2-hunter2"


async def ask(client: Any, **values: Any) -> Any:
    content = with_secret(make_content("clock")).write()
    wish = {"content": content, "secrets": {"API_TOKEN": SECRET}, "reason": "I need the time.", **values}
    return await client.call_tool("request_mcp_server", wish)


def check_and_approve(approver: User) -> None:
    request = McpRequest.objects.get()
    work(request)
    approve(request, approver)


async def test_an_agent_asks_and_after_a_person_s_yes_sees_the_server(
    application: Application, approver: User, agent: User
) -> None:
    secret = await in_thread(make_token, agent, *SCOPES)
    async with connect(application, secret) as client:
        asked = (await ask(client)).structured_content
        before = (await client.call_tool("list_mcp_servers", {})).structured_content
        await in_thread(check_and_approve, approver)
        after = (await client.call_tool("list_mcp_servers", {})).structured_content
        again = await ask(client)
    assert (asked["name"], asked["state"]) == ("clock", "requested")
    assert (before["servers"], [row["state"] for row in before["my_requests"]]) == ([], ["requested"])
    [server] = after["servers"]
    assert (server["name"], sorted(server["tools"])) == ("clock", sorted(TOOLS))
    assert [(row["id"], row["state"]) for row in after["my_requests"]] == [(asked["id"], "approved")]
    assert (again.is_error, again.structured_content["code"]) == (True, "already_approved")


async def test_the_secret_s_value_comes_back_from_nowhere(
    application: Application, agent: User, approver: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    secret = await in_thread(make_token, agent, *SCOPES)
    async with connect(application, secret) as client:
        said = [
            await ask(client),
            await ask(client, bogus=1),
            await client.call_tool("list_mcp_servers", {}),
        ]

    def read_everything() -> str:
        rows = [
            *AuditEntry.objects.values(),
            *Event.objects.values(),
            *McpRequest.objects.values(),
            *McpServer.objects.values(),
        ]
        return json.dumps(rows, default=str)

    assert SECRET not in await in_thread(read_everything)
    assert SECRET not in repr(said)
    # The client in this process logs what it sends; what matters is what the portal logs.
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("mcp.client")]
    assert logged
    assert [line for line in logged if SECRET in line] == []


async def test_what_it_asks_for_waits_for_people_whatever_it_says(
    application: Application, team: Team, agent: User
) -> None:
    secret = await in_thread(make_token, agent, *SCOPES)
    await in_thread(make_user, team, Role.APPROVER)
    async with connect(application, secret) as client:
        for lie in ({"state": "approved"}, {"approved_by": "ada"}, {"source": "form"}):
            told = await ask(client, **lie)
            assert told.is_error
            assert [error["detail"] for error in told.structured_content["errors"]] == ["Unknown field."]
        await ask(client)
    assert await in_thread(lambda: list(McpServer.objects.values_list("state", "approval"))) == [
        ("requested", None)
    ]


async def test_the_content_s_errors_name_their_field(application: Application, agent: User) -> None:
    secret = await in_thread(make_token, agent, *SCOPES)
    content = {**make_content("clock").write(), "environment": [{"name": "1 bad"}]}
    async with connect(application, secret) as client:
        told = await ask(client, content=content, secrets={})
    assert (told.is_error, told.structured_content["field"]) == (True, "content.environment[0].name")


async def test_the_same_key_makes_one_request_and_is_answered_the_same(
    application: Application, approver: User, agent: User
) -> None:
    secret = await in_thread(make_token, agent, *SCOPES)
    async with connect(application, secret) as client:
        first = await ask(client, idempotency_key="clock-1")
        second = await ask(client, idempotency_key="clock-1")
        other = await ask(client, idempotency_key="clock-1", reason="Another.")
    assert second.structured_content == first.structured_content
    assert (other.is_error, other.structured_content["code"]) == (True, "idempotency_key_reused")
    assert await in_thread(McpRequest.objects.count) == 1
