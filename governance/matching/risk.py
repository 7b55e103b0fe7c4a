"""What a call could do, told from the call alone by fixed tables: no rule, no model, nothing that lowers it.

Made by our own reader of commands without the grammar, since nothing is allowed by it; what that reader
does not understand is a finding itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from governance.matching.asked_paths import read_path
from governance.matching.calls import BASH, FETCH, PATH_VERBS, REPEATED, TASK, WRITING_VERBS, Call
from governance.matching.command_risk import list_command_risks
from governance.matching.honesty import explain_dishonest
from governance.matching.leading import read_quickly
from governance.matching.paths import FORBIDDEN, PERSISTENT, may_hold_secrets
from governance.matching.reading import read_roughly
from governance.matching.tables.programs import words
from governance.matching.tables.risks import REMOVING_NAMES
from governance.matching.urls import read_url
from governance.matching.verdicts import RiskFinding, RiskKind
from governance.matching.words import Budget, SimpleCommand, UnreadableError

MAX_FINDINGS = 50
MAX_WORD = 60


def assess_call(call: Call) -> tuple[RiskFinding, ...]:
    """Most telling first within the order of the call; each word once for each kind. Never raises."""
    try:
        found = list(list_risks(call))
    except Exception as error:  # noqa: BLE001 - whatever goes wrong, a person looks
        found = [RiskFinding(RiskKind.OBFUSCATION, "", f"could not be looked at ({type(error).__name__})")]
    seen = {(item.kind, item.word): item for item in reversed(found)}
    kept = [item for item in dict.fromkeys(found) if seen[item.kind, item.word] == item]
    return tuple(kept[:MAX_FINDINGS])


def is_serious(findings: Sequence[RiskFinding]) -> bool:
    """Whether an approval needs a second look."""
    return any(item.is_serious for item in findings)


def list_risks(call: Call) -> Iterator[RiskFinding]:
    if call.permission == BASH:
        yield from list_bash_risks(call.command, call.directory)
    elif call.permission in PATH_VERBS:
        for path in call.paths:
            yield from list_path_risks(path, call)
    elif call.permission == FETCH:
        yield from list_url_risks(call.url)
    elif call.permission not in {TASK, REPEATED}:
        yield from list_tool_risks(call)


def list_bash_risks(command: str, place: str) -> Iterator[RiskFinding]:
    if not command.strip():
        return
    read = read_quickly(command)
    if isinstance(read, str):
        sentence = f"what it runs can't be told: {read[:1].lower()}{read[1:]}"
        yield RiskFinding(RiskKind.OBFUSCATION, "", sentence)
        commands: Sequence[SimpleCommand] = read_pieces(command)
    else:
        commands = read
    if not (command.isascii() and command.isprintable()) and (problem := explain_dishonest(command)):
        yield RiskFinding(RiskKind.OBFUSCATION, "", problem[:1].lower() + problem[1:])
    budget = Budget()
    for number, found in enumerate(commands):
        yield from list_command_risks(found, command, place, budget)
        if number + 1 < len(commands):
            yield from list_piped_risks(found, commands[number + 1], command)


def read_pieces(command: str) -> list[SimpleCommand]:
    """What could be commands in a text that is not understood."""
    try:
        return list(read_roughly(command[: 64 * 1024], Budget()))
    except UnreadableError:
        return []


DECODERS = words("base64 base32 xxd openssl gunzip zcat uudecode rev tr")


def list_piped_risks(first: SimpleCommand, second: SimpleCommand, source: str) -> Iterator[RiskFinding]:
    """What was hidden or fetched and becomes a program."""
    between = source[first.end : second.start]
    if "|" in between and "||" not in between and first.name in DECODERS and second.name in RUNNING_INPUT:
        sentence = "turns a hidden text into a program"
        yield RiskFinding(RiskKind.OBFUSCATION, first.name, sentence)


RUNNING_INPUT = words("sh bash dash zsh ksh python python3 perl ruby node php xargs")


def list_path_risks(path: str, call: Call) -> Iterator[RiskFinding]:
    word, writes = path[:MAX_WORD], call.permission in WRITING_VERBS
    try:
        asked = read_path(path, call.directory, call.permission)
        text, is_outside = "/".join(asked.inner), asked.inner == asked.parts
    except UnreadableError as error:
        yield RiskFinding(RiskKind.OBFUSCATION, word, f"can't be told where it leads: {error}")
        text, is_outside = path, False
    if names_secret("/" + text):
        yield RiskFinding(RiskKind.CREDENTIAL_PATH, word, "may hold passwords or keys")
    if writes and PERSISTENT.search(text):
        yield RiskFinding(RiskKind.PERSISTENCE, word, "is run or obeyed by itself")
    if is_outside:
        sentence = "changes a file outside of the project" if writes else "lies outside of the project"
        yield RiskFinding(RiskKind.OUTSIDE_PROJECT, word, sentence, is_serious=writes)


def list_url_risks(source: str) -> Iterator[RiskFinding]:
    try:
        url = read_url(source)
    except UnreadableError as error:
        yield RiskFinding(RiskKind.OBFUSCATION, source[:MAX_WORD], f"is not a plain URL: {error}")
        return
    if any(label.startswith("xn--") for label in url.host.split(".")):
        yield RiskFinding(RiskKind.OBFUSCATION, url.host, "is written with letters that may look like others")
    if url.is_near:
        yield RiskFinding(RiskKind.NETWORK, url.host, "is an address or a name of the own network")
    else:
        yield RiskFinding(
            RiskKind.NETWORK, url.host, "is asked, and told what stands in the URL", is_serious=False
        )


def list_tool_risks(call: Call) -> Iterator[RiskFinding]:
    names = set(re.split(r"[_\-.]", call.permission.casefold()))
    for name in sorted(names & REMOVING_NAMES):
        yield RiskFinding(RiskKind.DESTRUCTIVE, name, "is in the tool's name")
    waiting: list[object] = [call.arguments or {}]
    looked_at = 0
    while waiting and looked_at < 2000:
        value = waiting.pop()
        looked_at += 1
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str) and names_secret(value[:4096]):
            yield RiskFinding(RiskKind.CREDENTIAL_PATH, value[:MAX_WORD], "may hold passwords or keys")


def names_secret(path: str) -> bool:
    return may_hold_secrets(path, has_glob=False) or bool(FORBIDDEN.search(path))
