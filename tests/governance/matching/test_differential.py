"""What a real bash runs is what the reader reported, for every allowed command of the corpus."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from governance.matching.judge import judge_command
from governance.matching.rule_set import RuleSet
from governance.matching.rules import Effect, Rule
from governance.matching.strict_reader import read_strictly
from governance.matching.unwrap import look_behind
from governance.matching.words import Budget, SimpleCommand, Word
from tests.governance.matching.corpus import Case, read_corpus

BASH = shutil.which("bash")
# A loop that only ends when somebody ends it is left out.
ALLOWED = [case for case in read_corpus() if case.expected == "allow" and "while true" not in case.command]
# Writes its name and words to a file of its own; only the first one succeeds, so that loops come to an end.
# A cat without operands hands on what it is given, since that may become a word.
NOT_FOUND = """() { printf '%s\\0' "$@" > "$STAND_IN_LOG/$BASHPID.not-found"; }"""
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
    # In quotes `$?` is itself.
    source = re.sub(r"\\\$(?:\\[?$#]|[!?$#])", lambda found: f"(?:{found[0]}|\\d*)", re.escape(word.text))
    source = source.replace(re.escape("/dev/fd/63"), r"/dev/fd/\d+")
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


def run_in_bash(command: str, stand_ins: Path, folder: Path) -> list[list[str]]:
    """What a real bash starts for it, by name and words; programs that do not exist included."""
    log = folder / "log"
    log.mkdir(parents=True)
    place = folder / "place"
    (place / "src").mkdir(parents=True)
    subprocess.run(
        [str(BASH), "--norc", "--noprofile", "-c", f"{command}\nwait"],
        cwd=place,
        env={
            "PATH": str(stand_ins),
            "STAND_IN_LOG": str(log),
            "HOME": str(place),
            "BASH_FUNC_command_not_found_handle%%": NOT_FOUND,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=20,
        check=False,
    )
    return [path.read_text().split("\0")[:-1] for path in log.iterdir() if path.name != "once"]


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
        calls = run_in_bash(case.command, stand_ins, tmp_path / str(number))
        ran += len(calls)
        reported = list_reported(read_strictly(case.command, Budget()))
        for argv in calls:
            if not any(matches(argv, command) for command in reported):
                unreported.setdefault(case.command, []).append(argv)
    assert unreported == {}
    assert ran > 600


PROGRAMS = ("ls", "echo", "cat", "grep", "wc", "head")
RULE_SET = RuleSet([Rule(f"{name} *", Effect.ALLOW) for name in PROGRAMS])
WORDS = st.sampled_from(
    [
        "a",
        "status",
        "-l",
        "'a b'",
        '"a  b"',
        "a\\ b",
        "$'a\\x62'",
        "{a,b}",
        "{1..3}",
        "s?c",
        "*",
        "''",
        '""',
        "a''b",
        "$?",
        "a=b",
        "#a",
        "a#b",
        "\\\n",
        "'$(reboot)'",
        "!",
        "[a]",
        "%x",
        "a:b",
        "-",
        "--",
        "\"$(cat <<'E'\nx\nE\n)\"",
        "2>&1",
        ">/dev/null",
        "}",
    ]
)
SIMPLE = st.builds(
    lambda name, words: " ".join([name, *words]), st.sampled_from(PROGRAMS), st.lists(WORDS, max_size=3)
)
FRAMES = st.sampled_from(
    [
        "({})",
        "{{ {}; }}",
        "if {}; then ls; fi",
        "if ls; then {}; else git x; fi",
        "for f in a 'b' src/*; do {} \"$f\"; done",
        "for f in {{a,b}} c; do {} $f ${{f}}x; done",
        "case a in (a|b) {};; esac",
        "case $x in *) {} ;; esac",
        "f() {{ {}; }}; f",
        "! {}",
        "timeout 5 {}",
        "LANG=C {}",
        "eval '{}'",
        "bash -c '{}'",
        "{} <<E\nbody\nE",
        "cat <<'E' | {}\n$(reboot)\nE",
        "{} &",
        "[[ a == a ]] && {}",
        "[ -f a ] || {}",
        "{} # comment",
        "\n{}\n",
        "echo $({})",
        "echo `{}`",
    ]
)
JOINTS = st.sampled_from(["; ", " && ", " || ", " | ", "\n", " & ", " |& ", "\n\n", ";\n"])
SCRIPTS = st.recursive(
    SIMPLE,
    lambda inner: (
        st.builds(lambda first, joint, second: first + joint + second, inner, JOINTS, inner)
        | st.builds(lambda frame, script: frame.format(script), FRAMES, inner)
    ),
    max_leaves=5,
)
NOISE = st.sampled_from(
    [*";&|<>(){}$`'\"\\\n#!*?[]=~ -", "$(", "<<", "reboot", "\nreboot\n", "$'", "E\n", "||", ";;"]
)


@st.composite
def build_damaged(draw: st.DrawFn) -> str:
    """A script with a few characters too many or too few, so that readers and shell may part."""
    script = draw(SCRIPTS)
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        place = draw(st.integers(0, len(script)))
        script = script[:place] + draw(NOISE) + script[place + draw(st.integers(0, 1)) :]
    return script


@pytest.mark.skipif(BASH is None, reason="there is no bash on this machine")
@given(build_damaged())
def test_bash_runs_nothing_else_of_any_script_that_is_allowed(script: str) -> None:
    if judge_command(script, RULE_SET, place="/work/project").effect is not Effect.ALLOW:
        return
    with tempfile.TemporaryDirectory() as folder:
        stand_ins = Path(folder) / "bin"
        stand_ins.mkdir()
        for name in (*PROGRAMS, "timeout", "bash", "reboot"):
            (stand_ins / name).write_text(STAND_IN)
            (stand_ins / name).chmod(0o755)
        calls = run_in_bash(script, stand_ins, Path(folder) / "run")
    reported = list_reported(read_strictly(script, Budget()))
    assert [argv for argv in calls if not any(matches(argv, command) for command in reported)] == []
