"""MCP servers that a file brings along: each one has to be asked for by itself; none is taken over."""

from __future__ import annotations

from typing import Any

from configs.formats.drafts import Report, join_names, show_text
from configs.formats.limits import FormatError
from configs.formats.secrets import remove_secrets


def report_servers(servers: Any, key: str, report: Report) -> None:
    """`servers` is a map of names to settings, or a list of names or such maps."""
    if servers is None:
        return
    for name, settings in list_servers(servers, key):
        where = f"{key}.{name}"
        report.request(where, f"An MCP server ({describe_server(settings)}); it needs a request of its own.")
        found: list[str] = []
        remove_secrets(settings, found)
        if found:
            report.warn(where, f"It holds literal secrets ({join_names(found)}); not kept.")


def list_servers(servers: Any, key: str) -> list[tuple[str, Any]]:
    if isinstance(servers, dict):
        return list(servers.items())
    if isinstance(servers, list):
        named: list[tuple[str, Any]] = [(item, {}) for item in servers if isinstance(item, str)]
        return named + [pair for item in servers if isinstance(item, dict) for pair in item.items()]
    raise FormatError(f"{key}: this is a map of MCP servers.")


def describe_server(settings: Any) -> str:
    """What it starts or reaches, in a few masked words."""
    if not isinstance(settings, dict):
        return "known elsewhere"
    command = settings.get("command")
    words = command if isinstance(command, list) else [command] if command else []
    if words:
        return show_text(f"runs {words[0]}", 80)
    if settings.get("url"):
        return show_text(f"at {str(settings['url']).partition('?')[0]}", 80)
    return "known elsewhere"
