"""Everything that can be said of a request from its content alone, before anything is fetched or started."""

from __future__ import annotations

from mcp_servers.checks.addresses import check_remote
from mcp_servers.checks.exposure import check_environment, check_paths, check_references
from mcp_servers.checks.known_names import KnownNames
from mcp_servers.checks.launcher import check_launcher
from mcp_servers.checks.literal_secrets import check_secrets
from mcp_servers.checks.names import check_names
from mcp_servers.checks.pinned import check_pinned
from mcp_servers.checks.results import CheckResult
from mcp_servers.checks.schemas import check_schema
from mcp_servers.checks.texts import check_texts
from mcp_servers.content import McpServerContent


def run_static_checks(content: McpServerContent, *, known: KnownNames) -> tuple[CheckResult, ...]:
    """Each check's result, always all of them and in the same order. Pure and quick."""
    return (
        check_schema(content),
        check_pinned(content),
        check_launcher(content, known),
        check_names(content, known),
        check_secrets(content),
        check_environment(content),
        check_references(content),
        check_paths(content),
        check_texts(content),
        check_remote(content),
    )
