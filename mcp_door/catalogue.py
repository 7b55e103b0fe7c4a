"""Every tool there is. None of them decides, votes, approves, seals or answers for people."""

from __future__ import annotations

from accounts.principal import Principal
from mcp_door.permission_tools import PERMISSION_TOOLS
from mcp_door.procedure_tools import PROCEDURE_TOOLS
from mcp_door.question_tools import QUESTION_TOOLS
from mcp_door.server_tools import SERVER_TOOLS
from mcp_door.tools import Tool

TOOLS: tuple[Tool, ...] = (*PERMISSION_TOOLS, *SERVER_TOOLS, *PROCEDURE_TOOLS, *QUESTION_TOOLS)
BY_NAME: dict[str, Tool] = {tool.name: tool for tool in TOOLS}


def list_usable(principal: Principal) -> list[Tool]:
    """Those that the caller's token has a scope for."""
    return [tool for tool in TOOLS if any(principal.has_scope(scope) for scope in tool.scopes)]
