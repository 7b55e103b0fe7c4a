"""What a file says: drafts of objects, and what became of every field of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from configs.content import Content
from configs.model_content import names_secret
from events.masking import MASK, mask_secrets
from events.text import make_visible

MAX_SHOWN = 120


class Fate(StrEnum):
    """What became of a field."""

    MAPPED = "mapped"
    DROPPED = "dropped"
    RISKY = "risky"
    # Becomes a request of its own: an MCP server that the file brings along.
    REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Finding:
    """One field of a file: `draft` is "kind name" of what it belongs to, "" for the file itself.

    `key` is where it stands, `field` where it went, "" for nowhere; `value` is a short, masked copy.
    """

    fate: Fate
    draft: str
    key: str
    field: str = ""
    value: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """One object that a file describes.

    Files know no ids: an agent's `content.prompt` and `content.model` are empty here; `prompt` is the
    prompt's name, `model` is `provider/identifier`, and `model_alias` a family of which the newest is meant.
    `keeps` are the fields that the file's format can't say: an object that is there keeps its own.
    """

    kind: str
    content: Content
    prompt: str = ""
    model: str = ""
    model_alias: str = ""
    keeps: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return label_draft(self.kind, self.content.key)


@dataclass(slots=True)
class Report:
    """Findings in the order in which the file is read."""

    findings: list[Finding] = field(default_factory=list)
    draft: str = ""

    def map(self, key: str, to: str, value: Any = "", sentence: str = "") -> None:
        self.add(Fate.MAPPED, key, to, value, sentence)

    def drop(self, key: str, sentence: str, value: Any = "") -> None:
        self.add(Fate.DROPPED, key, "", value, sentence)

    def warn(self, key: str, sentence: str, to: str = "", value: Any = "") -> None:
        self.add(Fate.RISKY, key, to, value, sentence)

    def request(self, key: str, sentence: str) -> None:
        self.add(Fate.REQUEST, key, "", "", sentence)

    def add(self, fate: Fate, key: str, to: str, value: Any, sentence: str) -> None:
        shown = show_value(value)
        if shown and to != "api_key_env" and names_secret(key.rpartition(".")[2]):
            shown = MASK
        self.findings.append(Finding(fate, self.draft, show_text(key), to, shown, show_text(sentence, 400)))


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a reader hands back. `drafts` stand in the order in which they can be made."""

    format: str
    drafts: tuple[Draft, ...]
    findings: tuple[Finding, ...]

    def list_fates(self, *fates: Fate) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.fate in fates)


def label_draft(kind: str, name: str) -> str:
    return f"{kind} {name}"


def show_value(value: Any) -> str:
    """A short copy for people: one line, masked; structures by their size."""
    if isinstance(value, dict | list | tuple):
        return f"{len(value)} entries"
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return show_text(str(value))


def show_text(text: str, limit: int = MAX_SHOWN) -> str:
    # Cut well behind the limit first: a huge text is not masked whole for one line of it.
    shown = make_visible(mask_secrets(text[: 4 * limit]))
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def join_names(names: Iterable[str]) -> str:
    return ", ".join(names)
