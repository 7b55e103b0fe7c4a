"""An engine runs the MCP servers that people approved, and nobody else's for longer than a few seconds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from engines.models import Engine
from events.models import Event
from mcp_servers.models import McpIncident
from relay.mcp_watch import find_worst
from relay.opencode.mcp_calls import McpState
from tests.factories import make_engine
from tests.relay.conftest import Desk, running_relay
from tests.relay.fake_engine import DIRECTORY, FakeEngine, give


@pytest.fixture
async def fake(desk: Desk) -> AsyncIterator[tuple[FakeEngine, Engine]]:
    """An engine with the relay beside it, online."""
    server = FakeEngine()
    async with server.running():
        engine = await desk.run(
            lambda: make_engine(desk.team, address=server.address, directories=[DIRECTORY])
        )
        async with running_relay():
            await desk.wait_online(engine)
            yield server, engine


async def wait_incident(desk: Desk, **wanted: Any) -> dict[str, Any]:
    rows = McpIncident.objects.filter(**wanted)
    found = await desk.wait(rows.first, f"an incident {wanted}", 15.0)
    fields = ("kind", "name", "what", "action", "times", "server_id", "team_id", "state")
    return {name: getattr(found, name) for name in fields}


async def test_a_server_that_nobody_approved_is_disconnected_and_reported(
    fake: tuple[FakeEngine, Engine], desk: Desk
) -> None:
    server, engine = fake
    server.mcp["sneak"] = {"status": "connected"}
    assert await wait_incident(desk, engine=engine) == {
        "kind": "unknown_server",
        "name": "sneak",
        "what": f"The engine had it in {DIRECTORY} (connected).",
        "action": "It was disconnected.",
        "times": 1,
        "server_id": None,
        "team_id": desk.team.pk,
        "state": "open",
    }
    assert server.mcp == {"sneak": {"status": "disabled"}}
    told = await desk.run(lambda: Event.objects.get(kind="mcp.incident"))
    assert (told.topic, told.audience, told.words["name"]) == ("mcp", desk.team.audience, "sneak")


async def test_switched_on_again_it_is_disconnected_again_and_counted(
    fake: tuple[FakeEngine, Engine], desk: Desk
) -> None:
    server, engine = fake
    for times in (1, 2):
        server.mcp["sneak"] = {"status": "connected"}
        assert (await wait_incident(desk, engine=engine, times=times))["name"] == "sneak"
    assert await desk.run(McpIncident.objects.count) == 1


async def test_a_server_that_failed_was_started_and_is_reported_once(
    fake: tuple[FakeEngine, Engine], desk: Desk
) -> None:
    server, engine = fake
    server.overrides["POST", "/mcp/broken/disconnect"] = lambda _request: give(True)
    server.mcp["broken"] = {"status": "failed", "error": "Connection closed"}
    await wait_incident(desk, engine=engine)
    server.mcp["other"] = {"status": "connected"}
    await wait_incident(desk, engine=engine, name="other")
    assert (await wait_incident(desk, engine=engine, name="broken"))["times"] == 1


async def test_one_that_can_not_be_stopped_is_told_and_tried_again(
    fake: tuple[FakeEngine, Engine], desk: Desk
) -> None:
    server, engine = fake
    server.overrides["POST", "/mcp/stuck/disconnect"] = lambda _request: (500, b"{}")
    server.mcp["stuck"] = {"status": "connected"}
    found = await wait_incident(desk, engine=engine)
    assert (found["kind"], found["name"]) == ("not_stopped", "stuck")
    del server.overrides["POST", "/mcp/stuck/disconnect"]
    await wait_incident(desk, engine=engine, kind="unknown_server")
    assert server.mcp == {"stuck": {"status": "disabled"}}


async def test_what_is_switched_off_is_left_alone(fake: tuple[FakeEngine, Engine], desk: Desk) -> None:
    server, engine = fake
    server.mcp["off"] = {"status": "disabled"}
    server.mcp["sneak"] = {"status": "connected"}
    await wait_incident(desk, engine=engine)
    assert await desk.run(lambda: list(McpIncident.objects.values_list("name", flat=True))) == ["sneak"]


async def test_a_name_that_is_no_path_is_disconnected_too(
    fake: tuple[FakeEngine, Engine], desk: Desk
) -> None:
    server, engine = fake
    server.mcp["a/../b ?"] = {"status": "connected"}
    await wait_incident(desk, engine=engine)
    [path] = [request.path for request in server.received if request.path.endswith("/disconnect")][-1:]
    assert path.count("/") >= 3


async def test_while_it_can_not_be_asked_it_is_not_simply_online(
    fake: tuple[FakeEngine, Engine], desk: Desk
) -> None:
    server, engine = fake
    server.overrides["GET", "/mcp"] = lambda _request: (500, b"{}")
    assert "MCP servers" in (await desk.wait_online(engine, "degraded")).state_reason
    del server.overrides["GET", "/mcp"]
    await desk.wait_online(engine)


@pytest.mark.pure
def test_the_worst_of_all_folders_is_told() -> None:
    ok, failed, odd = McpState("connected"), McpState("failed", "x"), McpState("new_word")
    assert [find_worst(states) for states in ([], [ok, ok], [ok, failed], [failed, odd])] == [
        None,
        ok,
        failed,
        odd,
    ]
