"""What is judged: one tool call, whatever its verb. Plain values, as they were asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

BASH, FETCH, TASK, REPEATED = "bash", "webfetch", "task", "doom_loop"
WRITING_VERBS = frozenset({"edit", "write"})
# These look through everything below the folder they are given.
SEARCHING_VERBS = frozenset({"list", "glob", "grep"})
PATH_VERBS = WRITING_VERBS | SEARCHING_VERBS | {"read", "external_directory"}
# Verbs of the engine itself that look like a server's tool.
NO_TOOLS = frozenset({"plan_enter", "plan_exit", REPEATED, "external_directory"})


@dataclass(frozen=True, slots=True)
class Call:
    """permission: the engine's verb, or `server_tool` for a tool of an MCP server.

    paths may be relative to `directory`, the absolute project folder; for external_directory they are the
    engine's patterns (`/etc/*`), for glob they may hold wildcards. arguments: an MCP tool's, None when they
    are not known.
    """

    permission: str
    command: str = ""
    paths: tuple[str, ...] = ()
    url: str = ""
    subagent: str = ""
    arguments: Mapping[str, object] | None = None
    directory: str = ""

    @property
    def is_tool(self) -> bool:
        """Whether its verb can be a tool of an MCP server: `server_tool`."""
        server, underline, tool = self.permission.partition("_")
        return bool(server and underline and tool) and self.permission not in NO_TOOLS
