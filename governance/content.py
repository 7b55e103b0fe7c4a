"""What a request is about: its canonical text, its fingerprint, what a list may show, what could fool."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field, fields
from typing import Any

from events.masking import mask_secrets
from events.text import iterate_texts, list_deceptions, make_visible
from governance.matching.leading import read_plain_words, take_leading_words

SUMMARY_LENGTH = 400
PREFIX_LENGTH = 200
MAX_CONTENT_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class RequestContent:
    """The full content. `nonce` keeps short secrets from being guessed from the fingerprint."""

    permission: str
    patterns: list[str]
    directory: str
    agent: str
    command: str = ""
    diff: str = ""
    arguments: dict[str, Any] | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    tool: str = ""
    nonce: str = field(default_factory=lambda: secrets.token_hex(16))

    def to_text(self) -> str:
        """One text for one content: sorted keys, ASCII only, so that any character survives storage."""
        return ENCODER.encode(self.as_dict())

    def as_dict(self) -> dict[str, Any]:
        """Its fields by their names; `dataclasses.asdict` would copy everything in them."""
        return {name: getattr(self, name) for name in FIELD_NAMES}

    @classmethod
    def from_text(cls, text: str) -> RequestContent:
        return cls(**json.loads(text))

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self.to_text())


FIELD_NAMES = tuple(each.name for each in fields(RequestContent))
ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def fingerprint_of(text: str) -> str:
    """SHA-256, hex, over a content's canonical text."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a reviewer must be told before the content can be trusted to be what it looks like."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Digest:
    """What lists show of a content."""

    summary: str
    is_whole: bool
    findings: list[Finding]


def main_text(content: RequestContent) -> str:
    """The one text a person judges first: the command, else the patterns, else the permission."""
    if content.permission == "external_directory":
        places, reason = ", ".join(content.patterns), content.command or read_path(content)
        return f"{places} for {reason}" if reason else places
    if content.command:
        return content.command
    if content.permission == "task":
        description = (content.arguments or content.metadata).get("description", "")
        return str(description) or ", ".join(content.patterns)
    return content.permission if content.patterns in ([], ["*"]) else ", ".join(content.patterns)


def read_prefix(content: RequestContent) -> str:
    """The leading words of one plain command, as `git push` or `ls`; "" when it is not plainly one.

    Its first word is the program as it was written, with its path if it has one.
    """
    prefix = " ".join(take_leading_words(read_plain_words(content.command) or []))
    return prefix if len(prefix) <= PREFIX_LENGTH and mask_secrets(prefix) == prefix else ""


def read_path(content: RequestContent) -> str:
    """The file that an access outside the project is about, as the engine names it."""
    path = content.metadata.get("filepath")
    return path if isinstance(path, str) else ""


def digest_content(content: RequestContent, *, arguments_known: bool) -> Digest:
    text = main_text(content)
    masked = mask_secrets(text)
    shown = make_visible(masked)
    findings = find_deceptions(content)
    if not arguments_known:
        findings.append(Finding("arguments_unknown", "The engine did not tell the call's arguments."))
    is_cut = len(shown) > SUMMARY_LENGTH
    return Digest(
        summary=shown[: SUMMARY_LENGTH - 1] + "…" if is_cut else shown,
        is_whole=not (is_cut or masked != text or findings or hides_something(content)),
        findings=findings,
    )


# Words about a call that change nothing of it: the agent's own description, how it wants the answer,
# and what follows from the rest.
_SIDE_NOTES = {
    "bash": frozenset({"description"}),
    "webfetch": frozenset({"format"}),
    "external_directory": frozenset({"description", "parentDir"}),
}


def hides_something(content: RequestContent) -> bool:
    """True when the content says something that its main text does not show."""
    if content.diff:
        return True
    if content.command and not all(pattern in content.command for pattern in content.patterns):
        return content.permission != "external_directory"
    notes = _SIDE_NOTES.get(content.permission, frozenset())
    shown = {main_text(content), content.command, read_path(content), *content.patterns}
    shown |= {f"{content.directory.rstrip('/')}/{pattern}" for pattern in content.patterns}
    facts = [*content.metadata.items(), *(content.arguments or {}).items()]
    return not all(name in notes or is_shown(value, shown) for name, value in facts)


def is_shown(value: Any, shown: set[str]) -> bool:
    """Empty values need no showing; numbers and mappings are never shown."""
    if value in (None, "", [], {}):
        return True
    if isinstance(value, list):
        return all(is_shown(item, shown) for item in value)
    return isinstance(value, str) and value in shown


def show_directory(directory: str) -> str:
    """A directory as columns hold it; the exact one stands in the content."""
    return make_visible(directory)[:1000]


def find_deceptions(content: RequestContent) -> list[Finding]:
    """Characters that make a text look like another one, anywhere in the content."""
    codes = {code for text in iterate_texts(content.as_dict()) for code in list_deceptions(text)}
    return [Finding(code, _SENTENCES[code]) for code in sorted(codes)]


_SENTENCES = {
    "bidirectional": "Contains characters that change the reading direction.",
    "carriage_return": "Contains a carriage return, which can hide text in a terminal.",
    "control": "Contains control characters.",
    "invisible": "Contains invisible characters.",
    "surrogate": "Contains text that is not valid Unicode.",
    "unusual_space": "Contains blanks that are none to a program.",
}
