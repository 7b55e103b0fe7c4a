"""Asking for a server: the same for the API and for the agents' own door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accounts.models import Team
from accounts.principal import Principal
from configs.formats.drafts import Finding
from configs.formats.limits import FormatError
from events.changes import changes
from events.errors import Invalid
from mcp_servers.content import ContentError, McpServerContent
from mcp_servers.domain.requests import request_server
from mcp_servers.enums import RequestSource
from mcp_servers.formats.entries import read_entry
from mcp_servers.formats.imported import ImportedServer
from mcp_servers.models import McpRequest

MAX_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Imported:
    """Of a file in somebody else's format: what was made of it, and what was left out or changed."""

    format: str
    servers: tuple[ImportedServer, ...]
    findings: tuple[Finding, ...]


def ask_for_server(
    *, principal: Principal, team: Team, wish: dict[str, Any], again: bool = False
) -> McpRequest:
    """`wish` is what `WishSerializer` let through. Raises as `request_server` does."""
    return request_server(
        principal=principal,
        team=team,
        content=read_content(wish["content"]),
        secrets=wish["secrets"],
        reason=wish["reason"],
        valid_days=wish["valid_days"],
        source=RequestSource.API,
        again=again,
    )


def read_import(text: str, *, format_name: str, names: Sequence[str]) -> Imported:
    """`names`: the servers that are wanted, empty for all. Raises Invalid."""
    try:
        entry = read_entry(text, format=format_name)
    except FormatError as error:
        raise Invalid(str(error), field="text", code="unreadable") from error
    known = {server.content.name for server in entry.servers}
    if missing := sorted(set(names) - known):
        raise Invalid(f"names: the file has no server {missing[0]}.", field="names")
    wanted = [server for server in entry.servers if not names or server.content.name in names]
    if len(wanted) > MAX_AT_ONCE:
        sentence = f"names: name at most {MAX_AT_ONCE} of its {len(wanted)} servers."
        raise Invalid(sentence, field="names")
    return Imported(entry.format, tuple(wanted), tuple(entry.findings))


def ask_for_imported(
    *, principal: Principal, team: Team, imported: Imported, reason: str, catalog: str
) -> list[McpRequest]:
    """All of them, or none. Raises as `request_server` does."""
    with changes(principal.actor):
        return [
            request_server(
                principal=principal,
                team=team,
                content=server.content,
                secrets=server.secrets,
                reason=reason,
                source=RequestSource.IMPORT,
                catalog=catalog or imported.format,
            )
            for server in imported.servers
        ]


def read_content(raw: dict[str, Any]) -> McpServerContent:
    """Raises Invalid that names the field as it stands in the body: `content.environment[0].name`."""
    try:
        return McpServerContent.read(raw)
    except ContentError as error:
        path = spell_path(error.field)
        raise Invalid(f"{path}: {error.sentence}", field=path) from error


def spell_path(path: str) -> str:
    if not path or path == "content":
        return "content"
    steps = [f"[{step}]" if step.isdecimal() else f".{step}" for step in path.split(".")]
    return "content" + "".join(steps)
