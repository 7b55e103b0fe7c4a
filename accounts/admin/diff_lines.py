"""A unified diff as lines with a kind each. Nothing is left out and nothing is reordered."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.safestring import SafeString

from accounts.admin.display import highlight_marks
from events.text import make_visible_lines

HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
SIGNS = {"+": "added", "-": "removed", "\\": "meta"}


@dataclass(frozen=True, slots=True)
class DiffLine:
    """`kind` is added, removed, context, hunk or meta; its sign stays in `html`, as a cue besides colour."""

    kind: str
    html: SafeString


@dataclass(frozen=True, slots=True)
class DiffView:
    lines: list[DiffLine]
    added: int
    removed: int


def build_diff(diff: str) -> DiffView:
    """Read `diff` line by line.

    Inside a hunk a line's first character is its kind, for as many lines as the hunk's head promises: a
    removed line that reads "-- a" is no file head.
    """
    lines: list[DiffLine] = []
    old_left = new_left = 0
    texts = diff.split("\n")
    for text in texts:
        hunk = HUNK.match(text)
        if old_left > 0 or new_left > 0:
            kind = SIGNS.get(text[:1], "context")
            old_left -= kind in {"removed", "context"}
            new_left -= kind in {"added", "context"}
        elif hunk:
            kind = "hunk"
            old_left, new_left = (int(count) if count is not None else 1 for count in hunk.groups())
        else:
            kind = "meta" if text else "context"
        lines.append(DiffLine(kind, highlight_marks(make_visible_lines(text))))
    if not texts[-1]:
        lines.pop()
    counts = [line.kind for line in lines]
    return DiffView(lines, counts.count("added"), counts.count("removed"))
