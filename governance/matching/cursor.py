"""Where a reader stands in its source, and the small steps it takes."""

from __future__ import annotations

import re
from typing import NoReturn

from governance.matching.words import Budget, UnreadableError

BLANKS = " \t"
# What ends a word when it is not quoted.
META = frozenset(" \t\n;&|<>()")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Cursor:
    """`at` is where the reader stands, `end` where its part of the source ends."""

    def __init__(self, source: str, budget: Budget, start: int = 0, end: int | None = None) -> None:
        self.source = source
        self.budget = budget
        self.at = start
        self.end = len(source) if end is None else end

    def fail(self, what: str) -> NoReturn:
        raise UnreadableError(what)

    def peek(self, offset: int = 0) -> str:
        """The character there, "" behind the end."""
        position = self.at + offset
        return self.source[position] if position < self.end else ""

    def starts(self, text: str) -> bool:
        return self.source.startswith(text, self.at, self.end)

    def at_process_substitution(self) -> bool:
        return self.peek() in {"<", ">"} and self.peek(1) == "("

    def at_border(self) -> bool:
        """Whether no word begins here."""
        return not self.peek() or (self.peek() in META and not self.at_process_substitution())

    def take_name(self) -> None:
        found = NAME.match(self.source, self.at, self.end)
        if not found or (found.end() < self.end and self.source[found.end()] not in META):
            self.fail("A name is missing.")
        self.at = found.end()

    def take(self, character: str) -> None:
        if self.peek() != character:
            self.fail(f"{character!r} is missing.")
        self.at += 1
