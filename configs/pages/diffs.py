"""Two versions as a person compares them: field by field, side by side or one under the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from accounts.admin.display import highlight_marks
from configs.content import Content
from configs.differences import FieldDifference, Line, compare_contents
from events.text import make_visible_lines

CONTEXT_LINES = 3
REFERENCES = frozenset({"prompt", "model", "small_model"})
Names = Mapping[str, str]
LABELS = {
    "prompt_values": "values of variables",
    "top_p": "top p",
    "color": "colour",
    "is_hidden": "hidden",
    "is_disabled": "disabled",
    "is_enabled": "enabled",
    "overridden": "kept by hand",
    "env_names": "environment variables",
    "api_key_env": "environment variable with the key",
}


@dataclass(frozen=True, slots=True)
class Side:
    """A line of one version: its number and text, the deceptive characters marked; number 0: no such line."""

    number: int
    html: SafeString


@dataclass(frozen=True, slots=True)
class DiffRow:
    """`kind` is same, changed, added, removed or skipped; for skipped ones `count` lines are not shown."""

    kind: str
    left: Side | None = None
    right: Side | None = None
    count: int = 0


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One field that differs."""

    label: str
    rows: list[DiffRow]

    @property
    def lines(self) -> list[tuple[str, Side | None]]:
        """One under the other: (kind, line), the removed ones of a change before the added ones."""
        return list(unify(self.rows))


def diff_contents(before: Content | None, after: Content | None, names: Names) -> list[FieldDiff]:
    """Every field that differs, in the order of the fields. None is nothing at all."""
    return [
        FieldDiff(name_field(found.field), list(collapse(list(number_lines(show_lines(found, names))))))
        for found in compare_contents(before, after)
        # Of something new only what it says counts.
        if before is not None or found.after != "no"
    ]


def name_field(field: str) -> str:
    return LABELS.get(field, field.replace("_", " "))


def show_lines(found: FieldDifference, names: Names) -> list[Line]:
    """An id is shown as the name of what it stands for."""
    if found.field not in REFERENCES:
        return found.lines
    return [Line(*(names.get(text, text) or None for text in (found.before, found.after)))]


def number_lines(lines: Sequence[Line]) -> Iterator[DiffRow]:
    left = right = 0
    for line in lines:
        left += line.before is not None
        right += line.after is not None
        yield DiffRow(name_kind(line), make_side(left, line.before), make_side(right, line.after))


def name_kind(line: Line) -> str:
    if line.is_same:
        return "same"
    if line.before is None:
        return "added"
    return "removed" if line.after is None else "changed"


def make_side(number: int, text: str | None) -> Side | None:
    return None if text is None else Side(number, highlight_marks(make_visible_lines(text)))


def collapse(rows: list[DiffRow]) -> Iterator[DiffRow]:
    kept = [False] * len(rows)
    for index, row in enumerate(rows):
        if row.kind != "same":
            for near in range(max(0, index - CONTEXT_LINES), min(len(rows), index + CONTEXT_LINES + 1)):
                kept[near] = True
    skipped = 0
    for row, is_kept in zip(rows, kept, strict=True):
        if not is_kept:
            skipped += 1
            continue
        if skipped:
            yield DiffRow("skipped", count=skipped)
            skipped = 0
        yield row
    if skipped:
        yield DiffRow("skipped", count=skipped)


def unify(rows: Sequence[DiffRow]) -> Iterator[tuple[str, Side | None]]:
    removed: list[Side] = []
    added: list[Side] = []

    def flush() -> Iterator[tuple[str, Side | None]]:
        yield from (("removed", side) for side in removed)
        yield from (("added", side) for side in added)
        removed.clear()
        added.clear()

    for row in rows:
        if row.kind in {"same", "skipped"}:
            yield from flush()
            yield (row.kind, row.right or Side(row.count, SafeString("")))
            continue
        if row.left:
            removed.append(row.left)
        if row.right:
            added.append(row.right)
    yield from flush()
