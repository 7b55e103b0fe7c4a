"""Deny and ask rules by their meaning: whatever way a command is written that does what they name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from governance.matching.paths import get_base_name, is_inside
from governance.matching.patterns import Token, build_expression, join_words, list_pieces, mark_blanks
from governance.matching.rules import Effect, Index, Rule
from governance.matching.tables.programs import words
from governance.matching.words import UNKNOWN, SimpleCommand, Word

MAX_MEETING = 4096


@dataclass(frozen=True)
class Operand:
    """A word of a rule that is no option. is_path: it may be any operand, and is compared as a path."""

    token: Token
    expression: re.Pattern[str]
    is_path: bool

    @classmethod
    def of(cls, token: Token) -> Operand:
        text = token.text
        is_path = "://" not in text and ("/" in text or text.startswith(".") or "." in text.strip("*?"))
        return cls(token, re.compile(build_expression([token]), re.DOTALL), is_path)

    def matches(self, word: Word, place: str, program: str = "") -> bool:
        names = {word.text} | next((group for group in ALIASES.get(program, ()) if word.text in group), set())
        if any(self.expression.fullmatch(mark_blanks(name)) for name in names):
            return True
        if not self.is_path:
            return False
        is_inner = not place or self.token.text.startswith(place)
        return any(
            self.expression.fullmatch(mark_blanks(form))
            for form in list_forms(word.text, place, is_inner=is_inner)
        )

    def may_meet(self, word: Word) -> bool:
        """Whether file names could make this word one that the operand matches."""
        return word.has_glob and may_meet(tuple(list_pieces(self.token)), word.text)


def list_forms(text: str, place: str, *, is_inner: bool) -> Iterator[str]:
    """A path without its detours: as it is, from the project, and absolute.

    is_inner: absolute also when it is in the project; else `rm /*` would be about every file of it.
    """
    if UNKNOWN in text or not text:
        return
    normal = normalise(text)
    yield normal
    yield "./" + normal
    if not place:
        return
    whole = normalise(posixpath.join(place, text))
    if is_inner or not is_inside(whole, place):
        yield whole
    inner = posixpath.relpath(whole, place)
    yield inner
    if text.endswith("/"):
        yield inner + "/"


def normalise(path: str) -> str:
    """Without detours; two slashes at the beginning are one."""
    normal = posixpath.normpath(path)
    return "/" + normal.lstrip("/") if normal.startswith("/") else normal


@lru_cache(maxsize=4096)
def may_meet(pattern: tuple[tuple[str, bool], ...], glob: str) -> bool:
    """Whether one text can match both.

    A rule's wildcards cross slashes; the shell's don't, and don't find names that begin with a dot.
    """
    if len(pattern) * len(glob) > MAX_MEETING:
        return True
    elements = re.findall(r"\[[^\]]*\]|.", glob, re.DOTALL)
    reached = {(0, 0)}
    waiting = [(0, 0)]
    while waiting:
        at, to = waiting.pop()
        if at == len(pattern) and to == len(elements):
            return True
        for step in list_steps(pattern, elements, at, to):
            if step not in reached:
                reached.add(step)
                waiting.append(step)
    return False


def list_steps(
    pattern: tuple[tuple[str, bool], ...], elements: list[str], at: int, to: int
) -> Iterator[tuple[int, int]]:
    text, is_wild = pattern[at] if at < len(pattern) else ("", False)
    element = elements[to] if to < len(elements) else ""
    is_any = element in {"*", "?"} or (len(element) > 1 and element[0] == "[")
    begins = to == 0 or elements[to - 1] == "/"
    if is_wild and text == "*":
        yield at + 1, to
        if element:
            yield at, to + 1
    if element == "*":
        yield at, to + 1
    if not text or not element:
        return
    is_same = not (text == "/" or (text == "." and begins)) if is_any else text == element
    is_met = is_wild or is_same
    if is_met and not (is_wild and text == "*"):
        yield at + 1, to + (element != "*")


@dataclass(frozen=True)
class Denial:
    """A deny or ask rule: program, options in any order and spelling, operands in order."""

    rule: Rule
    program: str
    letters: frozenset[str]
    long_options: tuple[re.Pattern[str], ...]
    operands: tuple[Operand, ...]
    is_open: bool

    @classmethod
    def of(cls, rule: Rule) -> Denial:
        tokens = rule.tokens
        letters: set[str] = set()
        long_options: list[re.Pattern[str]] = []
        operands: list[Operand] = []
        for token in tokens[1:]:
            text = token.text
            if token.is_star:
                continue
            if text.startswith("--") and len(text) > 2:
                long_options.append(re.compile(build_expression([token]), re.DOTALL))
            elif LETTERS.fullmatch(text) and all(is_plain(piece) for piece in token.pieces[:-1]):
                letters |= set(text[1:].rstrip("*"))
            else:
                operands.append(Operand.of(token))
        return cls(
            rule,
            get_base_name(tokens[0].text) if tokens[0].is_literal else "",
            frozenset(letters),
            tuple(long_options),
            tuple(operands),
            any(not token.is_literal for token in tokens) or any(operand.is_path for operand in operands),
        )

    def matches(self, command: SimpleCommand, place: str) -> bool:
        """Of a command whose program is the rule's."""
        given = command.words[1:]
        if given and given[0].text in GROUPS.get(self.program, ()):
            given = given[1:]
        options = [word.text for word in given if is_option(word)]
        return self.has_options(options) and self.has_operands(given, place)

    def has_options(self, options: Sequence[str]) -> bool:
        if not (self.letters or self.long_options):
            return True
        program = self.program
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
        return all(
            any(pattern.fullmatch(word) or is_abbreviation(word, pattern) for word in long_words)
            for pattern in self.long_options
        )

    def has_operands(self, given: Sequence[Word], place: str) -> bool:
        """In their order. What stands behind an option may be its value; a path may be any operand."""
        found = 0
        skipped = 0
        was_option = False
        names_options = bool(self.letters or self.long_options)
        for word in given:
            if is_option(word):
                was_option = "=" not in word.text
                continue
            expected = self.operands[found] if found < len(self.operands) else None
            if expected is not None and expected.matches(word, place, self.program):
                found += 1
            elif expected is not None and (was_option or names_options or expected.is_path):
                skipped += 1
            elif expected is not None or not self.is_open:
                return False
            was_option = False
        return found == len(self.operands)

    def may_meet(self, command: SimpleCommand) -> bool:
        """Whether file names could bring in what the rule names."""
        return any(
            operand.is_path and operand.may_meet(word)
            for operand in self.operands
            for word in command.words[1:]
        )


