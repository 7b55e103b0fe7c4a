"""Every entry of the data tables does what it is there for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from governance.matching.judge import judge_command
from governance.matching.rule_set import RuleSet
from governance.matching.rules import Effect, Rule
from governance.matching.tables.builtins import CHANGING, HARMLESS_VARIABLES
from governance.matching.tables.lookup import PROGRAMS
from governance.matching.tables.programs import Program
from governance.matching.tables.wrappers import (
    AFTER,
    ANYWHERE,
    COMMANDED,
    FOLLOWED,
    HARMLESS,
    LAUNCHING,
    MODULES,
    SHELLS,
    STRINGS,
)
from tests.governance.matching.corpus import PLACE


def judge(command: str, *rules: str) -> Effect:
    made = [Rule(pattern, Effect(effect)) for effect, _, pattern in (rule.partition(" ") for rule in rules)]
    return judge_command(command, RuleSet(made), place=PLACE).effect


def list_dangerous() -> Iterator[tuple[str, str]]:
    """(rule, command) of every option and subcommand that a wildcard must not cover."""
    for name, program in PROGRAMS.items():
        yield from list_of(name, name, program)
        for sub, inner in program.subcommands.items():
            yield from list_of(name, f"{name} {sub}", inner)


def list_of(name: str, prefix: str, program: Program) -> Iterator[tuple[str, str]]:
    for options in program.options:
        for option in sorted(options.names):
            spelled = option.replace("*=:", "NAME=").replace("*:", "operand")
            spelled = spelled.removesuffix(":") + "x" * spelled.endswith(":")
            yield f"allow {name} *", f"{prefix} {spelled} @value"
            yield f"allow {prefix} *", f"{prefix} {spelled} @value"
            if option.startswith("--") and not option.endswith(":"):
                yield f"allow {name} *", f"{prefix} {option}=@value"
    for sub in program.dangerous_subcommands:
        if program.spelled_after.get(sub, 0) >= 0:
            yield f"allow {name} *", f"{prefix} {sub} one two"


def test_no_wildcard_covers_a_dangerous_option_or_subcommand() -> None:
    cases = list(list_dangerous())
    assert len(cases) > 1000
    assert [case for case in cases if judge(case[1], case[0]) is Effect.ALLOW] == []


def test_a_rule_that_spells_an_option_covers_it() -> None:
    spelled = {
        "allow python3 -m pytest *": "python3 -m pytest -q",
        "allow sort -o out.txt *": "sort -o out.txt in.txt",
        "allow git config user.name *": "git config user.name",
        "allow npx eslint *": "npx eslint src",
    }
    assert {rule: judge(command, rule) for rule, command in spelled.items()} == dict.fromkeys(
        spelled, Effect.ALLOW
    )


def test_harmless_programs_are_covered() -> None:
    harmless = sorted(
        name for name, program in PROGRAMS.items() if program.is_harmless and name not in {"[", "[["}
    )
    assert {name: judge(f"{name} x", f"allow {name} *") for name in harmless} == dict.fromkeys(
        harmless, Effect.ALLOW
    )


@pytest.mark.parametrize("name", sorted({*HARMLESS, *ANYWHERE}))
def test_a_denial_sees_through_every_wrapper(name: str) -> None:
    assert judge(f"{name} rm x", "allow *", "deny rm *") is Effect.DENY


def test_a_denial_sees_behind_every_marker_and_in_every_string() -> None:
    commands = [f"{name} {marker} rm x" for name, markers in AFTER.items() for marker in markers]
    commands += [f"{name} {marker} 'ls; rm x'" for name, markers in STRINGS.items() for marker in markers]
    commands += [f"{name} -c 'ls; rm x'" for name in SHELLS]
    assert [
        command for command in commands if judge(command, "allow *", "deny rm *") is not Effect.DENY
    ] == []


@pytest.mark.parametrize("name", sorted({*HARMLESS, *FOLLOWED} - {"xargs"}))
def test_what_a_wrapper_runs_needs_its_own_rule(name: str) -> None:
    operands = "5 " if name == "timeout" else ""
    rule = f"allow {name} *"
    assert judge(f"{name} {operands}reboot", rule) is Effect.ASK
    if name not in CHANGING:
        assert judge(f"{name} {operands}git status", rule, "allow git *") is Effect.ALLOW


@pytest.mark.parametrize("name", sorted(CHANGING))
def test_no_wildcard_covers_a_builtin_that_changes_the_shell(name: str) -> None:
    assert judge(f"{name} SOMETHING=1 x", f"allow {name} *") is Effect.ASK


@pytest.mark.parametrize("name", sorted(HARMLESS_VARIABLES))
def test_a_harmless_variable_may_be_set_for_one_command(name: str) -> None:
    harmless = "cat" if name.endswith("PAGER") else "1"
    assert judge(f"{name}={harmless} git status", "allow git *") is Effect.ALLOW
    assert judge(f"{name}=../../x git status", "allow git *") is Effect.ASK
    assert judge(f"{name}=/x git status", "allow git *") is Effect.ASK
    assert judge(f"{name}=~/x git status", "allow git *") is Effect.ASK
    assert judge(f"{name}X=1 git status", "allow git *") is Effect.ASK
    assert judge(f"{name}=$X git status", "allow git *") is Effect.ASK


EXPECTED = (
    "git find sed awk tar sort rg grep xargs curl wget ssh scp rsync docker kubectl npm npx pnpm "
    "yarn pip uv cargo go "
    "make python node perl ruby php env tee dd cp mv ln install vim less man systemctl crontab at"
)


@pytest.mark.parametrize("name", EXPECTED.split())
def test_what_agents_use_most_stands_in_a_table(name: str) -> None:
    assert name in {*PROGRAMS, *FOLLOWED, *ANYWHERE}


@pytest.mark.parametrize(("name", "marker"), [(n, m) for n, ms in LAUNCHING.items() for m in sorted(ms)])
def test_a_wildcard_covers_no_program_that_another_one_starts(name: str, marker: str) -> None:
    command = f"{name} {marker} reboot now"
    assert judge(command, f"allow {name} *") is Effect.ASK
    assert judge(command, f"allow {name} {marker} *") is Effect.ASK
    assert judge(f"{name} {marker} python3 -c x", f"allow {name} {marker} python3 *") is Effect.ASK


@pytest.mark.parametrize("name", sorted(COMMANDED))
def test_a_wildcard_covers_nothing_that_takes_commands_from_its_input(name: str) -> None:
    assert judge(f"{name} notes.txt", f"allow {name} *") is Effect.ASK


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_is_judged_as_the_program_it_is(name: str) -> None:
    assert judge(f"{name} -m pytest -q", f"allow {name} -m pytest *") is Effect.ALLOW
    assert judge(f"{name} -m pytest -p evil", f"allow {name} -m pytest *") is Effect.ASK
    assert judge(f"{name} -m pytest -q", f"allow {name} *") is Effect.ASK


def test_harmless_values_and_forms_are_covered() -> None:
    covered = (
        "curl -w '%{http_code}' http://localhost/",
        "curl -H 'Accept: text/html' http://localhost/",
        "curl -X GET http://localhost/",
        "pytest -p no:cacheprovider",
        "eslint -f json src",
        "git merge -s ours x",
        "npm config get registry",
        "npm pkg get version",
        "kubectl config current-context",
        "docker buildx ls",
        "gh auth status",
        "bundle config list",
        "poetry config --list",
        "make V=1 test",
    )
    assert [
        command for command in covered if judge(command, f"allow {command.split()[0]} *") is not Effect.ALLOW
    ] == []


def test_every_entry_says_why() -> None:
    reasons = [
        *(options.why for program in PROGRAMS.values() for options in program.options),
        *(why for program in PROGRAMS.values() for why in program.dangerous_subcommands.values()),
        *(wrapper.why for wrapper in HARMLESS.values()),
        *ANYWHERE.values(),
        *COMMANDED.values(),
        *(why for why, _ in CHANGING.values()),
    ]
    assert [why for why in reasons if len(why.split()) < 2] == []
