"""The map `mcpServers`, as Claude Code and profiles of CAO have it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from configs.formats.drafts import Report
from configs.formats.limits import FormatError
from configs.formats.plain_json import write_json
from configs.formats.sources import ExportedFile
from mcp_servers.content import McpServerContent
from mcp_servers.formats.commands import add_passed_on, read_command, write_command
from mcp_servers.formats.imported import (
    ImportedServer,
    drop_unknown,
    make_server,
    read_name,
    require_map,
    require_text,
    require_texts,
)
from mcp_servers.formats.values import read_pairs, refuse_filled_in, report_unsaid, write_pairs

NAME = "claude"
LABEL = "Claude or CAO mcpServers"

_KNOWN = frozenset({"type", "command", "args", "env", "url", "headers", "cwd", "timeout"})
_TRANSPORTS = {"http": "streamable-http", "streamable-http": "streamable-http", "sse": "sse"}
# `${NAME}` and `${NAME:-default}` are filled in by the reading program; nothing writes them as text.
_SIGNS = re.compile(r"\$\{[A-Za-z_]")
_UNSAID = (
    *("title", "description", "config_schema", "repository", "website", "publisher"),
    *("client_capabilities", "timeout_ms"),
)


def list_entries(raw: dict[str, Any]) -> dict[str, Any]:
    return require_map(raw.get("mcpServers", raw.get("servers", raw)), "mcpServers")


def read_server(name: str, raw: Any, report: Report) -> ImportedServer:
    """Raises FormatError."""
    where = f"mcpServers.{name}"
    entry = require_map(raw, where)
    secrets: dict[str, str] = {}
    fields: dict[str, Any] = {"name": read_name(name, report, where)}
    kind = require_text(entry.get("type"), f"{where}.type") or ("http" if entry.get("url") else "stdio")
    if kind == "stdio":
        words = [
            require_text(entry.get("command"), f"{where}.command"),
            *require_texts(entry.get("args"), f"{where}.args"),
        ]
        command = read_command(words, f"{where}.command", report)
        passed_on = command.pop("passed_on", {})
        declared = read_pairs(entry.get("env"), f"{where}.env", report, secrets)
        fields |= {
            **command,
            "environment": add_passed_on(declared, passed_on, f"{where}.args", report, secrets),
            "working_directory": require_text(entry.get("cwd"), f"{where}.cwd"),
        }
    elif kind in _TRANSPORTS:
        fields |= {
            "transport": _TRANSPORTS[kind],
            "url": require_text(entry.get("url"), f"{where}.url"),
            "headers": read_pairs(entry.get("headers"), f"{where}.headers", report, secrets, is_header=True),
        }
    else:
        raise FormatError(f"{where}.type: this is stdio, http or sse.")
    if entry.get("timeout") is not None:
        report.drop(f"{where}.timeout", "Programs disagree on its unit; set it anew.", entry["timeout"])
    drop_unknown(entry, _KNOWN, where, report)
    return make_server(fields, secrets)


def write_entry(content: McpServerContent, argv: Sequence[str], report: Report) -> dict[str, Any]:
    """Raises FormatError for a text that the reading program would change."""
    for name in _UNSAID:
        if getattr(content, name):
            report.drop(name, "mcpServers has no place for it.")
    if content.is_remote:
        report_unsaid(content.headers, "headers", report)
        headers = {header.name: header.value for header in content.headers}
        refuse_filled_in({"url": content.url, **headers}, _SIGNS)
        written: dict[str, Any] = {
            "type": "sse" if content.transport == "sse" else "http",
            "url": content.url,
            "headers": write_pairs(content.headers, content.name, write_reference),
        }
    else:
        report_unsaid(content.environment, "env", report)
        words = write_command(content, argv)
        variables = {variable.name: variable.value for variable in content.environment}
        refuse_filled_in({**dict(enumerate_words(words)), **variables}, _SIGNS)
        written = {
            "type": "stdio",
            "command": words[0],
            "args": words[1:],
            "env": write_pairs(content.environment, content.name, write_reference),
            "cwd": content.working_directory,
        }
    return {key: value for key, value in written.items() if value not in ("", {}) or key == "args"}


def enumerate_words(words: Sequence[str]) -> list[tuple[str, str]]:
    return [(f"word {position}", word) for position, word in enumerate(words, start=1)]


def write_reference(name: str) -> str:
    return f"${{{name}}}"


def write(
    content: McpServerContent, argv: Sequence[str], _tools: Sequence[str], report: Report
) -> tuple[ExportedFile, ...]:
    servers = {"mcpServers": {content.name: write_entry(content, argv, report)}}
    return (ExportedFile(f"{content.name}.mcp.json", write_json(servers)),)
