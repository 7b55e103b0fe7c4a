"""Both readings of a command line, and what to do when they do not agree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from governance.matching.command_reader import ASSIGNMENT
from governance.matching.grammar_reader import GrammarReader, explain_difference, find_spans
from governance.matching.strict_reader import read_once, read_strictly
from governance.matching.tables.programs import words
from governance.matching.words import Budget, SimpleCommand, UnreadableError, Word

# Longer ones are read within the time of who waits.
MAX_KEPT = 20_000


def read_both(source: str, budget: Budget) -> tuple[list[SimpleCommand], str]:
    """The commands both readers see; or what is found roughly, and why it can't be trusted.

    Nothing may be spent of the budget yet.
    """
    try:
        commands = read_within(source, budget)
    except UnreadableError as error:
        return list(read_roughly(source, budget)), str(error)
    try:
        grammar = GrammarReader(source, budget)
    except UnreadableError as error:
        return commands, str(error)
    doubt = grammar.problem or explain_difference(find_spans(commands), grammar.spans)
    if doubt:
        commands = [*commands, *read_roughly(source, budget)]
    return commands, doubt


def read_within(source: str, budget: Budget) -> list[SimpleCommand]:
    """By our own reader, at the same price whether or not the text was read a moment ago."""
    if len(source) > MAX_KEPT:
        return read_strictly(source, budget)
    reading = read_once(source)
    budget.steps -= reading.steps
    budget.commands -= reading.counted
    if reading.problem:
        raise UnreadableError(reading.problem)
    return list(reading.commands)


# Where a command may end or begin, and what may stand before its name.
BORDERS = re.compile(r"[;&|\n(){}`<>]+|\$\(")
LEADING = words("if then elif else do while until ! time coproc in case esac fi done")


def read_roughly(source: str, budget: Budget) -> Iterator[SimpleCommand]:
    """Whatever could be a command in a text that is not understood: for denials alone."""
    for piece in BORDERS.split(source):
        budget.spend()
        words = [word.translate(QUOTES) for word in piece.replace("\\\n", "").split()]
        while words and (words[0] in LEADING or ASSIGNMENT.match(words[0])):
            words = words[1:]
        if words:
            yield SimpleCommand(tuple(Word(word, 0, 0) for word in words))


QUOTES = str.maketrans("", "", "'\"\\")
