from __future__ import annotations

import time
from dataclasses import replace

import pytest

from governance.matching.book import RuleBook, judge_call
from governance.matching.calls import Call
from governance.matching.rules import Effect, Rule
from governance.matching.verdicts import CommandVerdict, Verdict

PLACE = "/work/project"
READING = [Rule(f"{name} *", Effect.ALLOW) for name in ("cat", "cd", "sudo", "sh", "git", "head")]


def judge(command: str, *, forbidden: tuple[str, ...] = (), place: str = PLACE) -> Effect:
    return judge_call(Call("bash", command, directory=place), RuleBook(READING, forbidden=forbidden)).effect


def test_a_command_is_judged_by_the_rules_for_commands() -> None:
    rule = Rule("git *", Effect.ALLOW, id="r1", version=3)
    reason = "The rule “r1” allows it."
    verdict = judge_call(Call("bash", "git status", directory=PLACE), RuleBook([rule]))
    command = CommandVerdict("git status", Effect.ALLOW, reason, rule, (rule,))
    assert verdict == Verdict(Effect.ALLOW, reason, rule, (command,), rules=(rule,))


def test_every_rule_that_an_allow_rests_on_is_named() -> None:
    git, head, shell, sudo = rules = tuple(
        Rule(pattern, Effect.ALLOW) for pattern in ("git *", "head *", "sh *", "sudo *")
    )
    book = RuleBook([*rules, Rule("rm *", Effect.DENY)])

    def list_rules(command: str) -> tuple[object, ...]:
        return judge_call(Call("bash", command, directory=PLACE), book).rules

    assert list_rules("git log | head -n 1; git status") == (git, head)
    assert list_rules("sh -c 'git log | head'") == (shell, git, head)
    assert list_rules("timeout 5 git log") == (git,)
    assert list_rules("git log; rm x") == (Rule("rm *", Effect.DENY),)
    assert list_rules("git log; reboot") == ()
    assert list_rules("sudo git log") == (sudo, git)


@pytest.mark.parametrize("effect", list(Effect))
def test_a_repeated_call_is_always_asked_about(effect: Effect) -> None:
    book = RuleBook([Rule("*", effect, permission=verb) for verb in ("doom_loop", "*")])
    assert judge_call(Call("doom_loop"), book).effect is Effect.ASK


@pytest.mark.parametrize(
    "command",
    [
        "cat /proc/1/environ",
        "cat /proc/self/mem",
        "cat /proc/$PPID/environ",
        "cat /proc//self/./environ",
        "cat ../../proc/1/environ",
        "cat /proc/self/environ > x",
        "cat < /proc/1/environ",
        "cat /proc/*/environ",
        "cat /proc/1/env*",
        "cat /pro?/self/[e]nviron",
        "cd /proc/1 && cat environ",
        "cd /proc && cd self && cat environ",
        "sh -c 'cat /proc/1/environ; ls'",
        "sudo cat /proc/1/environ",
        "head --lines=1 /home/u/.local/share/opencode/auth.json",
        "git --git-dir=/home/u/.config/countersign status",
        "unknown-program /proc/1/environ",
        "X=/proc/1/environ",
    ],
)
def test_other_processes_secrets_are_denied_whatever_the_rules(command: str) -> None:
    assert judge(command) is Effect.DENY


@pytest.mark.parametrize(
    "command",
    [
        "cat /srv/keys/token",
        "cat /srv/keys",
        "cat /srv/./other/../keys/token",
        "cat ../../srv/keys/token",
        "cat ~/keys/token",
        "cat --file=/srv/keys/token",
        "cat /srv/k*/token",
        "cd /srv && cat keys/token",
        "git -C /srv/keys log",
        "cat <<< x > /srv/keys/token",
    ],
)
def test_forbidden_folders_are_denied_to_commands(command: str) -> None:
    assert judge(command, forbidden=("/srv/keys",)) is Effect.DENY


@pytest.mark.parametrize("command", ["cat keys/token", "cat .engine/x"])
def test_a_forbidden_folder_inside_the_project_is_denied(command: str) -> None:
    folders = (f"{PLACE}/keys", f"{PLACE}/.engine")
    assert judge(command, forbidden=folders) is Effect.DENY
    assert judge(command) is Effect.ALLOW


