"""What differs between two releases, file by file, as unified diffs."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from releases.models import Release

ADDED, REMOVED, CHANGED = "added", "removed", "changed"


@dataclass(frozen=True, slots=True)
class FileDiff:
    """`status`: added, removed or changed. `text`: a unified diff with three lines of context."""

    path: str
    status: str
    text: str


def diff_releases(old: Release | None, new: Release) -> list[FileDiff]:
    """What publishing `new` on top of `old` changes; everything is added where `old` is None."""
    return diff_files([] if old is None else old.file_pairs, new.file_pairs)


def diff_files(old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> list[FileDiff]:
    before, after = dict(old), dict(new)
    return [
        FileDiff(path, find_status(path, before, after), diff_texts(path, before.get(path), after.get(path)))
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
    ]


def find_status(path: str, before: dict[str, str], after: dict[str, str]) -> str:
    if path not in before:
        return ADDED
    return CHANGED if path in after else REMOVED


def diff_texts(path: str, before: str | None, after: str | None) -> str:
    lines = difflib.unified_diff(
        split_lines(before or ""),
        split_lines(after or ""),
        fromfile=path if before is not None else "/dev/null",
        tofile=path if after is not None else "/dev/null",
        lineterm="",
    )
    return "\n".join(lines)


def split_lines(text: str) -> list[str]:
    """At line feeds alone: what else Python takes for a line's end is text here."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
        return lines
    lines[-1] += "\n\\ No newline at end of file"
    return lines
