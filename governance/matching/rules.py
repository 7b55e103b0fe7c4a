"""Rules over commands, compiled once and looked up by their first word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from governance.matching.covered_urls import build_url
from governance.matching.patterns import (
    Token,
    build_covering,
    build_expression,
    count_named,
    join_words,
    mark_blanks,
    read_tokens,
)
from governance.matching.spelled import Spelled
from governance.matching.strict_reader import read_one_command
from governance.matching.words import SimpleCommand, UnreadableError


class Effect(StrEnum):
    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


# Words, assignments (name, operator, value), redirects (operator, descriptor, target or body).
ExactForm = tuple[tuple[str, ...], tuple[tuple[str, str, str], ...], tuple[tuple[str, str, str], ...]]


@dataclass(frozen=True)
class Rule:
    """`pattern` without * and ? is exact. `id` and `version` name it in every verdict.

    name: as people call it. message: what an agent is told when it decides. conditions: (path, pattern) over
    an MCP tool's arguments.
    """

    pattern: str
    effect: Effect
    permission: str = "bash"
    id: str = ""
    version: int = 0
    is_strict: bool = False
    allows_redirects: bool = False
    message: str = ""
    conditions: tuple[tuple[str, str], ...] = ()
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.id or f"{self.effect} {self.pattern}"

    @cached_property
    def tokens(self) -> list[Token]:
        try:
            return read_tokens(self.pattern)
        except UnreadableError:
            return [Token(tuple((character, False) for character in word)) for word in self.pattern.split()]

    @cached_property
    def is_exact(self) -> bool:
        return self.is_strict or all(token.is_literal for token in self.tokens)

    @cached_property
    def exact(self) -> ExactForm | None:
        """What an exact rule stands for; None when its value is not one simple command."""
        try:
            return describe_exactly(self.pattern, read_one_command(self.pattern))
        except UnreadableError:
            return None

    @cached_property
    def plain_line(self) -> str | None:
        """Of an exact rule of known words and nothing else: those words, as `join_words` makes them."""
        if self.exact is None:
            return None
        words, assignments, redirects = self.exact
        is_plain = not assignments and not redirects and not any(text.startswith("\0") for text in words)
        return join_words(words) if is_plain else None

    @cached_property
    def covering(self) -> re.Pattern[str]:
        return re.compile(build_covering(self.tokens), re.DOTALL)

    @cached_property
    def urls(self) -> tuple[re.Pattern[str], ...]:
        """What its words with a scheme stand for, wildcards kept out of the host where it is said."""
        sources = (build_url(token) for token in self.tokens if not token.is_literal)
        return tuple(re.compile(source, re.DOTALL | re.IGNORECASE) for source in sources if source)

    @cached_property
    def first(self) -> str:
        """The program it is about, "" when that is a wildcard."""
        return mark_blanks(self.tokens[0].text) if self.tokens and self.tokens[0].is_literal else ""

    def spell(self, place: str, texts: Sequence[str] = ()) -> Spelled:
        """What it says itself of a command's words (`texts`): `status*` says `status`."""
        named = count_named(self.tokens)
        if named < len(self.tokens) and named < len(texts) and self.tokens[named].names(texts[named]):
            named += 1
        last = self.tokens[-1] if self.tokens else Token(())
        folder = last.folder if len(self.tokens) > 1 and not last.is_literal else ""
        return Spelled(named, folder, len(self.tokens) - 1, self.allows_redirects, place, self.urls)


def describe_exactly(source: str, command: SimpleCommand) -> ExactForm:
    """Words, assignments and redirects; what is not known before the run by how it is written."""

    def describe(text: str, start: int, end: int, *, has_glob: bool) -> str:
        return "\0" + source[start:end] if "\0" in text or has_glob else text

    return (
        tuple(describe(word.text, word.start, word.end, has_glob=word.has_glob) for word in command.words),
        tuple(
            (
                item.name,
                item.operator,
                describe(item.value.text, item.value.start, item.value.end, has_glob=item.value.has_glob),
            )
            for item in command.assignments
        ),
        tuple(
            (
                item.operator,
                item.descriptor,
                item.body
                if item.target is None
                else describe(
                    item.target.text, item.target.start, item.target.end, has_glob=item.target.has_glob
                ),
            )
            for item in command.redirects
        ),
    )


class Bucket:
    """Rules whose first word is the same, as one expression over what follows it; denials come first."""

    __slots__ = ("match", "rules")

    def __init__(self, first: str, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        skipped = len(re.escape(first))
        sources = (
            build_covering(rule.tokens) if rule.effect is Effect.ALLOW else build_expression(rule.tokens)
            for rule in rules
        )
        self.match = re.compile("|".join(f"({source[skipped:]})\\Z" for source in sources), re.DOTALL).match


STRICTNESS = (Effect.DENY, Effect.ASK, Effect.ALLOW)


class Index:
    """Rules of every effect: by first word, and those that begin with a wildcard."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        grouped: dict[str, list[Rule]] = {}
        for rule in sorted(rules, key=lambda rule: STRICTNESS.index(rule.effect)):
            grouped.setdefault(rule.first, []).append(rule)
        self.anywhere = Bucket("", grouped.pop("")) if "" in grouped else None
        self.by_first = {first: Bucket(first, group) for first, group in grouped.items()}

    def find(self, line: str) -> Rule | None:
        """The strictest rule whose pattern matches the line made by `join_words`."""
        first = line.partition(" ")[0]
        bucket = self.by_first.get(first)
        rule = None
        if bucket is not None and (found := bucket.match(line, len(first))):
            rule = bucket.rules[(found.lastindex or 1) - 1]
        if self.anywhere is not None and (found := self.anywhere.match(line)):
            other = self.anywhere.rules[(found.lastindex or 1) - 1]
            if rule is None or STRICTNESS.index(other.effect) < STRICTNESS.index(rule.effect):
                return other
        return rule

    def list_allowing(self, line: str) -> Iterator[Rule]:
        """Every rule that allows what the line says, as far as its pattern goes."""
        for bucket in (self.by_first.get(line.partition(" ")[0]), self.anywhere):
            if bucket is not None:
                for rule in bucket.rules:
                    if rule.effect is Effect.ALLOW and rule.covering.fullmatch(line):
                        yield rule


def is_about_commands(rule: Rule) -> bool:
    """A denial or question may be about every verb."""
    return rule.permission == "bash" or (rule.permission == "*" and rule.effect is not Effect.ALLOW)
