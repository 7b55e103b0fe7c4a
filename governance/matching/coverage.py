"""What a wildcard does not cover, although its pattern matches."""

from __future__ import annotations

import re

from governance.matching.covered_urls import explain_urls
from governance.matching.options import explain_program
from governance.matching.paths import PERSISTENT, leads_outside, may_hold_secrets, strip_system_folder
from governance.matching.places import explain_places
from governance.matching.spelled import Spelled
from governance.matching.tables.builtins import CHANGING, HARMLESS_VARIABLES
from governance.matching.tables.lookup import PROGRAMS
from governance.matching.words import UNKNOWN, Assignment, Redirect, SimpleCommand, Word

# What a descriptor can be copied from or to, or closed.
DESCRIPTOR = re.compile(r"\d+-?|-")
WRITING = frozenset({">", ">>", ">|", "&>", "&>>"})


def explain_uncovered(command: SimpleCommand, spelled: Spelled) -> str:
    """Why a wildcard does not cover this command, "" when it does. A sentence for a person."""
    program = strip_system_folder(command.name)
    return (
        explain_unknown(command.words[spelled.words :], program)
        or next((why for item in command.assignments if (why := explain_assignment(item))), "")
        or next((why for item in command.redirects if (why := explain_redirect(item, spelled, program))), "")
        or explain_builtin(program, command.words[max(1, spelled.words) :])
        or explain_program(program, command.words, spelled)
        or explain_urls(command.words, spelled)
        or explain_places(program, command.words, spelled)
    )


def explain_unknown(words: tuple[Word, ...], program: str) -> str:
    for word in words:
        if not word.is_known:
            return "A word is not known before it runs."
        if word.has_glob and begins_open(word) and not is_harmless(program):
            return "File names may turn into options."
    return ""


def begins_open(word: Word) -> bool:
    """Whether what replaces the pattern may begin with a dash."""
    return word.text[:1] in {"*", "?", "[", "-"}


def is_harmless(program: str) -> bool:
    known = PROGRAMS.get(program)
    return known is not None and known.is_harmless


def explain_assignment(item: Assignment) -> str:
    harmless = HARMLESS_VARIABLES.get(item.name)
    if harmless is None:
        return f"It sets {item.name}."
    value = item.value.text
    if UNKNOWN in value or item.operator != "=" or item.value.has_tilde:
        return f"It sets {item.name} to what is not known before it runs."
    return "" if harmless.fullmatch(value) else f"It sets {item.name} to something unusual."


def explain_redirect(item: Redirect, spelled: Spelled, program: str) -> str:
    """Only /dev/null and descriptors are covered, and input in the command itself when it is only data."""
    operator, target = item.operator, item.target
    if operator in {"<<", "<<-", "<<<"}:
        return explain_input(item.body if target is None else target.text, program)
    if target is None:
        return ""
    if not target.is_known or target.has_glob:
        return "A redirect leads to what is not known before it runs."
    is_descriptor = operator in {">&", "<&"} and DESCRIPTOR.fullmatch(target.text)
    if is_descriptor or target.text == "/dev/null":
        return ""
    if spelled.allows_redirects and operator in WRITING | {"<"}:
        return explain_target(target, spelled.place)
    return f"It redirects {'to' if '>' in operator else 'from'} {target.text}."


def explain_input(text: str, program: str) -> str:
    if UNKNOWN in text:
        return "Its input is not known before it runs."
    return "" if is_harmless(program) else "It gets input from the command line."


def explain_target(target: Word, place: str) -> str:
    if not place or leads_outside(target.text, place, has_tilde=target.has_tilde):
        return "A redirect leads out of the project."
    if PERSISTENT.search(target.text) or may_hold_secrets(target.text, has_glob=False):
        return "A redirect leads to a file that runs by itself or holds secrets."
    return ""


def explain_builtin(program: str, words: tuple[Word, ...]) -> str:
    if program not in CHANGING:
        return ""
    why, harmless = CHANGING[program]
    for word in words:
        if harmless is not None and harmless.fullmatch(word.text):
            continue
        name, equals, value = word.text.partition("=")
        if program in {"export", "declare", "readonly", "local"} and equals:
            allowed = HARMLESS_VARIABLES.get(name)
            if allowed is not None and allowed.fullmatch(value):
                continue
        return f"{program} {why}."
    return ""
