"""What differs between two contents: field by field, as lines of text. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from itertools import groupby, zip_longest
from typing import Any

from configs.content import Content, PromptVariable, ToolRule
from configs.content_writer import write_value
from configs.json_values import format_json

# Beyond either nothing is matched between the equal beginning and end: finding the best match takes quadratic
# time, and with many equal lines cubic. The second counts pairs of equal lines.
MAX_MATCHED_LINES = 2000
MAX_MATCHED_PAIRS = 30_000
CONTEXT_LINES = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One line of both sides: `before` or `after` is None where the other side has more; `is_same`: equal."""

    before: str | None
    after: str | None

    @property
    def is_same(self) -> bool:
        return self.before == self.after


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field whose values differ, as texts: "" for nothing."""

    field: str
    before: str
    after: str

    @property
    def lines(self) -> list[Line]:
        """Side by side, every line."""
        return match_lines(split_lines(self.before), split_lines(self.after))

    @property
    def unified(self) -> list[str]:
        """Lines beginning with `-`, `+` or a blank; `…` stands for equal ones that are left out."""
        return write_unified(self.lines)


def compare_contents(before: Content | None, after: Content | None) -> list[FieldDifference]:
    """The fields that differ, in the order of the fields; None is nothing at all."""
    names = [item.name for item in fields(before or after)] if (before or after) else []  # type: ignore[arg-type]  # one is there
    found = []
    for name in names:
        old, new = (getattr(content, name) if content else None for content in (before, after))
        if old != new and (show_field(old), show_field(new)) != ("", ""):
            found.append(FieldDifference(name, show_field(old), show_field(new)))
    return found


def describe_differences(before: Content | None, after: Content | None) -> str:
    """All of it as one text, for people who read texts."""
    differences = compare_contents(before, after)
    return "\n".join(line for item in differences for line in (f"{item.field}:", *item.unified))


def show_field(value: Any) -> str:
    """A value as lines that people compare: rules one a line, maps as JSON."""
    if value is None or value in ("", (), {}):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "\n".join(show_item(item) for item in value)
    if isinstance(value, Mapping):
        return format_json(value, indent=2)
    return str(value)


def show_item(item: Any) -> str:
    if isinstance(item, ToolRule):
        return f"{item.action} {item.permission} {item.pattern}"
    if isinstance(item, PromptVariable):
        default = "" if item.default is None else f" = {format_json(item.default)}"
        about = f" ({item.description})" if item.description else ""
        return f"{item.name}{default}{about}"
    return item if isinstance(item, str) else format_json(write_value(item))


def split_lines(text: str) -> list[str]:
    """None for no text."""
    return text.split("\n") if text else []


def match_lines(before: Sequence[str], after: Sequence[str]) -> list[Line]:
    """Equal beginnings and ends are cut off before anything is compared."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    head = [Line(text, text) for text in before[:start]]
    tail = [Line(text, text) for text in before[len(before) - end :]]
    return [*head, *match_middle(before[start : len(before) - end], after[start : len(after) - end]), *tail]


def match_middle(before: Sequence[str], after: Sequence[str]) -> list[Line]:
    if max(len(before), len(after)) > MAX_MATCHED_LINES or count_pairs(before, after) > MAX_MATCHED_PAIRS:
        return [*(Line(text, None) for text in before), *(Line(None, text) for text in after)]
    lines: list[Line] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for _, left, left_end, right, right_end in matcher.get_opcodes():
        lines.extend(Line(*pair) for pair in zip_longest(before[left:left_end], after[right:right_end]))
    return lines


def count_pairs(before: Sequence[str], after: Sequence[str]) -> int:
    counts = Counter(after)
    return sum(counts[text] for text in before)


def write_unified(lines: Sequence[Line]) -> list[str]:
    runs = [(is_same, list(run)) for is_same, run in groupby(lines, key=lambda line: line.is_same)]
    written: list[str] = []
    for index, (is_same, run) in enumerate(runs):
        if is_same:
            shown = cut_context([f" {line.before}" for line in run], index > 0, index < len(runs) - 1)
            written.extend(shown)
            continue
        written.extend(f"-{line.before}" for line in run if line.before is not None)
        written.extend(f"+{line.after}" for line in run if line.after is not None)
    return written


def cut_context(lines: list[str], follows: bool, precedes: bool) -> list[str]:
    """Equal lines as far as they stand near a change: one that they follow, one that they precede."""
    head = lines[:CONTEXT_LINES] if follows else []
    tail = lines[-CONTEXT_LINES:] if precedes else []
    if len(head) + len(tail) >= len(lines):
        return lines
    return [*head, "…", *tail]
