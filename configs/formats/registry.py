"""The formats there are, and which of them a file is in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from configs.formats import (
    bundle,
    cao_profiles,
    claude_agents,
    instructions,
    opencode_agents,
    opencode_config,
)
from configs.formats.agent_fields import KNOWN
from configs.formats.drafts import Finding, Parsed, Report
from configs.formats.front_matter import has_front_matter, read_front_matter
from configs.formats.limits import MAX_BUNDLE_BYTES, MAX_FILE_BYTES, FormatError
from configs.formats.names import read_stem
from configs.formats.sources import ExportedFile, ExportSource
from configs.formats.values import decode_file

INSTRUCTION_STEMS = frozenset({"agents", "claude", "gemini", "instructions", "copilot-instructions"})
_AGENT_FOLDERS = frozenset({"agent", "agents"})
# Keys that only one of the formats with front matter has.
_OPENCODE_KEYS = KNOWN - {"name", "description", "model", "color", "tools"}
_CLAUDE_KEYS = frozenset(
    {"disallowedTools", "maxTurns", "isolation", "background", "memory", "permissionMode"}
)
_CAO_KEYS = frozenset(
    {"role", "allowedTools", "toolAliases", "toolsSettings", "provider", "engine", "capabilities", "tags"}
    | {"container", "resources"}
)


@dataclass(frozen=True, slots=True)
class Format:
    """`read(text, file name)` and `write(source, report)`; both raise FormatError."""

    name: str
    label: str
    read: Callable[[str, str], Parsed]
    write: Callable[[ExportSource, Report], tuple[ExportedFile, ...]]
    max_bytes: int = MAX_FILE_BYTES


@dataclass(frozen=True, slots=True)
class Written:
    """Files, and what of the contents they can't say."""

    files: tuple[ExportedFile, ...]
    findings: tuple[Finding, ...]


FORMATS: dict[str, Format] = {
    made.name: made
    for made in (
        Format(opencode_agents.NAME, "OpenCode agent file", opencode_agents.read, opencode_agents.write),
        Format(opencode_config.NAME, "OpenCode configuration", opencode_config.read, opencode_config.write),
        Format(claude_agents.NAME, "Claude Code agent file", claude_agents.read, claude_agents.write),
        Format(cao_profiles.NAME, "CAO profile", cao_profiles.read, cao_profiles.write),
        Format(instructions.NAME, "instructions such as AGENTS.md", instructions.read, instructions.write),
        Format(bundle.NAME, "bundle of a whole team", bundle.read, bundle.write, MAX_BUNDLE_BYTES),
    )
}


def get_format(name: str) -> Format:
    if name not in FORMATS:
        raise FormatError(f"There is no format {name[:40]!r}; there are {', '.join(FORMATS)}.")
    return FORMATS[name]


def parse_file(data: bytes, file_name: str, format_name: str = "") -> Parsed:
    """What the file says. Without `format_name` the format is told from its name and content.

    Raises FormatError for what can't be read, and when the format can't be told.
    """
    read_stem(file_name)
    if format_name:
        made = get_format(format_name)
        return made.read(decode_file(data, made.max_bytes), file_name)
    text = decode_file(data, MAX_BUNDLE_BYTES)
    made = get_format(detect_format(text, file_name))
    if len(data) > made.max_bytes:
        raise FormatError(f"The file has {len(data):,} bytes; at most {made.max_bytes:,} are read.")
    return made.read(text, file_name)


def detect_format(text: str, file_name: str) -> str:
    """The name of the format. Raises FormatError when several fit, or none."""
    ending = file_name.rpartition(".")[2].lower()
    if ending in {"json", "jsonc"}:
        return opencode_config.NAME
    if ending in {"yaml", "yml"}:
        return bundle.NAME
    if ending in {"md", "markdown"}:
        return detect_markdown(text, file_name)
    raise FormatError(
        "It can't be told what kind of file this is: name it .md, .json or .yaml, or say its format."
    )


def detect_markdown(text: str, file_name: str) -> str:
    folders = file_name.replace("\\", "/").lower().split("/")[:-1]
    stem = read_stem(file_name).lower()
    if not has_front_matter(text):
        if stem in INSTRUCTION_STEMS or "instructions" in folders:
            return instructions.NAME
        if _AGENT_FOLDERS & set(folders):
            return opencode_agents.NAME
        raise FormatError("It can't be told whether this is an agent or instructions; say its format.")
    if "instructions" in folders:
        return instructions.NAME
    keys, _, _ = read_front_matter(text)
    return detect_agent(keys)


def detect_agent(keys: dict[str, object]) -> str:
    """By the keys that one program alone knows; a name inside the file is not OpenCode's way."""
    found = set(keys)
    if found & _CAO_KEYS:
        return cao_profiles.NAME
    if found & _CLAUDE_KEYS or isinstance(keys.get("tools"), str | list):
        return claude_agents.NAME
    if found & _OPENCODE_KEYS or isinstance(keys.get("tools"), dict):
        return opencode_agents.NAME
    return claude_agents.NAME if "name" in found else opencode_agents.NAME


def write_files(source: ExportSource, format_name: str) -> Written:
    report = Report()
    files = get_format(format_name).write(source, report)
    return Written(files, tuple(report.findings))
