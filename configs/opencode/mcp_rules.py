"""Rules that leave agents exactly the tools of MCP servers that are switched on.

The engine calls a server's tool NAME_tool and allows it like any other. So behind all other rules comes one
that denies everything of the server, and behind that, for each tool that is switched on, what the other
rules say about it. A tool that nobody approved (added, renamed) meets the denial alone, and the engine does
not even offer it to the model. Observed on OpenCode 1.18.33.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from configs.content import ToolRule
from configs.opencode.globs import overlap
from configs.opencode_rules import matches

# {server's name: its tools that are switched on, by the server's own names}
McpTools: TypeAlias = Mapping[str, Sequence[str]]

NO_TOOLS: McpTools = MappingProxyType({})
ASK = "ask"
# The engine's own permissions that a server's denial could swallow.
BUILT_IN_PERMISSIONS = ("apply_patch", "doom_loop", "external_directory", "plan_enter", "plan_exit")
_OTHER = re.compile(r"[^a-zA-Z0-9_-]")


def name_permission(server: str, tool: str) -> str:
    """What the engine calls a tool, for the model and in its rules."""
    return f"{_OTHER.sub('_', server)}_{_OTHER.sub('_', tool)}"


def name_all(server: str) -> str:
    """The permission that matches every tool of a server."""
    return f"{_OTHER.sub('_', server)}_*"


def list_swallowed(server: str) -> list[str]:
    """Permissions of the engine itself that look like a tool of this server."""
    return [name for name in BUILT_IN_PERMISSIONS if matches(name_all(server), name)]


def restrict_globally(rules: Sequence[ToolRule], tools: McpTools) -> tuple[ToolRule, ...]:
    """The rules for every agent with the servers' behind them."""
    return (*rules, *list_restrictions(rules, tools))


def restrict_agent(
    general: Sequence[ToolRule], own: Sequence[ToolRule], tools: McpTools
) -> tuple[ToolRule, ...]:
    """An agent's own rules, which come behind the general ones, with the servers' behind them.

    Servers that none of its own rules is about stay as the general rules left them.
    """
    touched = {
        server: names
        for server, names in tools.items()
        if any(overlap(rule.permission, name_all(server)) for rule in own)
    }
    return (*own, *list_restrictions([*general, *own], touched))


def list_restrictions(rules: Sequence[ToolRule], tools: McpTools) -> list[ToolRule]:
    found = []
    for server in sorted(tools):
        found.append(ToolRule(name_all(server), "*", "deny"))
        permissions = sorted({name_permission(server, tool) for tool in tools[server]})
        for permission in permissions:
            found += list_verdicts(rules, permission)
    return found


def list_verdicts(rules: Iterable[ToolRule], permission: str) -> list[ToolRule]:
    """What these rules say about one permission, as rules of its name; asked where they say nothing."""
    said = [
        ToolRule(permission, rule.pattern, rule.action)
        for rule in rules
        if matches(rule.permission, permission)
    ]
    # What stands before one for all patterns decides nothing.
    last = max((index for index, rule in enumerate(said) if rule.pattern == "*"), default=None)
    return [ToolRule(permission, "*", ASK), *said] if last is None else said[last:]
