"""What a real bash runs is what the reader reported, for every allowed command of the corpus."""

from __future__ import annotations

import re
import shutil
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from governance.matching.strict_reader import read_strictly
from governance.matching.unwrap import look_behind
from governance.matching.words import Budget, SimpleCommand, Word
from tests.governance.matching.corpus import Case, read_corpus

BASH = shutil.which("bash")
# A loop that only ends when somebody ends it is left out.
ALLOWED = [case for case in read_corpus() if case.expected == "allow" and "while true" not in case.command]
# Writes its name and words to a file of its own; only the first one succeeds, so that loops come to an end.
# A cat without operands hands on what it is given, since that may become a word.
STAND_IN = """#!/bin/sh
printf '%s\\0' "${0##*/}" "$@" > "$STAND_IN_LOG/$$"
[ "${0##*/}$#" = cat0 ] && exec /bin/cat
! [ -e "$STAND_IN_LOG/once" ] && : > "$STAND_IN_LOG/once"
"""
BUILTINS = frozenset(
    [
        "echo",
        "cd",
        "test",
        "[",
        "[[",
        "printf",
        "pwd",
        "true",
        "false",
        "export",
        "set",
        "type",
        "exit",
        "time",
        "command",
        ":",
        "eval",
        "source",
        ".",
        "alias",
    ]
)


def list_reported(commands: list[SimpleCommand]) -> list[SimpleCommand]:
    found = []
    for command in commands:
        found.append(command)
        found += list_reported(list(look_behind(command, Budget()).commands))
    return found


def matches(argv: list[str], command: SimpleCommand) -> bool:
    """Numbers for `$?`, descriptors and file names are only known when it runs."""
    words = command.words
    return len(words) == len(argv) and all(map(matches_word, argv, words))


def matches_word(given: str, word: Word) -> bool:
    source = re.escape(word.text).replace(r"\$\?", r"\d+").replace(re.escape("/dev/fd/63"), r"/dev/fd/\d+")
    return bool(re.fullmatch(source, given)) or (word.has_glob and fnmatchcase(given, word.text))


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a stand-in for every program of the corpus."""
    folder = tmp_path_factory.mktemp("stand-ins")
    for case in ALLOWED:
        for command in list_reported(read_strictly(case.command, Budget())):
            if command.name and "/" not in command.name and command.name not in BUILTINS:
                path = folder / command.name
                path.write_text(STAND_IN)
                path.chmod(0o755)
    return folder


def runs_only_stand_ins(case: Case) -> bool:
    return not any("/" in command.name for command in list_reported(read_strictly(case.command, Budget())))


@pytest.mark.skipif(BASH is None, reason="there is no bash on this machine")
def test_bash_runs_nothing_that_was_not_reported(stand_ins: Path, tmp_path: Path) -> None:
    assert BASH is not None
    ran = 0
    unreported: dict[str, list[list[str]]] = {}
    for number, case in enumerate(ALLOWED):
        if not runs_only_stand_ins(case):
            continue
        folder = tmp_path / str(number)
        (folder / "src").mkdir(parents=True)
        log = tmp_path / f"{number}.log"
        log.mkdir()
        subprocess.run(
            [BASH, "--norc", "--noprofile", "-c", f"{case.command}\nwait"],
            cwd=folder,
            env={"PATH": str(stand_ins), "STAND_IN_LOG": str(log), "HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=20,
            check=False,
        )
        calls = [path.read_text().split("\0")[:-1] for path in log.iterdir() if path.name != "once"]
        ran += len(calls)
        reported = list_reported(read_strictly(case.command, Budget()))
        for argv in calls:
            if not any(matches(argv, command) for command in reported):
                unreported.setdefault(case.command, []).append(argv)
    assert unreported == {}
    assert ran > 600
