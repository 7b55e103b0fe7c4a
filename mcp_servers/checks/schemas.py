"""Whether the content keeps to its own form."""

from __future__ import annotations

from mcp_servers.checks.results import BLOCKING, CheckResult, finding, passed
from mcp_servers.content import ContentError, McpServerContent

NAME = "schema"


def check_schema(content: McpServerContent) -> CheckResult:
    try:
        is_same = McpServerContent.read(content.write()) == content
    except ContentError as error:
        return finding(NAME, BLOCKING, f"{error.field}: {error.sentence}", field=error.field)
    if not is_same:
        return finding(NAME, BLOCKING, "It reads back as something else than it says.")
    return passed(NAME, "Every field has the form that it has to have.")
