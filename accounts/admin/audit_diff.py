"""Before and after as lines that a person can compare."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

SHORT_LENGTH = 40
SHORT_LINES = 2


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One key. `change` is a word: added, removed, changed or same."""

    key: str
    before: str
    after: str
    change: str


def build_diff(before: Any, after: Any) -> list[DiffLine]:
    """Changed keys first, as they stand; what is no mapping is one line without a name."""
    old, new = as_mapping(before), as_mapping(after)
    lines = [
        DiffLine(
            key,
            show(old[key]) if key in old else "",
            show(new[key]) if key in new else "",
            name_change(key, old, new),
        )
        for key in sorted(old.keys() | new.keys())
    ]
    return sorted(lines, key=lambda line: line.change == "same")


def as_mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {"": value}


def name_change(key: str, old: dict[str, Any], new: dict[str, Any]) -> str:
    if key not in old:
        return "added"
    if key not in new:
        return "removed"
    return "same" if old[key] == new[key] and type(old[key]) is type(new[key]) else "changed"


def show(value: Any) -> str:
    """Text as it is; everything else as JSON, so that "1" and 1 read differently only where it matters."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def shorten(before: Any, after: Any) -> str:
    """The changes in one line of a list."""
    lines = [line for line in build_diff(before, after) if line.change != "same"]
    parts = [f"{line.key}: {describe(line)}" if line.key else describe(line) for line in lines[:SHORT_LINES]]
    rest = len(lines) - len(parts)
    return "; ".join(parts) + (f"; {rest} more" if rest > 0 else "")


def describe(line: DiffLine) -> str:
    before, after = cut(line.before), cut(line.after)
    return {"added": after, "removed": f"{before} → –"}.get(line.change, f"{before} → {after}")


def cut(text: str) -> str:
    return text if len(text) <= SHORT_LENGTH else f"{text[:SHORT_LENGTH]}…"