def test_what_only_looks_like_a_forbidden_folder_is_judged_by_the_rules() -> None:
    assert judge("cat keys2/x src/environ", forbidden=(f"{PLACE}/keys",)) is Effect.ALLOW


def test_a_wall_limit_asks_and_says_so() -> None:
    book = RuleBook([*READING, Rule("rm *", Effect.DENY)])
    verdict = judge_call(Call("bash", "cat x; " * 150, directory=PLACE), book, wall_limit_s=0.0)
    assert (verdict.effect, verdict.reason) == (Effect.ASK, "timeout: it took longer than 0 ms.")
    assert judge_call(Call("bash", "cat x", directory=PLACE), book, wall_limit_s=5).effect is Effect.ALLOW


@pytest.mark.parametrize(
    "command",
    ["sudo " * 12_000 + "rm", "a;" * 30_000, "x" * 65_000, "eval " * 10_000, "echo '" + "a" * 65_000],
)
def test_no_command_takes_long(command: str) -> None:
    """A generous limit: what is measured is that no input makes the matcher run away."""
    book = RuleBook([*READING, *(Rule(f"tool{n} --force x", Effect.DENY) for n in range(100))])
    before = time.process_time()
    assert judge_call(Call("bash", command, directory=PLACE), book).effect is not Effect.ALLOW
    assert time.process_time() - before < 2


def test_what_is_no_text_is_asked_about() -> None:
    book = RuleBook(READING)
    assert judge_call(Call("bash", 7), book).effect is Effect.ASK  # type: ignore[arg-type]
    assert judge_call(Call("bash", "cat x", directory=None), book).effect is Effect.ASK  # type: ignore[arg-type]


def test_every_limit_says_its_reason() -> None:
    book = RuleBook([*READING, Rule("rm *", Effect.DENY)])
    calls = {
        "It is longer than 64 KiB.": Call("bash", "cat " + "x" * 65_536),
        "It holds more than 200 commands.": Call("bash", "cat x;" * 201),
        "It is nested too deep.": Call("bash", "( " * 60 + "cat x" + " )" * 60),
        "It is too long to be judged.": Call("bash", "sudo " * 12_000 + "cat"),
        "It holds more than 200 paths.": Call("read", paths=("a",) * 201),
    }
    for reason, call in calls.items():
        verdict = judge_call(replace(call, directory=PLACE), book)
        assert (verdict.effect, verdict.reason) == (Effect.ASK, reason)
    assert judge_call(Call("bash", "cat x;" * 200, directory=PLACE), book).effect is Effect.ALLOW


LONG = "/".join("ab" * 10 for _ in range(150))
SLOW_CALLS = [
    Call("read", paths=tuple(f"{LONG}/{number}" for number in range(20)), directory=PLACE),
    Call("webfetch", url="https://a.example/" + "a" * 8000),
    Call("files_read", arguments={"path": ["a" * 60] * 900}),
    Call("bash", "cat a b c; " * 199 + "cat", directory=PLACE),
]


def make_slow_rule(verb: str, number: int) -> Rule:
    if verb == "files_read":
        return Rule("*", Effect.DENY, "files_*", conditions=(("path[*]", f"*a*b{number}*"),))
    return Rule(f"**/a*b*{number}*/**" if verb == "read" else f"*a*b*{number}*", Effect.DENY, verb)


@pytest.mark.parametrize("call", SLOW_CALLS, ids=["read", "webfetch", "tool", "bash"])
def test_no_call_takes_long_and_a_wall_limit_holds_for_every_verb(call: Call) -> None:
    rules = [make_slow_rule(call.permission, number) for number in range(400)]
    book = RuleBook([*rules, Rule("*", Effect.ALLOW, call.permission)])
    before = time.process_time()
    assert judge_call(call, book).effect in {Effect.ASK, Effect.DENY, Effect.ALLOW}
    assert time.process_time() - before < 4
    assert judge_call(call, book, wall_limit_s=0.0).reason == "timeout: it took longer than 0 ms."
    before = time.process_time()
    judge_call(call, book, wall_limit_s=0.25)
    assert time.process_time() - before < 1
