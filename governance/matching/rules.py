"""Rules over commands, compiled once and looked up by their first word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from governance.matching.paths import get_base_name, strip_system_folder
from governance.matching.patterns import (
    Token,
    build_expression,
    count_named,
    join_words,
    mark_blanks,
    read_tokens,
)
from governance.matching.spelled import Spelled
from governance.matching.strict_reader import read_one_command
from governance.matching.tables.programs import words as split_words
from governance.matching.words import SimpleCommand, UnreadableError


class Effect(StrEnum):
    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


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
    def exact(self) -> tuple[object, ...] | None:
        """What an exact rule stands for; None when its value is not one simple command."""
        try:
            return describe_exactly(self.pattern, read_one_command(self.pattern))
        except UnreadableError:
            return None

    @cached_property
    def expression(self) -> re.Pattern[str]:
        return re.compile(build_expression(self.tokens), re.DOTALL)

    @cached_property
    def first(self) -> str:
        """The program it is about, "" when that is a wildcard."""
        return mark_blanks(self.tokens[0].text) if self.tokens and self.tokens[0].is_literal else ""

    def spell(self, place: str) -> Spelled:
        """What of a command's words it says itself."""
        named = count_named(self.tokens)
        last = self.tokens[-1] if self.tokens else Token(())
        folder = last.folder if not last.is_literal else ""
        return Spelled(named, folder, len(self.tokens) - 1, self.allows_redirects, place)


def describe_exactly(source: str, command: SimpleCommand) -> tuple[object, ...]:
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


@dataclass(frozen=True, slots=True)
class Bucket:
    """Rules that begin with the same word, as one expression: group number → rule."""

    expression: re.Pattern[str]
    rules: tuple[Rule, ...]

    @classmethod
    def of(cls, rules: Sequence[Rule]) -> Bucket:
        source = "|".join(f"({build_expression(rule.tokens)})\\Z" for rule in rules)
        return cls(re.compile(source, re.DOTALL), tuple(rules))

    def find(self, text: str) -> Rule | None:
        found = self.expression.match(text)
        return self.rules[found.lastindex - 1] if found and found.lastindex else None


class Index:
    """Rules of one effect: by first word, and those that begin with a wildcard."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        grouped: dict[str, list[Rule]] = {}
        for rule in rules:
            grouped.setdefault(rule.first, []).append(rule)
        self.anywhere = Bucket.of(grouped.pop("", [])) if "" in grouped else None
        self.by_first = {first: Bucket.of(group) for first, group in grouped.items()}

    def find(self, text: str) -> Rule | None:
        """The first rule whose pattern matches the line made by `join_words`."""
        bucket = self.by_first.get(text.partition(" ")[0])
        if bucket is not None and (rule := bucket.find(text)) is not None:
            return rule
        return self.anywhere.find(text) if self.anywhere is not None else None

    def list_matching(self, text: str) -> Iterator[Rule]:
        for bucket in (self.by_first.get(text.partition(" ")[0]), self.anywhere):
            if bucket is not None:
                yield from (rule for rule in bucket.rules if rule.expression.fullmatch(text))


class RuleSet:
    """Compiled rules of the verb `bash`; the order they came in changes nothing."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        ordered = sorted(
            (rule for rule in rules if is_about_commands(rule) and rule.tokens),
            key=lambda rule: (rule.pattern, rule.id),
        )
        self.denials = [rule for rule in ordered if rule.effect is Effect.DENY]
        self.questions = [rule for rule in ordered if rule.effect is Effect.ASK]
        self.deny = Index(self.denials)
        self.ask = Index(self.questions)
        allowing = [rule for rule in ordered if rule.effect is Effect.ALLOW]
        self.allow = Index([rule for rule in allowing if not rule.is_exact])
        self.exact: dict[tuple[object, ...], Rule] = {}
        for rule in allowing:
            if rule.is_exact and rule.exact is not None:
                self.exact.setdefault(rule.exact, rule)
        self.loose_denials = [LooseRule.of(rule) for rule in self.denials]
        self.loose_questions = [LooseRule.of(rule) for rule in self.questions]

    def find_exact(self, source: str, command: SimpleCommand) -> Rule | None:
        return self.exact.get(describe_exactly(source, command)) if self.exact else None


def is_about_commands(rule: Rule) -> bool:
    """A denial or question may be about every verb."""
    return rule.permission == "bash" or (rule.permission == "*" and rule.effect is not Effect.ALLOW)


