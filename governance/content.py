"""What a request is about: its canonical text, its fingerprint, what a list may show, what could fool a reader."""

from __future__ import annotations

import hashlib
import json
import secrets
import unicodedata
from dataclasses import asdict, dataclass, field
from typing import Any

from events.masking import mask_secrets

SUMMARY_LENGTH = 400
MAX_CONTENT_BYTES = 4 * 1024 * 1024

_BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ZERO_WIDTH = frozenset(
    "\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff\u00ad\u034f\u115f\u1160\u3164\uffa0"
)


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
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=True, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> RequestContent:
        return cls(**json.loads(text))

    @property
    def fingerprint(self) -> str:
        """SHA-256, hex, over the canonical text."""
        return hashlib.sha256(self.to_text().encode()).hexdigest()


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
        places, reason = (
            ", ".join(content.patterns),
            content.command or str(content.metadata.get("filepath", "")),
        )
        return f"{places} for {reason}" if reason else places
    if content.command:
        return content.command
    if content.permission == "task":
        return str((content.arguments or content.metadata).get("description", "")) or ", ".join(
            content.patterns
        )
    wanted = [pattern for pattern in content.patterns if pattern != "*"]
    return ", ".join(wanted) or content.permission


def digest_content(content: RequestContent, *, arguments_known: bool) -> Digest:
    text = main_text(content)
    masked = mask_secrets(text)
    shown = make_visible(masked)
    findings = find_deceptions(content)
    if not arguments_known:
        findings.append(Finding("arguments_unknown", "The engine did not tell the call's arguments."))
    is_cut = len(shown) > SUMMARY_LENGTH
    hides_more = bool(content.diff) or has_more_arguments(content)
    return Digest(
        summary=shown[: SUMMARY_LENGTH - 1] + "…" if is_cut else shown,
        is_whole=not (is_cut or masked != text or findings or hides_more),
        findings=findings,
    )


# Arguments that the summary itself shows, or that describe the call in the agent's own words.
_SHOWN_ARGUMENTS = {
    "bash": frozenset({"command", "description"}),
    "webfetch": frozenset({"url", "format"}),
    "external_directory": frozenset({"filePath", "filepath", "parentDir", "command", "description"}),
    "read": frozenset({"filePath"}),
}


def has_more_arguments(content: RequestContent) -> bool:
    """True when there are arguments that the summary does not show."""
    shown = _SHOWN_ARGUMENTS.get(content.permission, frozenset())
    given = {name for name, value in (content.arguments or {}).items() if value not in (None, "", [], {})}
    return bool(given - shown)


def find_deceptions(content: RequestContent) -> list[Finding]:
    """Characters that make a text look like another one, anywhere in the content."""
    found: dict[str, str] = {}
    for text in iterate_texts(asdict(content)):
        for character in text:
            if character.isascii() and (character.isprintable() or character in "\n\t"):
                continue
            code = classify_character(character)
            if code:
                found.setdefault(code, _SENTENCES[code])
    return [Finding(code, found[code]) for code in sorted(found)]


_SENTENCES = {
    "bidirectional": "Contains characters that change the reading direction.",
    "carriage_return": "Contains a carriage return, which can hide text in a terminal.",
    "control": "Contains control characters.",
    "invisible": "Contains invisible characters.",
    "surrogate": "Contains text that is not valid Unicode.",
}


def classify_character(character: str) -> str:
    """A finding's code, or "" for an honest character."""
    if character == "\r":
        return "carriage_return"
    if character in _BIDIRECTIONAL:
        return "bidirectional"
    if character in _ZERO_WIDTH or 0xE0000 <= ord(character) <= 0xE01EF or 0xFE00 <= ord(character) <= 0xFE0F:
        return "invisible"
    category = unicodedata.category(character)
    if category == "Cs":
        return "surrogate"
    if category in {"Cc", "Cn", "Co"} and character not in "\n\t":
        return "control"
    if category in {"Cf", "Zl", "Zp"}:
        return "invisible"
    return ""


def make_visible(text: str) -> str:
    """`text` with every deceptive character as a readable mark; line breaks and tabs too, for one line."""
    return "".join(mark_character(character, one_line=True) for character in text)


def make_visible_lines(text: str) -> str:
    """As `make_visible`, but line breaks and tabs stay."""
    return "".join(mark_character(character, one_line=False) for character in text)


def mark_character(character: str, *, one_line: bool) -> str:
    if character == "\n":
        return "⏎" if one_line else character
    if character == "\t":
        return "⇥" if one_line else character
    if classify_character(character):
        return f"⟨U+{ord(character):04X}⟩"
    return character


def iterate_texts(value: Any) -> list[str]:
    """Every string inside a JSON value, keys included."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in (str(key), *iterate_texts(item))]
    if isinstance(value, list | tuple):
        return [text for item in value for text in iterate_texts(item)]
    return []
