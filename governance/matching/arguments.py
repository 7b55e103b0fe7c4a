"""A program's words in their parts: options, their values, subcommands, operands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from governance.matching.tables.programs import Options, Program
from governance.matching.words import Word

VARIABLE_OPERAND = re.compile(r"[A-Za-z_][A-Za-z0-9_]*[:?+!]?=")
NOTHING_KNOWN = Program()


class Kind(Enum):
    OPTION = auto()
    VALUE = auto()
    SUBCOMMAND = auto()
    OPERAND = auto()
    # What follows an interpreter's script belongs to the script.
    SCRIPT_ARGUMENT = auto()


@dataclass(frozen=True, slots=True)
class Argument:
    """`number` is its place among the command's words; `order` counts operands from 0.

    known: what is known about the program or subcommand it belongs to. danger: what of it is dangerous.
    """

    number: int
    word: Word
    kind: Kind
    known: Program
    order: int = 0
    danger: Options | None = None

    @property
    def text(self) -> str:
        return self.word.text

    @property
    def is_first_operand(self) -> bool:
        return self.kind is Kind.OPERAND and self.order == 0


def read_arguments(known: Program | None, words: Sequence[Word]) -> list[Argument]:
    """Of a whole command; `words[0]` is the program. What is not known is read as flags and operands."""
    known = known or NOTHING_KNOWN
    arguments: list[Argument] = []
    order = 0
    is_value = has_ended = False
    for number, word in enumerate(words[1:], 1):
        text = word.text
        if is_value:
            arguments.append(Argument(number, word, Kind.VALUE, known))
            is_value = False
        elif text == "--" and not has_ended:
            has_ended = not has_subcommands(known)
        elif is_option(text) and not has_ended:
            arguments.append(Argument(number, word, Kind.OPTION, known, danger=find_option(known, text)))
            is_value = takes_value(known, text)
        elif has_subcommands(known):
            arguments.append(Argument(number, word, Kind.SUBCOMMAND, known))
            known = known.subcommands.get(text) or Program(known.options, known.values)
        elif known.is_interpreter and order:
            arguments.append(Argument(number, word, Kind.SCRIPT_ARGUMENT, known, order))
        else:
            danger = find_operand(known, text, is_first=order == 0)
            arguments.append(Argument(number, word, Kind.OPERAND, known, order, danger))
            order += 1
            has_ended = has_ended or known.is_interpreter
    return arguments


def has_subcommands(known: Program) -> bool:
    return bool(known.subcommands or known.dangerous_subcommands)


def is_option(text: str) -> bool:
    """`+%Y` is what date prints."""
    return len(text) > 1 and text[0] in "-+" and not text.startswith("+%")


def find_option(known: Program, text: str) -> Options | None:
    """The dangerous option that this word is, holds, or abbreviates."""
    name = text.partition("=")[0]
    if name in known.values:
        return None
    for options in known.options:
        if any(is_same_option(known, text, name, dangerous) for dangerous in options.names):
            return options
    if text[0] == "-" and not text.startswith("--") and not known.has_long_single_dash:
        return find_in_letters(known, text)
    return None


def is_same_option(known: Program, text: str, name: str, dangerous: str) -> bool:
    if dangerous.endswith(":"):
        return dangerous[0] in "-+" and text.startswith(dangerous[:-1])
    if name == dangerous:
        return True
    is_abbreviation = known.takes_abbreviations and name.startswith("--") and len(name) > 3
    return is_abbreviation and dangerous.startswith(name)


def find_in_letters(known: Program, text: str) -> Options | None:
    """Several short options in one word; what follows one with a value is that value."""
    for letter in text[1:]:
        option = f"-{letter}"
        if option in known.values:
            return None
        for options in known.options:
            if option in options.names:
                return options
    return None


def find_operand(known: Program, text: str, *, is_first: bool) -> Options | None:
    """Operands that are dangerous by their form: `of=…` of dd, `xIf` of tar."""
    for options in known.options:
        for dangerous in options.names:
            if not dangerous.endswith(":") or dangerous[0] in "-+":
                continue
            if dangerous == "*:" or (dangerous == "*=:" and VARIABLE_OPERAND.match(text)):
                return options
            if "*" not in dangerous and text.startswith(dangerous[:-1]):
                return options
    if is_first and known.has_bundle_first and text.isalpha():
        return find_in_letters(known, "-" + text)
    return None


def takes_value(known: Program, text: str) -> bool:
    """Whether the option's value is the next word."""
    if text in known.values:
        return True
    if text.startswith("--") or known.has_long_single_dash:
        return False
    for number, letter in enumerate(text[1:], 1):
        if f"-{letter}" in known.values:
            return number == len(text) - 1
    return False
