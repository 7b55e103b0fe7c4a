"""The commands behind a command: what a wrapper, a shell's -c or an eval would run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from governance.matching.command_reader import ASSIGNMENT
from governance.matching.paths import get_base_name, strip_system_folder
from governance.matching.strict_reader import read_strictly
from governance.matching.tables.wrappers import (
    AFTER,
    ANYWHERE,
    APPENDING,
    FOLLOWED,
    HARMLESS,
    SHELL_LETTERS,
    SHELL_WORDS,
    SHELLS,
    STRINGS,
)
from governance.matching.words import UNKNOWN, Assignment, Budget, SimpleCommand, UnreadableError, Word

MAX_LAYERS = 8
# Behind so many words no command line begins; joining all of them would take long.
MAX_TAILS = 64


@dataclass(frozen=True, slots=True)
class Behind:
    """What a command runs besides itself.

    commands: exactly these. is_transparent: the command itself needs no rule. problem: why it is not known
    exactly what runs; "" when it is. A command that runs nothing else has neither commands nor a problem.
    """

    commands: tuple[SimpleCommand, ...] = ()
    is_transparent: bool = False
    problem: str = ""


NOTHING = Behind()


def look_behind(command: SimpleCommand, budget: Budget) -> Behind:
    """What exactly runs behind it, for allow rules."""
    if not command.words or not command.words[0].is_known:
        return NOTHING
    name = strip_system_folder(command.name)
    if name in HARMLESS:
        return look_behind_harmless(command, name)
    if name in SHELLS:
        return look_behind_shell(command, budget)
    if name == "eval":
        return look_behind_eval(command, budget)
    if name in FOLLOWED:
        return look_behind_wrapper(command, name)
    return NOTHING


def look_behind_harmless(command: SimpleCommand, name: str) -> Behind:
    wrapper = HARMLESS[name]
    if name == "command" and len(command.words) > 1 and command.words[1].text in {"-v", "-V"}:
        return NOTHING
    at = skip_options(command.words, wrapper.flags, wrapper.values)
    if at is None:
        return Behind(problem=f"An option of {name} is not known.")
    at += wrapper.operands
    if at >= len(command.words) or any(not word.is_known for word in command.words[:at]):
        return NOTHING
    inner = replace(command, words=command.words[at:])
    return Behind((inner,), is_transparent=True)


def look_behind_wrapper(command: SimpleCommand, name: str) -> Behind:
    flags, values = FOLLOWED[name]
    at = skip_options(command.words, flags, values)
    if at is None:
        return Behind(problem=f"An option of {name} is not known.")
    assignments: list[Assignment] = []
    if name in {"env", "sudo", "doas"}:
        while at < len(command.words) and (made := as_assignment(command.words[at])):
            assignments.append(made)
            at += 1
    rest = command.words[at:]
    if not rest:
        return NOTHING
    if name in APPENDING:
        rest = (*rest, Word(UNKNOWN, command.end, command.end))
    return Behind((replace(command, words=rest, assignments=tuple(assignments)),))


def look_behind_shell(command: SimpleCommand, budget: Budget) -> Behind:
    """`bash -c CODE`: its code. A shell that runs a file or its input has no commands to show."""
    at, takes_code = 1, False
    while at < len(command.words):
        text = command.words[at].text
        if text in SHELL_WORDS:
            at += 1
        elif len(text) > 1 and text[0] == "-" and set(text[1:]) <= SHELL_LETTERS:
            takes_code = takes_code or "c" in text
            at += 1
        else:
            break
    if not takes_code:
        return NOTHING
    if (
        at >= len(command.words)
        or not command.words[at].is_known
        or command.words[at].text.startswith(("-", "+"))
    ):
        return Behind(problem="What the shell runs is not known.")
    return read_code(command.words[at].text, budget)


def look_behind_eval(command: SimpleCommand, budget: Budget) -> Behind:
    if any(not word.is_known or word.has_glob for word in command.words):
        return Behind(problem="What eval runs is not known.")
    return read_code(" ".join(word.text for word in command.words[1:]), budget)


def read_code(code: str, budget: Budget) -> Behind:
    try:
        return Behind(tuple(read_strictly(code, budget)))
    except UnreadableError as error:
        return Behind(problem=f"A command line inside it: {error}")


def skip_options(words: tuple[Word, ...], flags: frozenset[str], values: frozenset[str]) -> int | None:
    """Where the operands begin; None when an option is not known."""
    at = 1
    while at < len(words):
        text = words[at].text
        if not words[at].is_known:
            return None
        if text == "--":
            return at + 1
        if not text.startswith("-") or (text == "-" and "-" not in flags):
            return at
        name, equals, _ = text.partition("=")
        if text in flags:
            at += 1
        elif text in values:
            at += 2
        elif (equals and name in values) or (not text.startswith("--") and text[:2] in values):
            at += 1
        else:
            return None
    return at


def as_assignment(word: Word) -> Assignment | None:
    found = ASSIGNMENT.match(word.text)
    return Assignment(found[1], found[2], word) if found else None


# For denials ------------------------------------------------------------------------------------------


def list_possible(command: SimpleCommand, budget: Budget, layers: int = 0) -> Iterator[SimpleCommand]:
    """Every command that could run behind it, rather too many than too few: for deny and ask rules."""
    if layers > MAX_LAYERS or not command.words:
        return
    for inner in list_inner(command, budget):
        budget.spend(1 + len(inner.words) // 8)
        yield inner
        yield from list_possible(inner, budget, layers + 1)


def list_inner(command: SimpleCommand, budget: Budget) -> Iterator[SimpleCommand]:
    name = get_base_name(command.name)
    words = command.words
    if name in HARMLESS or name in ANYWHERE:
        yield from list_suffixes(command, 1)
    elif name in AFTER:
        for number, word in enumerate(words):
            if word.text in AFTER[name]:
                yield from list_suffixes(command, number + 1)
                break
    for code in list_codes(name, words):
        budget.spend(1 + len(code) // 64)
        try:
            yield from read_strictly(code, budget)
        except UnreadableError:
            continue


def list_suffixes(command: SimpleCommand, start: int) -> Iterator[SimpleCommand]:
    for number in range(start, len(command.words)):
        text = command.words[number].text
        if text and not text.startswith(("-", "+")) and "=" not in text:
            yield SimpleCommand(command.words[number:], start=command.start, end=command.end)


def list_codes(name: str, words: tuple[Word, ...]) -> Iterator[str]:
    """Texts among the words that are command lines."""
    texts = [word.text for word in words]
    if name in SHELLS:
        for number, text in enumerate(texts[1:], 1):
            if text.startswith("-") and not text.startswith("--") and "c" in text:
                yield from texts[number + 1 :]
                return
    for marker in STRINGS.get(name, frozenset()):
        yield from list_marked(marker, texts) if marker else list_tails(texts)


def list_tails(texts: list[str]) -> Iterator[str]:
    """Each operand, alone and with what follows it."""
    for number in range(1, min(len(texts), MAX_TAILS)):
        yield " ".join(texts[number:])
        yield texts[number]


def list_marked(marker: str, texts: list[str]) -> Iterator[str]:
    """The value of an option, in the next word or in the same."""
    for number, text in enumerate(texts):
        if text == marker:
            yield " ".join(texts[number + 1 :])
            yield from texts[number + 1 : number + 2]
        elif marker.startswith("--") and text.startswith(marker + "="):
            yield text.partition("=")[2]
        elif len(marker) == 2 and text.startswith(marker):
            yield text[2:]