@dataclass(frozen=True)
class LooseRule:
    """A deny or ask rule by its meaning: program, options in any order and spelling, operands in order."""

    rule: Rule
    program: str
    letters: frozenset[str]
    long_options: tuple[re.Pattern[str], ...]
    operands: tuple[re.Pattern[str], ...]
    is_open: bool

    @classmethod
    def of(cls, rule: Rule) -> LooseRule:
        tokens = rule.tokens
        letters: set[str] = set()
        long_options: list[re.Pattern[str]] = []
        operands: list[re.Pattern[str]] = []
        for token in tokens[1:]:
            text = token.text
            if token.is_star:
                continue
            if text.startswith("--") and len(text) > 2:
                long_options.append(re.compile(build_expression([token]), re.DOTALL))
            elif text.startswith("-") and len(text) > 1 and text[1:].isalpha() and token.is_literal:
                letters |= set(text[1:])
            else:
                operands.append(re.compile(build_expression([token]), re.DOTALL))
        return cls(
            rule,
            tokens[0].text if tokens[0].is_literal else "",
            frozenset(letters),
            tuple(long_options),
            tuple(operands),
            any(not token.is_literal for token in tokens),
        )

    @property
    def has_options(self) -> bool:
        return bool(self.letters or self.long_options)

    def matches(self, program: str, words: Sequence[str]) -> bool:
        """`words` without the program. Only for rules that name options; others match by text."""
        if not self.program or program != self.program or not self.has_options:
            return False
        options = [word for word in words if len(word) > 1 and word[0] == "-"]
        operands = [word for word in words if not (len(word) > 1 and word[0] == "-")]
        short = {
            LETTER_TWINS.get((program, letter), letter)
            for word in options
            if not word.startswith("--")
            for letter in word[1:].partition("=")[0]
        }
        spelled = {SYNONYMS.get((program, word.partition("=")[0]), "") for word in options}
        if not self.letters <= short | spelled:
            return False
        long_words = [word for word in options if word.startswith("--")]
        long_words += [name for letter in short for name in LONG_NAMES.get((program, letter), ())]
        for pattern in self.long_options:
            if not any(pattern.fullmatch(word) or is_abbreviation(word, pattern) for word in long_words):
                return False
        remaining = iter(operands)
        if not all(
            any(pattern.fullmatch(mark_blanks(word)) for word in remaining) for pattern in self.operands
        ):
            return False
        return self.is_open or len(operands) == len(self.operands)


def is_abbreviation(word: str, pattern: re.Pattern[str]) -> bool:
    """`--forc` of a pattern for `--force`."""
    name = word.partition("=")[0]
    literal = pattern.pattern.replace("\\-", "-").split(".")[0].split("=")[0]
    return len(name) > 4 and literal.startswith(name)


# (program, long option) → its letter, for rules that name the letter.
SYNONYMS = {
    ("rm", "--recursive"): "r",
    ("rm", "--force"): "f",
    ("cp", "--recursive"): "r",
    ("chmod", "--recursive"): "R",
    ("chown", "--recursive"): "R",
    ("git", "--force"): "f",
    ("git", "--force-with-lease"): "f",
    ("git", "--delete"): "d",
    ("curl", "--output"): "o",
    ("sed", "--in-place"): "i",
    ("docker", "--volume"): "v",
}
# (program, letter) → the letter that means the same.
LETTER_TWINS = {("rm", "R"): "r", ("cp", "R"): "r"}
LONG_NAMES = {
    ("rm", "r"): ("--recursive",),
    ("rm", "f"): ("--force",),
    ("git", "f"): ("--force",),
    ("git", "d"): ("--delete",),
    ("git", "D"): ("--delete", "--force"),
    ("sed", "i"): ("--in-place",),
    ("chmod", "R"): ("--recursive",),
    ("chown", "R"): ("--recursive",),
    ("curl", "o"): ("--output",),
}


def list_views(command: SimpleCommand) -> list[list[str]]:
    """The forms of a command that deny and ask rules look at.

    As written, by base name, and without the options that stand before a subcommand.
    """
    texts = [word.text for word in command.words]
    views = [texts]
    base = get_base_name(texts[0]).lower() if texts[0] else ""
    if base != texts[0]:
        views.append([base, *texts[1:]])
    stripped = strip_leading_options(base, texts)
    if stripped is not None:
        views.append(stripped)
    return views


def strip_leading_options(program: str, texts: list[str]) -> list[str] | None:
    values = LEADING_VALUES.get(program)
    if values is None or len(texts) < 2 or not texts[1].startswith("-"):
        return None
    at = 1
    while at < len(texts) and texts[at].startswith("-"):
        at += 2 if texts[at] in values else 1
    return [program, *texts[at:]]


# Programs with subcommands, and those of their options before it that take the next word.
LEADING_VALUES: dict[str, frozenset[str]] = {
    "git": frozenset(
        split_words("-C -c --git-dir --work-tree --namespace --exec-path --config-env --super-prefix")
    ),
    "docker": split_words("-H --host -c --context --config -l --log-level"),
    "podman": split_words("-H --host -c --connection --url --root --runroot --log-level"),
    "kubectl": frozenset(
        split_words("-n --namespace --context --kubeconfig --cluster --user -s --server --as --token")
    ),
    "npm": split_words("--prefix -C --workspace -w --userconfig --registry"),
    "pnpm": split_words("-C --dir --filter -F"),
    "yarn": split_words("--cwd"),
    "pip": split_words("--python --proxy --timeout --log"),
    "pip3": split_words("--python --proxy --timeout --log"),
    "cargo": split_words("--config -Z --color -C"),
    "systemctl": split_words("-H --host -M --machine -t --type --root"),
    "go": split_words("-C"),
    "terraform": frozenset(),
    "helm": split_words("-n --namespace --kubeconfig --kube-context"),
    "aws": split_words("--profile --region --endpoint-url --output"),
    "gh": split_words("-R --repo --hostname"),
    "apt": split_words("-o -c -t"),
    "apt-get": split_words("-o -c -t"),
    "uv": split_words("--directory --project --config-file --python"),
}

__all__ = ["Bucket", "Effect", "Index", "Rule", "RuleSet", "join_words", "list_views", "strip_system_folder"]
