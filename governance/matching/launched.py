"""Where the program stands that another program is told to run: `uv run pytest`, `docker exec web ls`."""

from __future__ import annotations

from governance.matching.arguments import Kind, read_arguments
from governance.matching.tables.lookup import PROGRAMS
from governance.matching.tables.wrappers import LAUNCHING, MODULES, RUNNERS
from governance.matching.words import Word


def find_launched(program: str, words: tuple[Word, ...]) -> int | None:
    """The number of the word that names it, None when these words launch nothing."""
    if program in RUNNERS:
        return 1 if len(words) > 1 and words[1].text != "--version" else None
    if program in MODULES:
        return find_module(words)
    if program in LAUNCHING:
        return find_marked(words, LAUNCHING[program])
    return find_contained(program, words)


def find_marked(words: tuple[Word, ...], markers: frozenset[str]) -> int | None:
    """Behind the first marker and its options; a rule says these, since their values can't be told apart."""
    was_option = False
    for number, word in enumerate(words[1:], 1):
        text = word.text
        if text in markers:
            inner = number + 1
            while inner < len(words) and words[inner].text.startswith("-"):
                inner += 1
            return inner
        # What follows an option may be its value; any other word is another subcommand.
        if not text.startswith("-") and not was_option:
            return None
        was_option = text.startswith("-") and "=" not in text
    return None


def find_module(words: tuple[Word, ...]) -> int | None:
    """`python -m MODULE`: the module."""
    for number, word in enumerate(words[1:], 1):
        if word.text == "-m":
            return number + 1
        if not word.text.startswith("-"):
            return None
    return None


def find_contained(program: str, words: tuple[Word, ...]) -> int | None:
    """`docker exec web PROGRAM`: as many operands behind the subcommand as the table says."""
    known = PROGRAMS.get(program)
    if known is None or not known.dangerous_subcommands:
        return None
    needed = 0
    for argument in read_arguments(known, words):
        if argument.kind not in {Kind.SUBCOMMAND, Kind.OPERAND}:
            continue
        if needed:
            needed -= 1
            if not needed:
                return argument.number
        elif argument.kind is Kind.SUBCOMMAND:
            needed = max(0, argument.known.spelled_after.get(argument.text, 0))
    return None
