"""What the log says of MCP servers: names, states, numbers and hashes, never content or a secret."""

from __future__ import annotations

from typing import Any

from events.actors import Actor, ActorKind, Door
from events.changes import Change
from mcp_servers.models import McpIncident, McpRequest, McpServer

WORKER_ACTOR = Actor(ActorKind.SYSTEM, "mcp-worker", Door.TASK, "Countersign MCP worker")


def describe_request(request: McpRequest) -> dict[str, Any]:
    """For the audit chain."""
    return {
        "server": request.server_id,
        "team": request.server.team_id,
        "name": request.server.name,
        "number": request.number,
        "content_hash": request.content_hash,
        "state": request.state,
    }


def announce_server(change: Change, server: McpServer, kind: str, **more: Any) -> None:
    """Tell its team; `more`: further state words."""
    words = {"name": server.name, "state": server.state, **more}
    change.event(
        f"mcp_server.{kind}", server.subject, topic="mcp", audience=server.team.audience, words=words
    )


def announce_mcp_request(change: Change, request: McpRequest, kind: str, **more: Any) -> None:
    """About its server, which pages follow."""
    announce_server(
        change,
        request.server,
        kind,
        request=request.pk,
        number=request.number,
        request_state=request.state,
        **more,
    )


def announce_incident(change: Change, incident: McpIncident) -> None:
    words = {
        "kind": incident.kind,
        "name": incident.name[:80],
        "engine": incident.engine_id,
        "state": incident.state,
        "times": incident.times,
    }
    audience = incident.team.audience
    change.event("mcp.incident", incident.subject, topic="mcp", audience=audience, words=words)
