"""Characters in a request that a reader is not shown, or shown as another."""

from __future__ import annotations

from collections.abc import Iterator

from events.text import list_deceptions
from mcp_servers.checks.literal_secrets import iterate_values
from mcp_servers.checks.results import HIGH, CheckResult, finding, passed
from mcp_servers.content import EnvironmentVariable, Header, McpServerContent

NAME = "characters"


def check_texts(content: McpServerContent) -> CheckResult:
    found = {
        where: sorted(codes) for where, text in iterate_shown(content) if (codes := list_deceptions(text))
    }
    if found:
        return finding(
            NAME, HIGH, f"Characters that can't be seen or fool the eye stand in {', '.join(found)}.", **found
        )
    return passed(NAME, "Every character can be seen.")


def iterate_shown(content: McpServerContent) -> Iterator[tuple[str, str]]:
    yield from iterate_values(content)
    yield from (("title", content.title), ("publisher", content.publisher))
    declared: tuple[EnvironmentVariable | Header, ...] = (*content.environment, *content.headers)
    yield from ((f"about {part.name}", part.description) for part in declared)
