"""How approved MCP servers are, by the word of the engines that shall run them."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from engines.enums import EngineState
from health.enums import Component, HealthState
from health.findings import Finding, find_worst
from mcp_servers.enums import EngineWish, ServerState
from mcp_servers.models import McpEngineStatus, McpServer

CONNECTED = "connected"
FAILED = "failed"
# An engine takes a moment to start one, or to take up that it shall.
STARTS_WITHIN = timedelta(seconds=60)
DRIFTED = "It is not what was approved any more, so it is switched off."
WORST = 3


def probe_mcp_servers(*, now: datetime) -> list[Finding]:
    """Those that an engine shall run, and those that drifted; others are nobody's to reach."""
    states = sorted({*ServerState.enabled(), ServerState.DRIFTED})
    servers = list(McpServer.objects.filter(state__in=states, retired_at=None).order_by("name", "pk"))
    rows: dict[str, list[McpEngineStatus]] = defaultdict(list)
    wanted = McpEngineStatus.objects.filter(
        server__in=servers, wanted=EngineWish.ON, engine__is_enabled=True, engine__retired_at=None
    )
    for status in wanted.select_related("engine").order_by("engine__name"):
        rows[status.server_id].append(status)
    return [
        judge_server(server, rows[server.pk], now)
        for server in servers
        if rows[server.pk] or server.state == ServerState.DRIFTED
    ]


def judge_server(server: McpServer, statuses: list[McpEngineStatus], now: datetime) -> Finding:
    states = [judge_status(status, now) for status in statuses]
    connected = sum(status.status == CONNECTED for status in statuses)
    facts = {"engines": len(statuses), "connected": connected}
    if server.state == ServerState.DRIFTED:
        state, detail = HealthState.ERROR, DRIFTED
    else:
        state = find_worst(states)
        pairs = zip(statuses, states, strict=True)
        detail = "; ".join([describe(status) for status, found in pairs if found == state][:WORST])
    return Finding(
        Component.MCP_SERVER,
        state,
        f"MCP server {server.name}",
        server.pk,
        team_id=server.team_id,
        detail="" if state == HealthState.READY else detail,
        facts=facts,
    )


def judge_status(status: McpEngineStatus, now: datetime) -> HealthState:
    if status.engine.state != EngineState.ONLINE:
        # The engine's own check says what is wrong; of the server nothing is known.
        return HealthState.DEGRADED
    if status.status == CONNECTED:
        return HealthState.READY
    is_new = now - status.changed_at < STARTS_WITHIN
    return HealthState.STARTING if is_new and status.status != FAILED else HealthState.ERROR


def describe(status: McpEngineStatus) -> str:
    if status.engine.state != EngineState.ONLINE:
        return f"{status.engine.name} can't be asked"
    return f"{status.engine.name}: {status.status or 'not seen yet'}"
