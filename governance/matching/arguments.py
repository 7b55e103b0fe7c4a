"""A program's words in their parts: options, their values, subcommands, operands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cache

from governance.matching.tables.programs import Options, Program
from governance.matching.words import Word

# Anything that sets a variable of make, in all its spellings: A=1, A ::= 1, .SHELLFLAGS=…
VARIABLE_OPERAND = re.compile(r"[^=]*=", re.DOTALL)
HARMLESS_VARIABLE_OPERAND = re.compile(r"(?:V|VERBOSE|DEBUG|Q|QUIET|CI)=[0-9a-z]*")
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
    option: of a value, the option it belongs to.
    """

    number: int
    word: Word
    kind: Kind
    known: Program
    order: int = 0
    danger: Options | None = None
    option: str = ""

    @property
    def text(self) -> str:
        return self.word.text

    @property
    def is_first_operand(self) -> bool:
        return self.kind is Kind.OPERAND and self.order == 0

    @property
    def is_text(self) -> bool:
        """A pattern to search for, a script, a message: no path, however it looks."""
        if self.kind is Kind.VALUE:
            return self.option in self.known.texts
        if self.kind is Kind.OPTION:
            return any(is_given(self.text, option) for option in self.known.texts)
        return self.known.first_operand in {"pattern", "code"} and self.is_first_operand


def read_arguments(known: Program | None, words: Sequence[Word]) -> list[Argument]:
    """Of a whole command; `words[0]` is the program. What is not known is read as flags and operands."""
    known = known or NOTHING_KNOWN
    arguments: list[Argument] = []
    order = 0
    value_of = ""
    has_ended = may_be_value = False
    for number, word in enumerate(words[1:], 1):
        text = word.text
        if value_of:
            arguments.append(Argument(number, word, Kind.VALUE, known, option=value_of))
            value_of = ""
        elif text == "--" and not has_ended:
            has_ended = not has_subcommands(known)
        elif is_option(text) and not has_ended:
            arguments.append(Argument(number, word, Kind.OPTION, known, danger=find_option(known, text)))
            value_of = find_valued(known, text)
            may_be_value = known.is_interpreter and text.startswith("--") and "=" not in text
            continue
        elif has_subcommands(known):
            danger = find_operand(known, text, is_first=False)
            arguments.append(Argument(number, word, Kind.SUBCOMMAND, known, danger=danger))
            known = known.subcommands.get(text) or find_rest(known)
        elif known.is_interpreter and order and has_ended:
            arguments.append(Argument(number, word, Kind.SCRIPT_ARGUMENT, known, order))
        else:
            danger = find_operand(known, text, is_first=order == 0)
            arguments.append(Argument(number, word, Kind.OPERAND, known, order, danger))
            order += 1
            # What follows an unknown long option of an interpreter may be its value, not the script.
            has_ended = has_ended or (known.is_interpreter and not may_be_value)
        may_be_value = False
    if known.givers and any(gives_first(argument) for argument in arguments):
        arguments = [replace(argument, order=argument.order + 1) for argument in arguments]
    return arguments


@cache
def find_plain(
    options: tuple[Options, ...],
    values: frozenset[str],
    texts: frozenset[str],
    takes_abbreviations: bool,
    has_long_single_dash: bool,
) -> Program:
    return Program(
        options,
        values,
        texts,
        takes_abbreviations=takes_abbreviations,
        has_long_single_dash=has_long_single_dash,
    )


def find_rest(known: Program) -> Program:
    """What is known behind a subcommand that has no entry of its own: the program's options."""
    return find_plain(
        known.options, known.values, known.texts, known.takes_abbreviations, known.has_long_single_dash
    )


def has_subcommands(known: Program) -> bool:
    return bool(known.subcommands or known.dangerous_subcommands)


def is_option(text: str) -> bool:
    """`+%Y` is what date prints."""
    return len(text) > 1 and text[0] in "-+" and not text.startswith("+%")


def gives_first(argument: Argument) -> bool:
    """Whether this option gives what the first operand would be: the pattern of `grep -e`."""
    if argument.kind is not Kind.OPTION:
        return False
    known, text = argument.known, argument.text
    name = text.partition("=")[0]
    if text.startswith("--"):
        return len(name) > 2 and any(giver.startswith(name) for giver in known.givers)
    for letter in text[1:]:
        if f"-{letter}" in known.givers:
            return True
        if f"-{letter}" in known.values:
            return False
    return False


def is_given(text: str, option: str) -> bool:
    """Whether the word is that option with its value."""
    if option.startswith("--"):
        return text.startswith(option + "=")
    return len(text) > 2 and text.startswith(option)


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
    if known.has_long_single_dash and name.lstrip("-") == dangerous.lstrip("-"):
        return True
    is_abbreviation = known.takes_abbreviations and name.startswith("--") and len(name) > 2
    return is_abbreviation and dangerous.startswith(name)


def find_in_letters(known: Program, text: str, *, is_bundle: bool = False) -> Options | None:
    """Several short options in one word; what follows one with a value is that value, save in a bundle."""
    for letter in text[1:]:
        option = f"-{letter}"
        if option in known.values and not is_bundle:
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
            if dangerous == "*:":
                return options
            if dangerous == "*=:" and VARIABLE_OPERAND.match(text):
                return None if HARMLESS_VARIABLE_OPERAND.fullmatch(text) else options
            if "*" not in dangerous and text.lower().startswith(dangerous[:-1].lower()):
                return options
    if is_first and known.has_bundle_first and text.isalpha():
        return find_in_letters(known, "-" + text, is_bundle=True)
    return None


def find_valued(known: Program, text: str) -> str:
    """The option in this word whose value is the next word, "" without one."""
    if text in known.valued:
        return text
    if text.startswith("--") or known.has_long_single_dash:
        return ""
    for number, letter in enumerate(text[1:], 1):
        if f"-{letter}" in known.valued:
            return f"-{letter}" if number == len(text) - 1 else ""
    return ""
