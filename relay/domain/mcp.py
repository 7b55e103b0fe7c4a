"""Which MCP servers an engine may run now, and what the relay puts on record about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils import timezone

from engines.models import Engine
from mcp_servers.domain.engine_statuses import record_status
from mcp_servers.domain.incidents import report_incident
from mcp_servers.domain.probes import queue_probe
from mcp_servers.enums import EngineWish
from mcp_servers.models import McpEngineStatus, McpServer


@dataclass(frozen=True, slots=True)
class KnownServer:
    """A server of ours on one engine. `is_carried`: the engine's live release holds it."""

    server_id: str
    is_on: bool
    is_carried: bool


def load_known(*, engine: Engine) -> dict[str, KnownServer]:
    """By name; what is not here is nobody's, what is not on may not run.

    On is what the engine's release carries and people's approval covers at this moment.
    """
    now = timezone.now()
    rows = McpEngineStatus.objects.filter(engine=engine).select_related("server__approval")
    found: dict[str, KnownServer] = {}
    # Of two servers that had a name one after the other the live one decides.
    for row in sorted(rows, key=lambda row: (row.server.retired_at is None, row.server.created_at)):
        is_on = row.wanted == EngineWish.ON and row.server.is_enabled(now)
        found[row.server.name] = KnownServer(row.server_id, is_on, bool(row.release_id))
    return found


def load_server(server_id: str) -> McpServer:
    return McpServer.objects.select_related("team", "approval").get(pk=server_id)


def store_states(*, engine: Engine, states: Mapping[str, tuple[str, str]]) -> None:
    """{server id: (the engine's word, its error)}, where they are news."""
    for server_id, (status, error) in sorted(states.items()):
        record_status(server=load_server(server_id), engine=engine, status=status, error=error)


def ask_for_probes(*, engine: Engine, server_ids: Iterable[str], cause: str) -> None:
    """Have what is approved looked at again; what waits already is not asked for twice."""
    for server_id in sorted(server_ids):
        queue_probe(server=load_server(server_id), cause=cause, engine=engine)


def put_incident(*, engine: Engine, server_id: str, kind: str, name: str, what: str, action: str) -> None:
    server = load_server(server_id) if server_id else None
    report_incident(engine=engine, kind=kind, name=name, what=what, action=action, server=server)
