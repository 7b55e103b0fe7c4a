"""Two versions as a person compares them: field by field, side by side or one under the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from django.utils.safestring import SafeString

from accounts.admin.display import highlight_marks
from configs.content import Content, ToolRule
from configs.json_values import format_json
from events.text import make_visible_lines

CONTEXT_LINES = 3
# Beyond, comparing line by line takes too long: the changed middle is shown as one block.
MAX_COMPARED = 4_000_000
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
    old = describe_content(before, names) if before else {}
    new = describe_content(after, names) if after else {}
    if before is None:
        # Of something new only what it says counts.
        new = {key: lines for key, lines in new.items() if lines != ["no"]}
    keys = [*old, *(key for key in new if key not in old)]
    return [
        FieldDiff(LABELS.get(key, key.replace("_", " ")), diff_lines(old.get(key, []), new.get(key, [])))
        for key in keys
        if old.get(key, []) != new.get(key, [])
    ]


def describe_content(content: Content, names: Names) -> dict[str, list[str]]:
    """{field: its lines}; an id is shown as the name of what it stands for."""
    written = content.write()
    return {key: describe_value(key, getattr(content, key), written[key], names) for key in written}


def describe_value(key: str, value: Any, written: Any, names: Names) -> list[str]:
    if value is None or value in ("", (), {}):
        return []
    if key in {"prompt", "model", "small_model"} and isinstance(value, str):
        return [names.get(value, value)]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, str):
        return value.split("\n")
    if isinstance(value, tuple) and value and isinstance(value[0], ToolRule):
        return [f"{rule.action} {rule.permission} {rule.pattern}" for rule in value]
    if isinstance(value, tuple) and all(isinstance(item, str) for item in value):
        return [str(item) for item in value]
    return format_json(written, indent=2).split("\n")


def diff_lines(old: Sequence[str], new: Sequence[str]) -> list[DiffRow]:
    """Long runs without a change are skipped but for a few lines around."""
    return list(collapse(list(pair_lines(old, new))))


def pair_lines(old: Sequence[str], new: Sequence[str]) -> Iterator[DiffRow]:
    head = count_common(old, new)
    tail = count_common(old[head:][::-1], new[head:][::-1])
    ends = len(old) - tail, len(new) - tail
    for index in range(head):
        yield pair("same", old, new, index, index)
    middle = old[head : ends[0]], new[head : ends[1]]
    for tag, a, b, c, d in compare(*middle):
        for left, right in zip_longest(range(a, b), range(c, d)):
            yield pair(
                name_kind(tag, left, right),
                old,
                new,
                None if left is None else left + head,
                None if right is None else right + head,
            )
    for index in range(tail):
        yield pair("same", old, new, ends[0] + index, ends[1] + index)


def compare(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    if len(old) * len(new) > MAX_COMPARED:
        return [("replace", 0, len(old), 0, len(new))]
    return list(SequenceMatcher(None, old, new, autojunk=False).get_opcodes())


def count_common(old: Sequence[str], new: Sequence[str]) -> int:
    count = 0
    for left, right in zip(old, new, strict=False):
        if left != right:
            break
        count += 1
    return count


def name_kind(tag: str, left: int | None, right: int | None) -> str:
    if tag == "equal":
        return "same"
    if left is None:
        return "added"
    return "removed" if right is None else "changed"


def pair(kind: str, old: Sequence[str], new: Sequence[str], left: int | None, right: int | None) -> DiffRow:
    return DiffRow(kind, make_side(old, left), make_side(new, right))


def make_side(lines: Sequence[str], index: int | None) -> Side | None:
    if index is None:
        return None
    return Side(index + 1, highlight_marks(make_visible_lines(lines[index])))


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
