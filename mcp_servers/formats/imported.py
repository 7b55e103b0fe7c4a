"""What a file says of MCP servers, and what a file of ours says of one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from configs.formats.drafts import Finding, Report
from configs.formats.limits import FormatError
from configs.formats.sources import ExportedFile
from events.text import make_visible
from mcp_servers.content import NAME, ContentError, McpServerContent

_UNSAFE_RUN = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, repr=False)
class ImportedServer:
    """`secrets` are values that stood in the file, by the name of their variable or header."""

    content: McpServerContent
    secrets: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"ImportedServer({self.content.name}, secrets of {sorted(self.secrets)})"


@dataclass(frozen=True, slots=True)
class ImportedEntry:
    """Every server that could be read, each to be asked for by itself; a finding's `draft` is its name."""

    format: str
    servers: tuple[ImportedServer, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class WrittenEntry:
    """Files, and what of the content they can't say."""

    files: tuple[ExportedFile, ...]
    findings: tuple[Finding, ...]


def make_server(fields: Mapping[str, Any], secrets: Mapping[str, str]) -> ImportedServer:
    """Raises FormatError with the field that can't be kept."""
    try:
        content = McpServerContent.read(fields)
    except ContentError as error:
        raise FormatError(str(error)) from None
    known = {name for _, name in content.secret_names}
    return ImportedServer(content, {name: value for name, value in secrets.items() if name in known})


def read_name(name: object, report: Report, key: str) -> str:
    """`name` as tools are called by; a change is reported. Raises FormatError for a path, or for none."""
    if not isinstance(name, str) or not name.strip():
        raise FormatError(f"{key}: a name has to stand here.")
    if "/" in name or "\\" in name or ".." in name:
        raise FormatError(f"{key}: {make_visible(name)[:80]!r} is a path, not a name.")
    if NAME.fullmatch(name):
        report.map(key, "name", name)
        return name
    safe = _UNSAFE_RUN.sub("-", name.lower()).strip("-0123456789")[:40].rstrip("-")
    if not safe:
        raise FormatError(f"{key}: {make_visible(name)[:80]!r} leaves nothing to make a name of.")
    report.warn(key, "Names hold a-z, 0-9 and - alone; this one was changed.", "name", f"{name} → {safe}")
    return safe


def require_map(value: Any, key: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FormatError(f"{key}: this is a map.")
    return value


def require_text(value: Any, key: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise FormatError(f"{key}: this is a text.")
    return value


def require_texts(value: Any, key: str) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise FormatError(f"{key}: this is a list of texts.")
    return value


def drop_unknown(raw: Mapping[str, Any], known: frozenset[str], where: str, report: Report) -> None:
    for key, value in raw.items():
        if key not in known:
            report.drop(f"{where}.{key}", "There is no place for it here.", value)
