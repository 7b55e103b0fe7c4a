"""An entry of another tool, as its import shows it: what was read, what was not, and which server is meant.

Values of secrets stay out of every page: of them the names alone come along.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from configs.formats.limits import FormatError
from configs.pages.imports import FateGroup, group_findings
from events.errors import Invalid
from events.text import is_storable, make_visible
from mcp_servers.content import ContentError, McpServerContent
from mcp_servers.formats.entries import FORMATS, read_entry

MAX_BYTES = 512 * 1024
MAX_CATALOG = 300
MAX_SERVERS = 50


@dataclass(frozen=True, slots=True)
class ImportedLine:
    """One server of the entry. `carried` is its content, which holds no secret, for the next press."""

    content: McpServerContent
    carried: str
    secret_names: list[str]


@dataclass(frozen=True, slots=True)
class Imported:
    """`chosen` is the server that the form is filled with, None while several could be meant."""

    catalog: str
    groups: list[FateGroup]
    lines: list[ImportedLine]
    chosen: ImportedLine | None


def read_import(request: HttpRequest) -> Imported:
    """A pasted text, a chosen file, or one server out of what was read before. Raises Invalid."""
    catalog = request.POST.get("catalog", "")[:MAX_CATALOG]
    if carried := request.POST.get("carried", ""):
        line = build_line(read_carried(carried))
        return Imported(catalog if is_storable(catalog) else "", [], [line], line)
    text, name = read_text(request)
    try:
        entry = read_entry(text, format=request.POST.get("format", ""))
    except (FormatError, ContentError) as error:
        raise Invalid(make_visible(str(error)), field="text") from error
    if not entry.servers:
        raise Invalid("There is no MCP server in it.", field="text")
    lines = [build_line(server.content) for server in entry.servers[:MAX_SERVERS]]
    label = str(FORMATS[entry.format]) if entry.format in FORMATS else entry.format
    catalog = f"{label}: {make_visible(name)}" if name else label
    chosen = lines[0] if len(lines) == 1 else None
    return Imported(catalog[:MAX_CATALOG], group_findings(entry.findings), lines, chosen)


def read_text(request: HttpRequest) -> tuple[str, str]:
    """The text, and the name of the file that it came in."""
    file: Any = request.FILES.get("file")
    if file is None:
        text = request.POST.get("text", "")
        if not text.strip():
            raise Invalid("Paste an entry, or choose a file.", field="text")
        return text, ""
    if file.size > MAX_BYTES:
        raise Invalid(f"At most {MAX_BYTES // 1024} KB.", field="file")
    try:
        return file.read().decode("utf-8-sig"), file.name or ""
    except UnicodeDecodeError:
        raise Invalid("This file is no text.", field="file") from None


def build_line(content: McpServerContent) -> ImportedLine:
    carried = base64.b64encode(json.dumps(content.write()).encode()).decode()
    return ImportedLine(content, carried, [name for _, name in content.secret_names])


def read_carried(text: str) -> McpServerContent:
    try:
        return McpServerContent.read(json.loads(base64.b64decode(text, validate=True)))
    except (binascii.Error, ValueError):
        # A ContentError is a ValueError, too.
        raise Invalid("This form was changed on the way.", field="carried") from None
