"""What an engine says of its MCP servers in one folder, and switching one of them off there.

Each folder has servers of its own processes. `disconnect` ends the process and shows the server as disabled
until the folder is read anew; a server that was added at run time is gone then. Observed on OpenCode 1.18.33.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from relay.opencode.calls import Call
from relay.opencode.client import OpenCodeClient
from relay.opencode.decoding import decode_json, read_object, read_optional_text, require_object
from relay.opencode.errors import EngineUnknown

CONNECTED = "connected"
DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class McpState:
    """`status` is the engine's word: connected, disabled, failed, needs_auth, needs_client_registration."""

    status: str
    error: str = ""

    @property
    def is_off(self) -> bool:
        return self.status == DISABLED


async def list_mcp_states(client: OpenCodeClient, directory: str) -> dict[str, McpState]:
    """Server's name → how it stands in this folder. Raises EngineError."""
    status, body = await client.connection.send(Call("GET", "/mcp", directory))
    if status != HTTPStatus.OK:
        raise EngineUnknown(f"The engine answered {status} to GET /mcp.", status=status)
    answer = require_object(decode_json(body), "MCP server list")
    return {name: read_state(read_object(answer, name)) for name in answer}


def read_state(raw: dict[str, object]) -> McpState:
    return McpState(read_optional_text(raw, "status"), read_optional_text(raw, "error"))


async def disconnect_mcp(client: OpenCodeClient, directory: str, name: str) -> bool:
    """End a server's process in this folder; True when the engine says that it did. Raises EngineError."""
    return await tell(client, directory, name, "disconnect")


async def connect_mcp(client: OpenCodeClient, directory: str, name: str) -> bool:
    """Start one again that is disabled there. Raises EngineError."""
    return await tell(client, directory, name, "connect")


async def tell(client: OpenCodeClient, directory: str, name: str, word: str) -> bool:
    if name in {"", ".", ".."}:
        return False
    call = Call("POST", f"/mcp/{quote(name, safe='')}/{word}", directory)
    status, body = await client.connection.send(call)
    return status == HTTPStatus.OK and body.strip() == b"true"
