"""The formats of MCP servers that are read and written, and which of them a text is in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from configs.formats.drafts import Report
from configs.formats.front_matter import has_front_matter, read_front_matter
from configs.formats.limits import MAX_FILE_BYTES, FormatError
from configs.formats.plain_json import read_json
from configs.formats.plain_yaml import read_yaml
from configs.formats.sources import ExportedFile
from configs.formats.values import check_text
from mcp_servers.content import McpServerContent
from mcp_servers.formats import claude_entries, docker_catalogue, opencode_entries, registry_json
from mcp_servers.formats.imported import ImportedEntry, ImportedServer, WrittenEntry

MAX_SERVERS = 200


def read_one(
    read: Callable[[str, Any, Report], ImportedServer],
) -> Callable[[str, Any, Report], Iterator[ImportedServer]]:
    """For formats in which an entry is one server."""

    def read_all(name: str, raw: Any, report: Report) -> Iterator[ImportedServer]:
        yield read(name, raw, report)

    return read_all


@dataclass(frozen=True, slots=True)
class Format:
    """`list_entries(document)`, `read(name, entry, report)` and `write(content, argv, tools, report)`."""

    label: str
    list_entries: Callable[[dict[str, Any]], dict[str, Any]]
    read: Callable[[str, Any, Report], Iterator[ImportedServer]]
    write: Callable[[McpServerContent, Sequence[str], Sequence[str], Report], tuple[ExportedFile, ...]]


_FORMATS: Mapping[str, Format] = {
    registry_json.NAME: Format(
        registry_json.LABEL, registry_json.list_entries, registry_json.read_servers, registry_json.write
    ),
    **{
        made.NAME: Format(made.LABEL, made.list_entries, read_one(made.read_server), made.write)
        for made in (opencode_entries, claude_entries, docker_catalogue)
    },
}
# Name and label, for people to choose from.
FORMATS: Mapping[str, str] = {name: made.label for name, made in _FORMATS.items()}


def get_format(name: str) -> Format:
    if name not in _FORMATS:
        raise FormatError(f"There is no format {name[:40]!r}; there are {', '.join(_FORMATS)}.")
    return _FORMATS[name]


def read_entry(text: str, *, format: str = "") -> ImportedEntry:  # noqa: A002 - what it is called everywhere
    """Every MCP server that the text describes; without `format` it is told from the text.

    A server that can't be kept is left out and named in the findings. Raises FormatError when nothing can be.
    """
    document = read_document(text)
    name = format or detect_format(document)
    made = get_format(name)
    entries = made.list_entries(document)
    if len(entries) > MAX_SERVERS:
        raise FormatError(f"The file names {len(entries)} servers; at most {MAX_SERVERS} are read.")
    report = Report()
    servers: list[ImportedServer] = []
    problems: list[str] = []
    for key, raw in entries.items():
        report.draft = key
        try:
            servers += made.read(key, raw, report)
        except FormatError as error:
            problems.append(str(error))
            report.warn(key, f"It was left out. {error}")
    if not servers:
        raise FormatError(problems[0] if problems else "The file names no MCP server.")
    return ImportedEntry(name, tuple(servers), tuple(report.findings))


def read_document(text: str) -> dict[str, Any]:
    """JSON with or without comments, YAML, or the front matter of a profile."""
    if len(text) > MAX_FILE_BYTES or len(text.encode("utf-8", "replace")) > MAX_FILE_BYTES:
        raise FormatError(f"The file has more than {MAX_FILE_BYTES:,} bytes.")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    start = text.lstrip()
    if start.startswith(("{", "//", "/*", "[")):
        document = read_json(text)
    elif has_front_matter(text):
        document, _, _ = read_front_matter(text)
    else:
        document = read_yaml(text)
    if not isinstance(document, dict):
        raise FormatError("The file is no map of settings.")
    check_text(document)
    return document


def detect_format(document: Mapping[str, Any]) -> str:
    """Raises FormatError when none fits, or two."""
    found = [name for name, is_it in _SIGNS.items() if is_it(document)]
    if len(found) != 1:
        raise FormatError("It can't be told what kind of file this is; say its format.")
    return found[0]


def has_entries(document: Mapping[str, Any], key: str, kind: type) -> bool:
    return bool(document) and all(
        isinstance(item, dict) and isinstance(item.get(key), kind) for item in document.values()
    )


_SIGNS: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    registry_json.NAME: lambda raw: (
        bool({"packages", "remotes", "server"} & set(raw))
        or isinstance(raw.get("servers"), list)
        or "server.schema.json" in str(raw.get("$schema", ""))
    ),
    opencode_entries.NAME: lambda raw: isinstance(raw.get("mcp"), dict) or has_entries(raw, "command", list),
    claude_entries.NAME: lambda raw: (
        isinstance(raw.get("mcpServers", raw.get("servers")), dict) or has_entries(raw, "command", str)
    ),
    docker_catalogue.NAME: lambda raw: isinstance(raw.get("registry"), dict),
}


def write_entry(
    content: McpServerContent,
    *,
    format: str,  # noqa: A002 - what it is called everywhere
    argv: Sequence[str] = (),
    tools: Sequence[str] = (),
) -> WrittenEntry:
    """The content in that format, the same bytes each time; secrets as references by name, never as values.

    `argv` is the command that is approved, where it is known. Raises FormatError for what the format can't
    say at all.
    """
    report = Report(draft=content.name)
    files = get_format(format).write(content, argv, tools, report)
    return WrittenEntry(files, tuple(report.findings))
