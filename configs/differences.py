"""What differs between two contents: field by field, as lines of text. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from configs.content import Content, PromptVariable, ToolRule
from configs.content_writer import write_value
from configs.json_values import format_json

# Beyond it lines are compared in place, since finding the best match takes quadratic time.
MAX_MATCHED_LINES = 2000
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
    if max(len(before), len(after)) > MAX_MATCHED_LINES:
        return [*(Line(text, None) for text in before), *(Line(None, text) for text in after)]
    lines: list[Line] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for _, left, left_end, right, right_end in matcher.get_opcodes():
        lines.extend(Line(*pair) for pair in zip_longest(before[left:left_end], after[right:right_end]))
    return lines


def write_unified(lines: Sequence[Line]) -> list[str]:
    near = {
        index + offset
        for index, line in enumerate(lines)
        if not line.is_same
        for offset in range(-CONTEXT_LINES, CONTEXT_LINES + 1)
    }
    written: list[str] = []
    removed: list[str] = []
    added: list[str] = []

    def flush() -> None:
        written.extend([*(f"-{text}" for text in removed), *(f"+{text}" for text in added)])
        removed.clear()
        added.clear()

    for index, line in enumerate(lines):
        if line.is_same:
            flush()
            if index in near:
                written.append(f" {line.before}")
            elif not written or written[-1] != "…":
                written.append("…")
            continue
        if line.before is not None:
            removed.append(line.before)
        if line.after is not None:
            added.append(line.after)
    flush()
    return written
