"""The form of what is known about a program's options; the knowledge itself stands beside it, by topic."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Danger(StrEnum):
    """What an option does that a wildcard never covers."""

    RUNS = "runs a program or code"
    WRITES = "writes or removes files"
    READS = "reads a file that decides what is run or sent"
    REACHES = "reaches past the project or this machine"


@dataclass(frozen=True, slots=True)
class Options:
    """Options of one danger. `names` as on the command line; a name that ends in ":" takes any suffix.

    harmless: values (as a whole) with which they are not dangerous.
    """

    danger: Danger
    names: frozenset[str]
    why: str
    harmless: re.Pattern[str] | None = None


def runs(names: str, why: str, *, harmless: str = "") -> Options:
    return make(Danger.RUNS, names, why, harmless)


def writes(names: str, why: str, *, harmless: str = "") -> Options:
    return make(Danger.WRITES, names, why, harmless)


def reads(names: str, why: str, *, harmless: str = "") -> Options:
    return make(Danger.READS, names, why, harmless)


def reaches(names: str, why: str, *, harmless: str = "") -> Options:
    return make(Danger.REACHES, names, why, harmless)


def make(danger: Danger, names: str, why: str, harmless: str) -> Options:
    return Options(
        danger, frozenset(names.split()), why, re.compile(harmless, re.DOTALL) if harmless else None
    )


@dataclass(frozen=True, slots=True)
class Program:
    """What is known about a program.

    options: dangerous ones. values: harmless options whose value is the next word, or follows in the same.
    texts: those of `values` whose value is no path, however it looks. givers: options that give what the
    first operand would have been, so that all operands are paths.
    subcommands: the known ones; any other is asked about. dangerous_subcommands: name → why; a rule covers
    one that it spells, and spelled_after more operands where that is said (the program that would run;
    -1: where the rule spells the word before it). harmless_forms: of a dangerous subcommand, the words
    after it with which it only tells something. valued: options whose value is looked at.
    is_interpreter: runs code from standard input when it gets no file; what follows the file is the file's.
    first_operand: "" for a path, "pattern" for text that is no path, "code" for what it runs.
    has_long_single_dash: `-exec` is one option, not five. takes_paths: False when no operand is a path.
    takes_abbreviations: `--outp` is `--output`. has_bundle_first: the first operand may be letters of
    options, as in `tar czf`. is_harmless: no option runs or writes anything. is_reading: none does but the
    dangerous ones. tells_names_only: it shows no file's content.
    """

    options: tuple[Options, ...] = ()
    values: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    givers: frozenset[str] = frozenset()
    subcommands: Mapping[str, Program] = field(default_factory=dict)
    dangerous_subcommands: Mapping[str, str] = field(default_factory=dict)
    spelled_after: Mapping[str, int] = field(default_factory=dict)
    harmless_forms: Mapping[str, frozenset[str]] = field(default_factory=dict)
    is_interpreter: bool = False
    first_operand: str = ""
    has_long_single_dash: bool = False
    takes_paths: bool = True
    takes_abbreviations: bool = True
    has_bundle_first: bool = False
    is_harmless: bool = False
    is_reading: bool = False
    tells_names_only: bool = False
    valued: frozenset[str] = field(init=False, default=frozenset())

    def __post_init__(self) -> None:
        judged = (options.names for options in self.options if options.harmless is not None)
        object.__setattr__(self, "valued", self.values.union(*judged))


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def harmless(values: str = "", **more: object) -> Program:
    """A program that neither runs nor writes anything, whatever its options."""
    return Program(values=words(values), is_harmless=True, **more)  # type: ignore[arg-type]
