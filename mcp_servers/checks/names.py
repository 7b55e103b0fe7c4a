"""Names that look like other names: of approved servers, of their packages, of the engine's own tools."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mcp_servers.checks.known_names import KnownNames
from mcp_servers.checks.results import BLOCKING, HIGH, CheckResult, finding, passed
from mcp_servers.content import McpServerContent

NAME = "names"
# What the eye takes for one another, to the one that stands for all of them.
_ALIKE = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"))
# One slip is enough for short names, two for longer ones.
LONG_NAME = 8


def check_names(content: McpServerContent, known: KnownNames) -> CheckResult:
    clash = find_tool_clash(content.name, known.tools)
    if clash:
        return finding(
            NAME,
            BLOCKING,
            f"The name collides with the engine's own tool {clash}; choose another.",
            tool=clash,
        )
    names = find_look_alikes(content.name, known.approved)
    packages = find_look_alikes(content.package.identifier, known.packages) if content.package else []
    if names or packages:
        return finding(
            NAME,
            HIGH,
            f"It looks like what is approved: {', '.join([*names, *packages])}. Is it what was meant?",
            names=names,
            packages=packages,
        )
    return passed(NAME, "No approved name, package or built-in tool looks like it.")


def find_tool_clash(name: str, tools: Iterable[str]) -> str:
    """The built-in tool that this is the name of, or that reads like a tool of this server; "" for none."""
    plain = name.replace("-", "_")
    return next((tool for tool in sorted(tools) if tool == plain or tool.startswith(f"{plain}_")), "")


def find_look_alikes(name: str, others: Iterable[str]) -> list[str]:
    """Those of `others` that are not this name and could be taken for it."""
    return [other for other in sorted(others) if other != name and looks_like(name, other)]


def looks_like(one: str, other: str) -> bool:
    first, second = simplify(one), simplify(other)
    if first == second:
        return True
    allowed = 2 if min(len(first), len(second)) >= LONG_NAME else 1
    # Of very short names nearly all are one slip apart.
    return min(len(first), len(second)) > 3 and count_slips(first, second, allowed) <= allowed


def simplify(name: str) -> str:
    """Without what the eye passes over: case, separators, and which of two like characters it is."""
    plain = re.sub(r"[-_.]", "", name.lower())
    for found, kept in _ALIKE:
        plain = plain.replace(found, kept)
    return plain


def count_slips(one: str, other: str, most: int) -> int:
    """Letters added, left out, changed or swapped with their neighbour; `most` + 1 for any more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for position, letter in enumerate(one, start=1):
        older, before, row = before, row, [position]
        for column, counterpart in enumerate(other, start=1):
            cost = min(before[column] + 1, row[-1] + 1, before[column - 1] + (letter != counterpart))
            if is_swapped(one, other, position, column):
                cost = min(cost, older[column - 2] + 1)
            row.append(cost)
    return min(row[-1], most + 1)


def is_swapped(one: str, other: str, position: int, column: int) -> bool:
    return (
        position > 1
        and column > 1
        and one[position - 1] == other[column - 2]
        and one[position - 2] == other[column - 1]
    )
