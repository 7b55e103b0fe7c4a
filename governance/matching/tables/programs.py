"""The form of what is known about a program's options; the knowledge itself stands beside it, by topic."""

from __future__ import annotations

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
    """Options of one danger. `names` as on the command line; a name that ends in ":" takes any suffix."""

    danger: Danger
    names: frozenset[str]
    why: str


def runs(names: str, why: str) -> Options:
    return Options(Danger.RUNS, frozenset(names.split()), why)


def writes(names: str, why: str) -> Options:
    return Options(Danger.WRITES, frozenset(names.split()), why)


def reads(names: str, why: str) -> Options:
    return Options(Danger.READS, frozenset(names.split()), why)


def reaches(names: str, why: str) -> Options:
    return Options(Danger.REACHES, frozenset(names.split()), why)


@dataclass(frozen=True, slots=True)
class Program:
    """What is known about a program.

    options: dangerous ones. values: harmless options whose value is the next word, or follows in the same.
    subcommands: the known ones; any other is asked about. dangerous_subcommands: name → why.
    is_interpreter: runs code from standard input when it gets no file; what follows the file is the file's.
    first_operand: "" for a path, "pattern" for text that is no path, "code" for what it runs.
    has_long_single_dash: `-exec` is one option, not five. takes_paths: False when no operand is a path.
    takes_abbreviations: `--outp` is `--output`. has_bundle_first: the first operand may be letters of
    options, as in `tar czf`. is_harmless: no option runs or writes anything.
    """

    options: tuple[Options, ...] = ()
    values: frozenset[str] = frozenset()
    subcommands: Mapping[str, Program] = field(default_factory=dict)
    dangerous_subcommands: Mapping[str, str] = field(default_factory=dict)
    is_interpreter: bool = False
    first_operand: str = ""
    has_long_single_dash: bool = False
    takes_paths: bool = True
    takes_abbreviations: bool = True
    has_bundle_first: bool = False
    is_harmless: bool = False


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def harmless(values: str = "", **more: object) -> Program:
    """A program that neither runs nor writes anything, whatever its options."""
    return Program(values=words(values), is_harmless=True, **more)  # type: ignore[arg-type]
