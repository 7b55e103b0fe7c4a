"""The map `mcp` of the engine's configuration (OpenCode 1.18.33): one entry for each server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from configs.formats.drafts import Report
from configs.formats.limits import FormatError
from configs.formats.sources import ExportedFile
from configs.opencode.config_json import EnvironmentReference, write_config
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
from mcp_servers.formats.values import read_pairs, report_unsaid, write_pairs

NAME = "opencode"
LABEL = "OpenCode configuration"
SCHEMA = "https://opencode.ai/config.json"

_KNOWN = {
    "local": frozenset({"type", "command", "cwd", "environment", "enabled", "timeout"}),
    "remote": frozenset({"type", "url", "headers", "oauth", "enabled", "timeout"}),
}
_UNSAID = (
    "title",
    "description",
    "config_schema",
    "repository",
    "website",
    "publisher",
    "client_capabilities",
)


def list_entries(raw: dict[str, Any]) -> dict[str, Any]:
    return require_map(raw.get("mcp", raw), "mcp")


def read_server(name: str, raw: Any, report: Report) -> ImportedServer:
    """Raises FormatError."""
    entry = require_map(raw, f"mcp.{name}")
    where, kind = f"mcp.{name}", entry.get("type")
    if kind not in _KNOWN:
        raise FormatError(f"{where}.type: this is local or remote.")
    secrets: dict[str, str] = {}
    fields: dict[str, Any] = {"name": read_name(name, report, where)}
    if kind == "local":
        words = require_texts(entry.get("command"), f"{where}.command")
        command = read_command(words, f"{where}.command", report)
        passed_on = command.pop("passed_on", {})
        declared = read_pairs(entry.get("environment"), f"{where}.environment", report, secrets)
        fields |= {
            **command,
            "environment": add_passed_on(declared, passed_on, f"{where}.command", report, secrets),
            "working_directory": require_text(entry.get("cwd"), f"{where}.cwd"),
        }
    else:
        fields |= {
            "transport": "streamable-http",
            "url": require_text(entry.get("url"), f"{where}.url"),
            "headers": read_pairs(entry.get("headers"), f"{where}.headers", report, secrets, is_header=True),
        }
    if entry.get("oauth"):
        report.warn(f"{where}.oauth", "A login of the engine's own; declare a header as secret instead.")
    if entry.get("enabled") is False:
        report.drop(f"{where}.enabled", "Whether it is switched on follows from its approval.")
    drop_unknown(entry, _KNOWN[kind], where, report)
    return make_server({**fields, "timeout_ms": entry.get("timeout")}, secrets)


def write_entry(content: McpServerContent, argv: Sequence[str], report: Report) -> dict[str, Any]:
    """One entry; references to secrets stand for themselves (see `config_json.write_config`)."""
    for name in _UNSAID:
        if getattr(content, name):
            report.drop(name, "The engine's configuration has no place for it.")
    return {key: value for key, value in write_fields(content, argv, report) if value not in (None, {}, "")}


def write_fields(content: McpServerContent, argv: Sequence[str], report: Report) -> Iterator[tuple[str, Any]]:
    if content.is_remote:
        if content.transport == "sse":
            report.drop("transport", "The engine finds out by itself how a remote server is spoken with.")
        report_unsaid(content.headers, "headers", report)
        yield from (("type", "remote"), ("url", content.url))
        yield "headers", write_pairs(content.headers, content.name, EnvironmentReference)
    else:
        report_unsaid(content.environment, "environment", report)
        yield from (("type", "local"), ("command", write_command(content, argv)))
        yield from (("cwd", content.working_directory),)
        yield "environment", write_pairs(content.environment, content.name, EnvironmentReference)
    yield from (("enabled", True), ("timeout", content.timeout_ms))


def write(
    content: McpServerContent, argv: Sequence[str], _tools: Sequence[str], report: Report
) -> tuple[ExportedFile, ...]:
    config = {"$schema": SCHEMA, "mcp": {content.name: write_entry(content, argv, report)}}
    return (ExportedFile(f"{content.name}.opencode.json", write_config(config)),)
