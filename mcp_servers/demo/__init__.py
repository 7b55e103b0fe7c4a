"""One MCP server that an agent asks for in the demo; it needs no network, and waits for a person."""

from __future__ import annotations

import sys
from pathlib import Path

from accounts.models import Team
from accounts.principal import Principal
from mcp_servers.content import McpServerContent
from mcp_servers.domain.requests import request_server
from mcp_servers.enums import RequestSource
from mcp_servers.models import McpRequest

SCRIPT = Path(__file__).with_name("greeting_server.py")


def build_content() -> McpServerContent:
    return McpServerContent(
        name="greetings",
        title="Greetings",
        description="Greets people in several languages.",
        program=sys.executable,
        arguments=(str(SCRIPT.absolute()),),
    )


def seed_request(agent: Principal, team: Team) -> McpRequest:
    """`agent` holds a token that may ask for MCP servers."""
    reason = "People of other countries run the greeting program, and I only know English."
    return request_server(
        principal=agent, team=team, content=build_content(), reason=reason, source=RequestSource.API
    )
