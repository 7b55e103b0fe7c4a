"""What a reader finds in a command line: words, redirects, simple commands.

Plain values without Django, shared by both readers, the unwrapper and the judge. Offsets are characters of
the source.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

# Stands in a word's text for what only the run knows. Sources with NUL are refused before they are read.
UNKNOWN = "\0"
# A process substitution: a pipe from or to a command that is judged by itself.
SUBSTITUTED = "/dev/fd/63"


@dataclass(frozen=True, slots=True)
class Word:
    """One word. `text` is what is left after quote removal, with UNKNOWN where only the run knows.

    `has_glob`: an unquoted *, ? or [ that file names may replace. `has_tilde`: begins with an unquoted ~.
    """

    text: str
    start: int
    end: int
    has_glob: bool = False
    has_tilde: bool = False
    is_quoted: bool = False

    @property
    def is_known(self) -> bool:
        """Whether nothing but file names can differ from the text."""
        return UNKNOWN not in self.text


@dataclass(frozen=True, slots=True)
class Assignment:
    """`NAME=value` before a command's name, or standing alone. `operator` is "=" or "+="."""

    name: str
    operator: str
    value: Word


@dataclass(frozen=True, slots=True)
class Redirect:
    """`operator` without its descriptor; `target` None for a here-document, whose body is `body`.

    `body` is the text, UNKNOWN where it is expanded, "" for other kinds.
    """

    operator: str
    descriptor: str
    target: Word | None
    start: int
    body: str = ""


@dataclass(frozen=True, slots=True)
class SimpleCommand:
    """Words as they run, without their redirects and leading assignments. Either may stand alone."""

    words: tuple[Word, ...]
    assignments: tuple[Assignment, ...] = ()
    redirects: tuple[Redirect, ...] = ()
    start: int = 0
    end: int = 0

    @property
    def name(self) -> str:
        """The first word, "" when there is none."""
        return self.words[0].text if self.words else ""

    def without_surroundings(self) -> SimpleCommand:
        """The words alone."""
        return replace(self, assignments=(), redirects=())


@dataclass(frozen=True, slots=True)
class Spans:
    """Where a reader saw what; two readers agree when these are equal. All sorted, in characters."""

    commands: tuple[int, ...]
    words: tuple[tuple[int, int], ...]
    assignments: tuple[tuple[int, int], ...]
    redirects: tuple[tuple[str, int], ...]


class UnreadableError(Exception):
    """The command is not understood; the text says what, for a person."""


class OutOfTimeError(UnreadableError):
    """The wall limit of a live call is over."""


# After how many steps the clock is looked at, where there is one.
STEPS_BETWEEN_LOOKS = 64


@dataclass(slots=True)
class Budget:
    """Counted in steps, so that a verdict never depends on the machine. Raises when it is used up.

    wall_limit_s: for live calls alone, since there somebody waits.
    """

    steps: int = 50_000
    commands: int = 200
    depth: int = 40
    wall_limit_s: float | None = None
    _ends_at: float = field(default=float("inf"), init=False)
    _look_at: int = field(default=-1, init=False)

    def __post_init__(self) -> None:
        if self.wall_limit_s is not None:
            self._ends_at = time.monotonic() + self.wall_limit_s
            self._look_at = self.steps

    def spend(self, steps: int = 1) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise UnreadableError("It is too long to be judged.")
        if self.steps < self._look_at:
            self.look_at_clock()

    def look_at_clock(self) -> None:
        """Raises OutOfTimeError, and from then on at each step."""
        if time.monotonic() > self._ends_at:
            raise OutOfTimeError(f"timeout: it took longer than {round((self.wall_limit_s or 0) * 1000)} ms.")
        self._look_at = self.steps - STEPS_BETWEEN_LOOKS

    def spend_command(self) -> None:
        self.commands -= 1
        if self.commands < 0:
            raise UnreadableError("It holds more than 200 commands.")
