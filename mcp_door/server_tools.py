"""Asking for MCP servers, and seeing which ones people approved."""

from __future__ import annotations

from django.utils import timezone

from accounts.api.serializers import WriteSerializer
from accounts.enums import Scope
from accounts.principal import Principal
from mcp_door.callers import find_team
from mcp_door.tools import Arguments, Shown, Tool, key_field, team_field
from mcp_servers.api.content_serializers import WishSerializer
from mcp_servers.api.wishes import ask_for_server
from mcp_servers.enums import RequestState
from mcp_servers.models import McpRequest
from mcp_servers.queries import EnabledServer, list_requests, load_enabled

MAX_OWN_REQUESTS = 50
NEXT_STEPS: dict[str, str] = {
    RequestState.REQUESTED: "It will be checked; then people decide. list_mcp_servers shows how it stands.",
    RequestState.CHECKING: "It is being checked; then people decide. list_mcp_servers shows how it stands.",
    RequestState.NEEDS_REVIEW: "People decide. list_mcp_servers shows how it stands.",
    RequestState.TRIAL: "It is visited on trial; then people decide. list_mcp_servers shows how it stands.",
    RequestState.APPROVED: "It is approved: engines run it from their next release on.",
}
NO = "It is not approved: do without it."


class ServerWishSerializer(WishSerializer):
    """What the API takes, and the key that is a header there."""

    team = team_field()
    idempotency_key = key_field()


class ServerListSerializer(WriteSerializer):
    team = team_field()


def show_request(request: McpRequest) -> Shown:
    return {
        "id": request.pk,
        "name": request.server.name,
        "state": request.state,
        "problem": request.problem,
        "created_at": request.created_at,
        "next": NEXT_STEPS.get(request.state, NO),
    }


def show_enabled(enabled: EnabledServer) -> Shown:
    return {
        "name": enabled.server.name,
        "title": enabled.content.title,
        "description": enabled.content.description,
        "transport": enabled.content.transport,
        "tools": list(enabled.tools),
        "approved_at": enabled.approval.approved_at,
        "expires_at": enabled.approval.expires_at,
    }


def request_mcp_server(principal: Principal, values: Arguments) -> Shown:
    team = find_team(principal, values.pop("team", None))
    return show_request(ask_for_server(principal=principal, team=team, wish=values))


def list_mcp_servers(principal: Principal, values: Arguments) -> Shown:
    team = find_team(principal, values.get("team"))
    own = list_requests(principal).filter(server__team=team, requested_by_id=principal.user.pk)
    return {
        "servers": [show_enabled(enabled) for enabled in load_enabled(team, now=timezone.now())],
        "my_requests": [show_request(request) for request in own[:MAX_OWN_REQUESTS]],
    }


REQUEST_MCP_SERVER = Tool(
    name="request_mcp_server",
    title="Ask for an MCP server",
    description=(
        "Ask that the team's engines may run one more MCP server, exactly as described: a package at an "
        "exact version, or a remote address. It is checked and started in a sandbox; then people decide. "
        "Asking again for the same answers how it stands. Values of secrets go into `secrets`, nowhere else."
    ),
    arguments=ServerWishSerializer,
    scopes=(Scope.MCP_REQUEST,),
    act=request_mcp_server,
)
LIST_MCP_SERVERS = Tool(
    name="list_mcp_servers",
    title="List approved MCP servers",
    description=(
        "The MCP servers that people approved for the team, with the tools that agents may use "
        "(`*`: all of them), and how this account's own requests for servers stand."
    ),
    arguments=ServerListSerializer,
    scopes=(Scope.MCP_READ,),
    act=list_mcp_servers,
    is_reading=True,
)

SERVER_TOOLS = (REQUEST_MCP_SERVER, LIST_MCP_SERVERS)