def is_option(word: Word) -> bool:
    return len(word.text) > 1 and word.text[0] == "-"


# `-rf`, also with anything behind it.
LETTERS = re.compile(r"-[A-Za-z]+\*?")


def is_plain(piece: tuple[str, bool]) -> bool:
    return not piece[1]


class Denials:
    """Rules of one effect: by text, among all rules, and by program for their meaning."""

    def __init__(self, index: Index, effect: Effect, rules: Sequence[Rule]) -> None:
        self.index = index
        self.effect = effect
        self.by_program: dict[str, list[Denial]] = {}
        for rule in rules:
            if rule.effect is effect:
                denial = Denial.of(rule)
                self.by_program.setdefault(denial.program, []).append(denial)
        self.is_empty = not self.by_program

    def find(self, commands: Sequence[SimpleCommand], place: str) -> Rule | None:
        """A rule that sees one of these commands: one and all that could run behind it."""
        if self.is_empty:
            return None
        for command in commands:
            rule = self.find_one(command, place)
            if rule is not None:
                return rule
        return None

    def find_one(self, command: SimpleCommand, place: str) -> Rule | None:
        if not command.words:
            return self.find_text("")
        for view in list_views(command):
            line = join_words(view)
            rule = self.find_text(line)
            if rule is None and (plain := " ".join(view)) != line:
                rule = self.find_text(plain)
            if rule is not None:
                return rule
        for denial in self.list_about(command):
            if denial.matches(command, place):
                return denial.rule
        return None

    def find_text(self, line: str) -> Rule | None:
        rule = self.index.find(line)
        return rule if rule is not None and rule.effect is self.effect else None

    def list_about(self, command: SimpleCommand) -> list[Denial]:
        return self.by_program.get(get_base_name(command.name).lower(), [])

    def find_near(self, commands: Sequence[SimpleCommand]) -> Rule | None:
        """A rule that file names could bring in."""
        if self.is_empty:
            return None
        for command in commands:
            if command.words and any(word.has_glob for word in command.words):
                for denial in self.list_about(command):
                    if denial.may_meet(command):
                        return denial.rule
        return None


