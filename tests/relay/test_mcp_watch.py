"""An engine runs the MCP servers that people approved, and nobody else's for longer than a few seconds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.utils import timezone

from engines.models import Engine
from events.models import Event
from mcp_servers.domain.drift import record_drift
from mcp_servers.domain.engine_statuses import record_status
from mcp_servers.domain.servers import resume_server, revoke_server, suspend_server
from mcp_servers.models import McpEngineStatus, McpIncident, McpProbe, McpServer
from relay.mcp_watch import find_worst
from relay.opencode.mcp_calls import McpState
from tests.factories import make_engine, make_team
from tests.mcp_servers.make import make_content, make_server
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


# What people approved


@pytest.fixture
async def approved(fake: tuple[FakeEngine, Engine], desk: Desk) -> McpServer:
    """On the engine, as a publisher would have said."""
    server, engine = fake

    def prepare() -> McpServer:
        made = make_server(desk.team, make_content("time"))
        record_status(server=made, engine=engine, wanted="on", release_id="a-release")
        return made

    made = await desk.run(prepare)
    server.mcp["time"] = {"status": "connected"}
    await desk.wait(McpServer.objects.filter(pk=made.pk, state="active").first, "active", 30.0)
    return made


async def wait_told(desk: Desk, server: McpServer, status: str) -> McpEngineStatus:
    rows = McpEngineStatus.objects.filter(server=server, status=status)
    return await desk.wait(rows.first, f"it is {status}", 30.0)


async def test_what_is_approved_is_left_alone_and_its_state_told(
    fake: tuple[FakeEngine, Engine], desk: Desk, approved: McpServer
) -> None:
    server, _ = fake
    server.mcp["time"] = {"status": "failed", "error": "Connection closed"}
    assert (await wait_told(desk, approved, "failed")).error == "Connection closed"
    server.mcp["time"] = {"status": "connected"}
    await wait_told(desk, approved, "connected")
    del server.mcp["time"]
    await wait_told(desk, approved, "missing")
    assert await desk.run(McpIncident.objects.count) == 0
    assert [request for request in server.received if request.path.endswith("/disconnect")] == []


@pytest.mark.parametrize("verb", [suspend_server, revoke_server], ids=["suspended", "revoked"])
async def test_what_people_take_back_is_disconnected_at_once_and_is_no_incident(
    fake: tuple[FakeEngine, Engine], desk: Desk, approved: McpServer, verb: Any
) -> None:
    server, _ = fake
    await desk.run(lambda: verb(principal=desk.reviewer, server_id=approved.pk, reason="It leaks."))
    await wait_told(desk, approved, "disabled")
    assert server.mcp == {"time": {"status": "disabled"}}
    assert await desk.run(McpIncident.objects.count) == 0


async def test_what_was_suspended_and_is_resumed_runs_again(
    fake: tuple[FakeEngine, Engine], desk: Desk, approved: McpServer
) -> None:
    server, _ = fake
    await desk.run(lambda: suspend_server(principal=desk.reviewer, server_id=approved.pk, reason="Wait."))
    await wait_told(desk, approved, "disabled")
    await desk.run(lambda: resume_server(principal=desk.reviewer, server_id=approved.pk))
    await wait_told(desk, approved, "connected")
    # What somebody else switched off stays off.
    server.mcp["time"] = {"status": "disabled"}
    await wait_told(desk, approved, "disabled")


async def test_a_drifted_one_is_disconnected_too(
    fake: tuple[FakeEngine, Engine], desk: Desk, approved: McpServer
) -> None:
    server, engine = fake
    await desk.run(lambda: record_drift(server=approved, engine=engine))
    await wait_told(desk, approved, "disabled")
    assert server.mcp == {"time": {"status": "disabled"}}


async def test_one_that_is_approved_and_in_no_release_of_this_engine_was_put_there_by_somebody(
    fake: tuple[FakeEngine, Engine], desk: Desk
) -> None:
    server, engine = fake

    def prepare() -> McpServer:
        made = make_server(desk.team, make_content("git"))
        record_status(server=made, engine=engine, wanted="off", release_id="")
        return made

    made = await desk.run(prepare)
    server.mcp["git"] = {"status": "connected"}
    found = await wait_incident(desk, engine=engine)
    assert (found["kind"], found["server_id"]) == ("switched_on", made.pk)
    assert server.mcp == {"git": {"status": "disabled"}}


async def test_a_name_of_another_team_is_nobodys_here(fake: tuple[FakeEngine, Engine], desk: Desk) -> None:
    server, engine = fake
    await desk.run(lambda: make_server(make_team(), make_content("time")))
    server.mcp["time"] = {"status": "connected"}
    assert (await wait_incident(desk, engine=engine))["kind"] == "unknown_server"


async def test_other_tools_a_dispose_and_a_break_have_it_looked_at_again(
    fake: tuple[FakeEngine, Engine], desk: Desk, approved: McpServer
) -> None:
    server, _ = fake

    async def wait_probe(cause: str) -> None:
        rows = McpProbe.objects.filter(server=approved, request=None, cause=cause, state="queued")
        await desk.wait(rows.first, f"a probe for {cause}", 30.0)
        # As if a worker had taken it.
        await desk.run(lambda: rows.update(state="failed", ended_at=timezone.now()))

    server.emit("mcp.tools.changed", {"server": "time"})
    await wait_probe("tools_changed")
    server.emit("server.instance.disposed", {"directory": DIRECTORY})
    await wait_probe("engine_start")
    server.break_streams()
    await wait_probe("engine_start")
    server.emit("mcp.tools.changed", {"server": "nobodys"})
    server.emit("mcp.tools.changed", {"server": "time"})
    await wait_probe("tools_changed")


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
