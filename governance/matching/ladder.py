"""What rule could cover a command that people keep approving: from exactly this to all that begins so."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from governance.matching.arguments import Kind, read_arguments
from governance.matching.judge import judge_command
from governance.matching.leading import read_plain_command, take_leading_words
from governance.matching.paths import strip_system_folder
from governance.matching.rule_set import RuleSet
from governance.matching.rules import Effect, Rule
from governance.matching.strict_reader import read_one_command
from governance.matching.tables.lookup import PROGRAMS
from governance.matching.words import SimpleCommand, UnreadableError

EXACTLY, SAME_OPTIONS, SAME_BEGINNING = (
    "exactly this",
    "the same options, other operands",
    "all that begins so",
)


@dataclass(frozen=True, slots=True)
class Shape:
    """A rule's value. is_strict: no wildcard is meant. label: for a person."""

    pattern: str
    is_strict: bool
    label: str


def list_shapes(command: str, *, place: str = "") -> tuple[Shape, ...]:
    """Narrowest first; only those by which the command would be allowed. None for more than one command.

    place: the project folder, as far as it is known.
    """
    text = command.strip()
    try:
        read_one_command(text)
    except (UnreadableError, RecursionError):
        return ()
    shapes = [Shape(text, is_strict=True, label=EXACTLY)]
    plain = read_plain_command(text)
    if plain is not None:
        words = [word.text for word in plain.words]
        options, leading = words[: count_before_operands(plain)], take_leading_words(words)
        if len(options) > len(leading):
            shapes.append(Shape(write_open(options), is_strict=False, label=SAME_OPTIONS))
        if leading:
            shapes.append(Shape(write_open(leading), is_strict=False, label=SAME_BEGINNING))
    return tuple(shape for shape in shapes if would_allow(shape, text, place))


def count_before_operands(command: SimpleCommand) -> int:
    """How many words stand before the first operand: the program, its subcommands and options."""
    known = PROGRAMS.get(strip_system_folder(command.name))
    for argument in read_arguments(known, command.words):
        if argument.kind in {Kind.OPERAND, Kind.SCRIPT_ARGUMENT}:
            return argument.number
    return len(command.words)


def write_open(words: list[str]) -> str:
    """A pattern of these words and whatever follows, quoted so that nothing in them is a wildcard."""
    return " ".join(map(shlex.quote, words)) + " *"


def would_allow(shape: Shape, command: str, place: str) -> bool:
    rule = Rule(shape.pattern, Effect.ALLOW, is_strict=shape.is_strict)
    return judge_command(command, RuleSet([rule]), place=place).effect is Effect.ALLOW
