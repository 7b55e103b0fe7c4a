"""Patterns of paths: `*` and `?` within one segment, `**` as a whole segment across any number of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from governance.matching.patterns import build_wildcards

ANY = "**"
# A name that no pattern spells and no file system holds: it stands for every name there could be.
EVERY_NAME = "\ue000" * 300
WILD = re.compile(r"[*?]")


@dataclass(frozen=True)
class Segment:
    """One name of a pattern. is_verbatim: no wildcard is meant by it."""

    source: str
    is_verbatim: bool = False

    @cached_property
    def is_literal(self) -> bool:
        return self.is_verbatim or not WILD.search(self.source)

    @cached_property
    def is_any(self) -> bool:
        return self.source == ANY and not self.is_verbatim

    @cached_property
    def expression(self) -> re.Pattern[str]:
        return re.compile(build_wildcards(self.source), re.DOTALL)

    @property
    def spelled(self) -> int:
        """How many characters it says itself."""
        return len(self.source if self.is_verbatim else WILD.sub("", self.source))

    def matches(self, name: str) -> bool:
        return name == self.source if self.is_literal else bool(self.expression.fullmatch(name))


@dataclass(frozen=True)
class PathGlob:
    """A pattern of absolute paths, as its segments."""

    segments: tuple[Segment, ...]

    @classmethod
    def of(cls, parts: Iterable[str], *, below: Iterable[str] = ()) -> PathGlob:
        """below: the names of the folder from which the pattern is taken."""
        kept = [Segment(part, is_verbatim=True) for part in below]
        for part in parts:
            if part != ANY or not (kept and kept[-1].is_any):
                kept.append(Segment(part))
        return cls(tuple(kept))

    def covers(self, parts: Sequence[str]) -> bool:
        """Whether the path is one of the pattern's."""
        if tuple(parts[: len(self.prefix)]) != self.prefix:
            return False
        if any(name not in parts for name in self.literals):
            return False
        return len(self.segments) in self.walk(parts)

    @cached_property
    def prefix(self) -> tuple[str, ...]:
        """The names it begins with, before any wildcard: most paths are told apart by these."""
        return tuple(item.source for item in takewhile(lambda item: item.is_literal, self.segments))

    @cached_property
    def literals(self) -> tuple[str, ...]:
        """The other names without a wildcard: a path has to have them all."""
        return tuple(item.source for item in self.segments[len(self.prefix) :] if item.is_literal)

    def covers_below(self, parts: Sequence[str]) -> bool:
        """Whether that path and everything that could stand below it is."""
        deep = (EVERY_NAME,) * (len(self.segments) + 1)
        return self.covers(parts) and self.covers((*parts, EVERY_NAME)) and self.covers((*parts, *deep))

    def may_reach_below(self, parts: Sequence[str]) -> bool:
        """Whether something at or below that path could be one of the pattern's."""
        shared = min(len(parts), len(self.prefix))
        return tuple(parts[:shared]) == self.prefix[:shared] and bool(self.walk(parts))

    def walk(self, parts: Sequence[str]) -> set[int]:
        """How many segments can be used up by exactly these names, in every way it can be done."""
        states = self.pass_over({0})
        for name in parts:
            states = self.pass_over(set(self.step(states, name)))
            if not states:
                break
        return states

    def step(self, states: set[int], name: str) -> Iterable[int]:
        for state in states:
            if state == len(self.segments):
                continue
            segment = self.segments[state]
            if segment.is_any:
                yield state
            elif segment.matches(name):
                yield state + 1

    def pass_over(self, states: set[int]) -> set[int]:
        """`**` may also stand for nothing."""
        made = set(states)
        for state in states:
            following = state
            while following < len(self.segments) and self.segments[following].is_any:
                following += 1
                made.add(following)
        return made

    @cached_property
    def folded(self) -> PathGlob:
        return PathGlob(
            tuple(Segment(fold(segment.source), segment.is_verbatim) for segment in self.segments)
        )


def fold(name: str) -> str:
    """As a file system compares names that does not tell upper from lower case."""
    return unicodedata.normalize("NFC", name).casefold()


def split_path(path: str) -> list[str]:
    """The names of a path, without detours that need no look at the disk. Not below the root: dropped."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in {"", "."}:
            parts.append(part)
    return parts
