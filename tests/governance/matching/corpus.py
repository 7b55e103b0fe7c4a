"""The corpus of commands: text files of rules, and lines of (expected, command).

`rules: allow git *; deny rm *` holds for the lines below it. Expected: allow, ask, deny, or stop (ask or
deny). In a command ⏎ is a line break and ‹202E› the character of that number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from governance.matching.rules import Effect, Rule

FOLDER = Path(__file__).parent.parent / "corpus"
PLACE = "/work/project"


@dataclass(frozen=True)
class Case:
    group: str
    number: int
    rules: tuple[Rule, ...]
    expected: str
    command: str

    def __str__(self) -> str:
        return f"{self.group}:{self.number}"


def read_corpus() -> Iterator[Case]:
    for path in sorted(FOLDER.glob("*.txt")):
        rules: tuple[Rule, ...] = ()
        for number, line in enumerate(path.read_text().split("\n"), 1):
            if line.startswith("rules: "):
                rules = tuple(read_rules(line.removeprefix("rules: ")))
            elif line:
                expected, _, command = line.partition(" ")
                yield Case(path.stem, number, rules, expected, unescape(command))


def read_rules(text: str) -> Iterator[Rule]:
    for part in text.split("; "):
        effect, _, pattern = part.strip().partition(" ")
        yield Rule(pattern, Effect(effect))


def unescape(text: str) -> str:
    text = text.replace("⏎", "\n")
    return re.sub(r"‹([0-9A-F]+)›", lambda found: chr(int(found[1], 16)), text)
