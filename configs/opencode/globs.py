"""Whether two of the engine's globs can match the same text."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice, takewhile

from configs.opencode_rules import matches

# Beyond this many steps two globs are taken to overlap: the careful answer.
MAX_STEPS = 250_000


def overlap(one: str, other: str) -> bool:
    """True when some text is matched by both; for very long globs also when that is not known."""
    if "*" not in one and "?" not in one:
        return matches(other, one)
    if "*" not in other and "?" not in other:
        return matches(one, other)
    return any(_overlap(a, b) for a in _list_readings(one) for b in _list_readings(other))


def get_prefix(glob: str) -> str:
    """The text with which every matching text begins.

    Globs overlap only when the prefix of one begins with the other's.
    """
    prefix = re.split(r"[*?]", glob.replace("\\", "/"), maxsplit=1)[0]
    # A trailing ` *` matches nothing, too.
    return prefix[:-1] if glob.endswith(" *") and len(prefix) == len(glob) - 1 else prefix


class PrefixIndex:
    """Positions by the prefix of their glob."""

    def __init__(self) -> None:
        self._positions: dict[str, list[int]] = {}
        self._sorted: list[str] | None = None

    def add(self, glob: str, position: int) -> None:
        self._positions.setdefault(get_prefix(glob), []).append(position)
        self._sorted = None

    def find_last(self) -> int:
        return max(positions[-1] for positions in self._positions.values())

    def list_candidates(self, glob: str) -> list[int]:
        """Positions of all globs that may overlap with this one, in no order."""
        prefix = get_prefix(glob)
        if self._sorted is None:
            self._sorted = sorted(self._positions)
        shorter = [prefix[:length] for length in range(len(prefix)) if prefix[:length] in self._positions]
        start = bisect_left(self._sorted, prefix)
        longer = takewhile(lambda other: other.startswith(prefix), islice(self._sorted, start, None))
        return [position for found in (*shorter, *longer) for position in self._positions[found]]


def widen_home(pattern: str) -> str:
    """The pattern with what the engine replaces by its home folder, which is not known here, left open."""
    if pattern == "~" or pattern.startswith("~/"):
        return "*" + pattern[1:]
    return "*" + pattern[5:] if pattern.startswith("$HOME") else pattern


def _list_readings(glob: str) -> list[str]:
    glob = glob.replace("\\", "/")
    return [glob, glob[:-2]] if glob.endswith(" *") else [glob]


def _overlap(one: str, other: str) -> bool:
    """Walks both globs at once; a state is how far each of them has come."""
    if not _may_begin_alike(one, other):
        return False
    if len(one) * len(other) > MAX_STEPS:
        return True
    seen: set[tuple[int, int]] = set()
    open_states = [(0, 0)]
    while open_states:
        state = open_states.pop()
        if state == (len(one), len(other)):
            return True
        if state not in seen:
            seen.add(state)
            open_states += _list_steps(one, other, *state)
    return False


def _list_steps(one: str, other: str, at: int, to: int) -> Iterator[tuple[int, int]]:
    a = one[at] if at < len(one) else ""
    b = other[to] if to < len(other) else ""
    if a == "*":
        yield at + 1, to
    if b == "*":
        yield at, to + 1
    if a == "*" and b not in {"", "*"}:
        yield at, to + 1
    if b == "*" and a not in {"", "*"}:
        yield at + 1, to
    if a and b and "*" not in {a, b} and (a == b or "?" in {a, b}):
        yield at + 1, to + 1


def _may_begin_alike(one: str, other: str) -> bool:
    for a, b in zip(one, other, strict=False):
        if a in "*?" or b in "*?":
            return True
        if a != b:
            return False
    return True
