"""What one simple command could do, and what stands behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from governance.matching.paths import (
    FORBIDDEN,
    PERSISTENT,
    find_paths,
    get_base_name,
    leads_outside,
    may_hold_secrets,
    strip_system_folder,
)
from governance.matching.tables.lookup import PROGRAMS
from governance.matching.tables.risks import (
    ANY_TEXT,
    DISKS,
    INTERPRETERS,
    LINES,
    NOTED,
    PROGRAM_OPTIONS,
    READING_CONFIG,
    SERIOUS,
    WORDS,
)
from governance.matching.tables.wrappers import SHELLS
from governance.matching.unwrap import list_possible, look_behind
from governance.matching.verdicts import RiskFinding, RiskKind
from governance.matching.words import Budget, SimpleCommand, UnreadableError, Word

MAX_WORD = 60
# How many words are looked at together; what the tables name stands at the beginning of a word.
MAX_WORDS = 64
TEMPORARY = ("/tmp/", "/var/tmp/")  # noqa: S108 - told, not used
TEXT_FIRST = frozenset({"pattern", "code"})
# Programs whose operands are changed, moved or made.
CHANGING_FILES = frozenset(["cp", "mv", "ln", "install", "tee", "touch", "mkdir", "truncate", "patch"])
LINE_PROGRAMS = frozenset(program for program, *_ in LINES)
WORD_PROGRAMS = frozenset(program for program, _ in WORDS)


def list_command_risks(
    command: SimpleCommand, source: str, place: str, budget: Budget
) -> Iterator[RiskFinding]:
    """source: the text the command stands in. place: the project, "" when it is not known."""
    yield from list_redirect_risks(command, place)
    if not command.words:
        return
    first = command.words[0]
    if not first.is_known or first.has_glob:
        written = source[first.start : first.end] or first.text.replace("\0", "…")
        sentence = "which program this is will only be known when it runs"
        yield RiskFinding(RiskKind.OBFUSCATION, written[:MAX_WORD], sentence)
    yield from list_program_risks(command, budget)
    try:
        for inner in list_possible(command, budget):
            yield from list_program_risks(inner, budget)
    except UnreadableError:
        yield RiskFinding(RiskKind.OBFUSCATION, "", "what stands behind it is too much to be told")
    yield from list_place_risks(command, place)


def list_program_risks(command: SimpleCommand, budget: Budget) -> Iterator[RiskFinding]:
    name = get_base_name(command.name)
    if found := SERIOUS.get(name):
        yield RiskFinding(found[0], name[:MAX_WORD], found[1])
    elif name.startswith("mkfs."):
        yield RiskFinding(RiskKind.DESTRUCTIVE, name[:MAX_WORD], DISKS)
    elif name in SHELLS:
        yield from list_shell_risks(command, name, budget)
    elif name.startswith(INTERPRETERS) and any(word.text in PROGRAM_OPTIONS for word in command.words[1:]):
        yield RiskFinding(RiskKind.OBFUSCATION, name[:MAX_WORD], ANY_TEXT)
    elif found := NOTED.get(name):
        yield RiskFinding(found[0], name, found[1], is_serious=False)
    if name in WORD_PROGRAMS:
        yield from list_word_risks(name, command.words)
    if name in LINE_PROGRAMS:
        line = " ".join([word.text[:MAX_WORD] for word in command.words[1:MAX_WORDS]])
        for program, pattern, kind, sentence in LINES:
            if program == name and pattern.match(line):
                yield RiskFinding(kind, name, sentence)


def list_shell_risks(command: SimpleCommand, name: str, budget: Budget) -> Iterator[RiskFinding]:
    """A shell whose command line is understood is told by what stands in that line."""
    try:
        behind = look_behind(command, budget)
    except UnreadableError:
        behind = None
    if behind is None or behind.problem or not behind.commands:
        yield RiskFinding(RiskKind.OBFUSCATION, name, ANY_TEXT)


def list_word_risks(name: str, words: Sequence[Word]) -> Iterator[RiskFinding]:
    texts = {word.text for word in words[1:]}
    if name == "git" and texts & READING_CONFIG:
        texts.discard("config")
    for text in (word.text for word in words[1:] if word.text in texts):
        if found := WORDS.get((name, text)):
            shown = text if text.startswith("-") else f"{name} {text}"
            yield RiskFinding(found[0], shown[:MAX_WORD], found[1])


def list_redirect_risks(command: SimpleCommand, place: str) -> Iterator[RiskFinding]:
    for item in command.redirects:
        if item.target is None or item.operator in {">&", "<&", "<<<"}:
            continue
        text, writes = item.target.text, item.operator != "<"
        shown = text.replace("\0", "…")[:MAX_WORD]
        if names_secret(item.target, text):
            yield RiskFinding(RiskKind.CREDENTIAL_PATH, shown, "may hold passwords or keys")
        if writes and PERSISTENT.search(text):
            yield RiskFinding(RiskKind.PERSISTENCE, shown, "is run or obeyed by itself")
        if writes and place and leads_outside(text, place, has_tilde=item.target.has_tilde):
            yield tell_outside(text, changes=True)


def list_place_risks(command: SimpleCommand, place: str) -> Iterator[RiskFinding]:
    """Operands that hold secrets, run by themselves, or lie outside."""
    program = strip_system_folder(command.name)
    known = PROGRAMS.get(program)
    if known is not None and not known.takes_paths:
        return
    skipped = 1 if known is not None and known.first_operand in TEXT_FIRST else 0
    is_reading = (known is not None and known.is_harmless) or program == "git"
    for word in command.words[1:]:
        is_option = word.text.startswith("-")
        if skipped and not is_option:
            skipped -= 1
            continue
        if strip_system_folder(word.text) != word.text:
            continue
        if "/" not in word.text and "." not in word.text and "_" not in word.text and not word.has_tilde:
            continue
        yield from list_word_place_risks(word, place, program, is_reading=is_reading)


def list_word_place_risks(word: Word, place: str, program: str, *, is_reading: bool) -> Iterator[RiskFinding]:
    for text in find_paths(word):
        shown = text.replace("\0", "…")[:MAX_WORD]
        if names_secret(word, text):
            yield RiskFinding(RiskKind.CREDENTIAL_PATH, shown, "may hold passwords or keys")
        if not is_reading and PERSISTENT.search(text):
            yield RiskFinding(RiskKind.PERSISTENCE, shown, "is run or obeyed by itself")
        if place and leads_outside(text, place, has_tilde=word.has_tilde):
            yield tell_outside(text, changes=program in CHANGING_FILES)


def tell_outside(path: str, *, changes: bool) -> RiskFinding:
    """Reading outside, or writing where only passing things lie, is worth a word alone."""
    sentence = "changes a file outside of the project" if changes else "lies outside of the project"
    is_serious = changes and (".." in path or not path.startswith(TEMPORARY))
    shown = path.replace("\0", "…")[:MAX_WORD]
    return RiskFinding(RiskKind.OUTSIDE_PROJECT, shown, sentence, is_serious)


def names_secret(word: Word, text: str) -> bool:
    """Whether a word, or this value inside of it, may lead to what holds secrets."""
    return may_hold_secrets(text, has_glob=word.has_glob) or bool(FORBIDDEN.search(text))
