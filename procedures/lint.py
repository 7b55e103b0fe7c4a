"""What is wrong with a procedure's text, line by line. Pure; every pattern takes linear time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from configs.formats.front_matter import has_front_matter
from events.markdown import MAX_LENGTH as MAX_RENDERED_LENGTH, SCHEMES
from events.masking import mask_certain_secrets, mask_secrets
from events.text import classify_character
from procedures.drafts import ProposalDraft
from procedures.enums import Area

ERROR, WARNING = "error", "warning"
MAX_FINDINGS = 200

# The headings a procedure of each area must have, at any level.
REQUIRED_HEADINGS: dict[str, tuple[str, ...]] = {
    Area.GENERAL: ("Purpose", "Steps"),
    Area.DEVELOPMENT: ("Purpose", "Steps"),
    Area.DEPLOYMENT: ("Purpose", "Steps", "Rollback"),
    Area.OPERATIONS: ("Purpose", "Steps", "Verification"),
    Area.INCIDENT: ("Purpose", "Steps", "Escalation"),
    Area.SECURITY: ("Purpose", "Steps", "Escalation"),
    Area.DATA: ("Purpose", "Steps", "Rollback"),
}

_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+([^\n]*)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_LINK = re.compile(r"(!?)\[[^\[\]\n]{0,500}\]\([ \t]*<?([^\s)<>]*)")
_DEFINITION = re.compile(r" {0,3}\[[^\[\]\n]{1,500}\]:[ \t]*<?([^\s<>]*)")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_DANGEROUS = frozenset({"javascript", "vbscript", "data", "file"})
_NOT_IN_ANCHORS = re.compile(r"[^\w\- ]")

# Joiners and variation selectors are part of honest writing; nothing else that nobody sees is.
_HONEST = frozenset({0x200C, 0x200D, *range(0xFE00, 0xFE10)})
_DECEPTIVE = frozenset({"bidirectional", "control", "invisible", "surrogate", "carriage_return"})


@dataclass(frozen=True, slots=True)
class Finding:
    """`severity` "error" keeps a proposal from being submitted. `line` counts from 1; None: all of it."""

    code: str
    severity: str
    sentence: str
    line: int | None = None

    @property
    def is_error(self) -> bool:
        return self.severity == ERROR


@dataclass(frozen=True, slots=True)
class SourceLine:
    number: int
    text: str
    is_code: bool


def lint_draft(draft: ProposalDraft, now: datetime) -> list[Finding]:
    """Errors first, then by line; at most 200."""
    lines = list(read_lines_of(draft.content))
    found = [
        *lint_fields(draft, now),
        *lint_headings(draft.area, lines),
        *lint_links(lines),
        *lint_characters(lines),
        *lint_secrets(lines),
    ]
    found.sort(key=lambda finding: (not finding.is_error, finding.line or 0))
    return found[:MAX_FINDINGS]


def read_lines_of(content: str) -> Iterator[SourceLine]:
    """Every line, and whether it stands in a fenced block of code."""
    fence = ""
    for number, text in enumerate(content.split("\n"), start=1):
        match = _FENCE.match(text)
        if not fence:
            fence = match[1] if match else ""
            yield SourceLine(number, text, bool(fence))
            continue
        yield SourceLine(number, text, is_code=True)
        if match and match[1][0] == fence[0] and len(match[1]) >= len(fence) and text.strip() == match[1]:
            fence = ""


def lint_fields(draft: ProposalDraft, now: datetime) -> Iterator[Finding]:
    if not draft.description:
        yield Finding("description", ERROR, "It has no description: agents choose what they read by it.")
    if has_front_matter(draft.content):
        yield Finding(
            "front_matter",
            ERROR,
            "The text begins with front matter: what stands there belongs into the proposal's fields.",
            1,
        )
    yield from lint_dates(draft.effective_from, draft.review_by, now)
    if len(draft.content) > MAX_RENDERED_LENGTH:
        sentence = (
            f"Only the first {MAX_RENDERED_LENGTH} characters are shown formatted; the rest as its source."
        )
        yield Finding("long", WARNING, sentence)


def lint_dates(effective_from: datetime | None, review_by: date | None, now: datetime) -> Iterator[Finding]:
    if review_by is None:
        yield Finding("review_by", WARNING, "It has no review date: nobody will be reminded to look again.")
    elif review_by <= now.date():
        yield Finding("review_by", ERROR, "Its review date has passed.")
    elif effective_from is not None and review_by <= effective_from.date():
        yield Finding("review_by", ERROR, "It would have to be reviewed before it takes effect.")
    if effective_from is not None and effective_from < now:
        yield Finding("effective_from", WARNING, "Its effective date has passed: it holds once approved.")


def list_headings(lines: list[SourceLine]) -> list[tuple[int, str]]:
    """(line, text) of the headings with number signs."""
    found = []
    for line in lines:
        match = None if line.is_code else _HEADING.fullmatch(line.text)
        if match:
            found.append((line.number, match[1].strip().rstrip("#").strip()))
    return found


def lint_headings(area: str, lines: list[SourceLine]) -> Iterator[Finding]:
    headings = list_headings(lines)
    present = {text.casefold() for _, text in headings}
    for wanted in REQUIRED_HEADINGS[area]:
        if wanted.casefold() not in present:
            sentence = f"The heading “{wanted}” is missing, which every procedure of the area {area} has."
            yield Finding("heading_missing", ERROR, sentence)
    seen: set[str] = set()
    for number, text in headings:
        if not text:
            yield Finding("heading_empty", WARNING, "A heading says nothing.", number)
        elif text.casefold() in seen:
            yield Finding("heading_twice", WARNING, f"The heading “{text[:80]}” stands there twice.", number)
        seen.add(text.casefold())


def make_anchor(heading: str) -> str:
    return _NOT_IN_ANCHORS.sub("", heading.casefold()).strip().replace(" ", "-")


def lint_links(lines: list[SourceLine]) -> Iterator[Finding]:
    anchors = {make_anchor(text) for _, text in list_headings(lines)}
    for line in lines:
        if line.is_code:
            continue
        for image, target in _LINK.findall(line.text):
            if image:
                yield Finding("image", WARNING, "Images are not shown; readers get a link.", line.number)
            yield from lint_target(target, anchors, line.number)
        definition = _DEFINITION.match(line.text)
        if definition:
            sentence = "A link's definition is not shown to readers of the formatted text; agents read it."
            yield Finding("link_definition", WARNING, sentence, line.number)
            yield from lint_target(definition[1], anchors, line.number)


def lint_target(target: str, anchors: set[str], number: int) -> Iterator[Finding]:
    scheme = _SCHEME.match(target)
    if not target:
        yield Finding("link_empty", ERROR, "A link leads nowhere.", number)
    elif target.startswith("#"):
        if target[1:].casefold() not in anchors:
            yield Finding("link_anchor", ERROR, f"No heading is called {target[:80]}.", number)
    elif scheme is None:
        sentence = f"The link to {target[:80]} is relative: an agent has no such page beside it."
        yield Finding("link_relative", WARNING, sentence, number)
    elif scheme[1].lower() in _DANGEROUS:
        yield Finding("link_scheme", ERROR, f"A link of the kind {scheme[1][:20]}: is not allowed.", number)
    elif scheme[1].lower() not in SCHEMES:
        yield Finding(
            "link_scheme", WARNING, f"Readers can't follow a link of the kind {scheme[1][:20]}:.", number
        )


def lint_characters(lines: list[SourceLine]) -> Iterator[Finding]:
    for line in lines:
        if line.text.isascii() and line.text.isprintable():
            continue
        kinds = {
            classify_character(character) for character in set(line.text) if ord(character) not in _HONEST
        }
        for kind in sorted(kinds & _DECEPTIVE):
            sentence = f"It holds {kind.replace('_', ' ')} characters, which readers don't see and agents do."
            yield Finding("deceptive", ERROR, sentence, line.number)


def lint_secrets(lines: list[SourceLine]) -> Iterator[Finding]:
    for line in lines:
        if mask_certain_secrets(line.text) != line.text:
            yield Finding("secret", ERROR, "This is a secret; every agent would read it.", line.number)
        elif mask_secrets(line.text) != line.text:
            yield Finding("secret", WARNING, "This may be a secret; every agent reads it.", line.number)