def is_abbreviation(word: str, pattern: re.Pattern[str]) -> bool:
    """`--forc` of a pattern for `--force`."""
    name = word.partition("=")[0]
    literal = pattern.pattern.replace("\\-", "-").split(".")[0].split("=")[0]
    return len(name) > 4 and literal.startswith(name)


# (program, long option) → its letter, for rules that name the letter.
SYNONYMS = {
    **{(program, "--global"): "g" for program in ("npm", "pnpm", "yarn")},
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
    ("kill", "--signal"): "s",
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


# Subcommands that mean the same.
NODE_ALIASES = (
    {"install", "i", "add", "in", "ins", "isntall"},
    {"uninstall", "un", "unlink", "remove", "rm", "r"},
    {"run", "run-script", "rum", "urn"},
    {"test", "t", "tst"},
    {"exec", "x"},
    {"update", "up", "upgrade"},
    {"config", "c"},
)
ALIASES: dict[str, tuple[set[str], ...]] = {
    **dict.fromkeys(("npm", "pnpm", "yarn"), NODE_ALIASES),
    "cargo": ({"build", "b"}, {"test", "t"}, {"run", "r"}, {"check", "c"}, {"remove", "rm"}),
    "systemctl": ({"poweroff", "halt"},),
}
# Words between a program and what it does that change nothing.
GROUPS = {"docker": {"container"}, "podman": {"container"}, "nerdctl": {"container"}}


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
    shortest = stripped or texts
    if len(shortest) > 1 and shortest[1] in GROUPS.get(base, ()):
        views.append([base, *shortest[2:]])
    if UNKNOWN in texts[0]:
        # $IFS splits it: what stands before it is the program.
        views.append([*filter(None, texts[0].split(UNKNOWN)), *texts[1:]])
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
        words("-C -c --git-dir --work-tree --namespace --exec-path --config-env --super-prefix")
    ),
    "docker": words("-H --host -c --context --config -l --log-level"),
    "podman": words("-H --host -c --connection --url --root --runroot --log-level"),
    "kubectl": frozenset(
        words("-n --namespace --context --kubeconfig --cluster --user -s --server --as --token")
    ),
    "npm": words("--prefix -C --workspace -w --userconfig --registry"),
    "pnpm": words("-C --dir --filter -F"),
    "yarn": words("--cwd"),
    "pip": words("--python --proxy --timeout --log"),
    "pip3": words("--python --proxy --timeout --log"),
    "cargo": words("--config -Z --color -C"),
    "systemctl": words("-H --host -M --machine -t --type --root"),
    "go": words("-C"),
    "terraform": frozenset(),
    "helm": words("-n --namespace --kubeconfig --kube-context"),
    "aws": words("--profile --region --endpoint-url --output"),
    "gh": words("-R --repo --hostname"),
    "apt": words("-o -c -t"),
    "apt-get": words("-o -c -t"),
    "uv": words("--directory --project --config-file --python"),
}
