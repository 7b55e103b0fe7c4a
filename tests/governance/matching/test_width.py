from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from governance.matching.book import RuleBook, Target, judge_call
from governance.matching.calls import Call
from governance.matching.rules import Effect, Rule
from governance.matching.width import (
    explain_unreadable,
    explain_unreadable_target,
    list_warnings,
    needs_second_person,
    read_in_words,
)

ALLOW, ASK, DENY = Effect.ALLOW, Effect.ASK, Effect.DENY


BEHIND = ", also behind sudo, env, sh -c and the like, and under any path."


def make(pattern: str, effect: Effect = ALLOW, permission: str = "bash", **more: object) -> Rule:
    return Rule(pattern, effect, permission=permission, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (
            make("git status", is_strict=True),
            "Allows exactly this command: git status. Nothing in it may differ but blanks and quotes.",
        ),
        (make("rm *", DENY), f"Denies rm, alone or with anything behind it{BEHIND}"),
        (make("*", ALLOW, "read"), "Allows reading what a target allows."),
        (
            make("src/**", ALLOW, "edit"),
            "Allows editing or writing src/** of the project. ** stands for any folders below.",
        ),
        (make("/etc/*", DENY, "read"), "Denies reading /etc/*. * for any text within one name."),
        (
            make("https://docs.example.org/3/*", ALLOW, "webfetch"),
            "Allows fetching the path /3/* from docs.example.org (https).",
        ),
        (
            make("https://*.example.org/*", ALLOW, "webfetch"),
            "Allows fetching any path from any host below example.org (https).",
        ),
        (make("explore", ALLOW, "task"), "Allows handing a task to the subagent explore."),
        (
            make("*", ALLOW, "files_read", conditions=(("path", "docs/*"),)),
            "Allows the tool files_read when path is docs/*; other arguments may be anything.",
        ),
        (make("*", ASK, "files_read"), "Asks a person about the tool files_read with any arguments."),
        (make("*", ALLOW, "doom_loop"), "Nothing: a call that repeats itself is always asked about."),
        (make("*", DENY, "*"), "Denies every call, of whatever kind."),
    ],
)
def test_a_rule_is_read_in_words(rule: Rule, words: str) -> None:
    assert read_in_words(rule) == words


def test_a_pattern_of_a_command_is_read_with_what_it_never_covers() -> None:
    words = read_in_words(make("git push *", allows_redirects=True))
    assert words == (
        "Allows git push, alone or with anything behind it. Redirects into the project are covered. "
        "Wildcards cover nothing that runs another program, writes through a redirect or an option, "
        "leaves the project, reads secrets, or is not known before it runs."
    )


@pytest.mark.parametrize(
    "rule",
    [
        make("*"),
        make("g*"),
        make("*/python3 *"),
        make("python3 *"),
        make("python3 -u *"),
        make("/usr/bin/node *"),
        make("bash *"),
        make("sh -c *"),
        make("eval *"),
        make("env *"),
        make("xargs *"),
        make("sudo *"),
        make("sudo apt update"),
        make("npx *"),
        make("curl *"),
        make("curl https://example.org/*"),
        make("ssh host *"),
        make("docker exec *"),
        make("/**", ALLOW, "read"),
        make("/*/*", ALLOW, "external_directory"),
        make("*", ALLOW, "webfetch"),
        make("https://*/*", ALLOW, "webfetch"),
        make("*", ALLOW, "task"),
        make("*", ALLOW, "files_*"),
    ],
)
def test_a_wide_rule_needs_a_second_person(rule: Rule) -> None:
    why = needs_second_person(rule)
    assert why
    assert list_warnings(rule)[0] == why
    for effect in (ASK, DENY):
        assert needs_second_person(make(rule.pattern, effect, rule.permission)) == ""


@pytest.mark.parametrize(
    "rule",
    [
        make("git status"),
        make("git *"),
        make("npm run build *"),
        make("python3 -m pytest *"),
        make("python3 manage.py test"),
        make("curl https://example.org/x"),
        make("*", ALLOW, "read"),
        make("src/**", ALLOW, "edit"),
        make("/srv/shared/**", ALLOW, "read"),
        make("https://docs.example.org/*", ALLOW, "webfetch"),
        make("explore", ALLOW, "task"),
        make("*", ALLOW, "files_read"),
    ],
)
def test_a_narrow_rule_needs_no_second_person(rule: Rule) -> None:
    assert needs_second_person(rule) == ""


@pytest.mark.parametrize(
    ("rule", "warnings"),
    [
        (make("git status"), ()),
        (make("git log *"), ()),
        (
            make("npm run test*"),
            ("test* also covers longer words; put a blank before the * to end the word.",),
        ),
        (make("timeout 5 ls *"), ("timeout is looked through: write the rule for the program behind it.",)),
        (make("rm", DENY), ("It is about the bare command alone; end it with “ *” for any operands.",)),
        (make("rm *", DENY), ()),
        (make("cat *", allows_redirects=True), ("It may overwrite any file of the project by a redirect.",)),
        (
            make("frobnicate *"),
            ("frobnicate is not known here: which of its options run or write something isn't told.",),
        ),
        (make("*", ALLOW, "read"), ("It allows no path by itself: a target has to.",)),
        (make("src/**.py", ALLOW, "read"), ("** inside of a name is a plain *: it does not cross a slash.",)),
        (
            make("http://example.org/*", ALLOW, "webfetch"),
            ("Without https anybody on the way can change what comes back.",),
        ),
        (make("https://*.com/*", ALLOW, "webfetch"), ("*.com is every host of that ending.",)),
        (make("*", ALLOW, "files_read"), ("It covers any arguments.",)),
        (
            make("*", ALLOW, "web_get", conditions=(("url", "https://example.org*"), ("mode", "*"))),
            ("https://example.org* does not end the host: put a / before the *.", "mode may be anything."),
        ),
        (make("git 'x"), ("A quote in the pattern is not closed.",)),
    ],
)
def test_warnings(rule: Rule, warnings: tuple[str, ...]) -> None:
    assert list_warnings(rule) == warnings


@pytest.mark.parametrize(
    "rule",
    [
        make(""),
        make("  "),
        make("git 'x"),
        make("git status; ls"),
        make("ls\u202e *"),
        make("*", ALLOW, "doom_loop"),
        make("*", ALLOW, "*"),
        make("~/x", ALLOW, "read"),
        make("../x", ALLOW, "read"),
        make("a\\b", DENY, "read"),
        make("https://ex*mple.org/*", ALLOW, "webfetch"),
        make("ftp://example.org/*", ALLOW, "webfetch"),
        make("", ALLOW, "task"),
        make("docs/*", ALLOW, "files_read"),
        make("*", ALLOW, "*_read"),
        make("*", ALLOW, "todowrite"),
        make("*", ALLOW, "files_read", conditions=(("a..b", "x"),)),
    ],
)
def test_a_rule_that_could_decide_nothing_is_told(rule: Rule) -> None:
    assert explain_unreadable(rule)


@pytest.mark.parametrize(
    "rule",
    [
        make("git status; ls", DENY),
        make("git log *"),
        make("*", DENY, "*"),
        make("~/x", DENY, "read"),
        make("*evil*", DENY, "webfetch"),
        make("example.org/*", ALLOW, "webfetch"),
        make("*", DENY, "todowrite"),
        make("*", ALLOW, "files_*"),
        make("*", ALLOW, "files_read", conditions=(("$.a[*].b", "x*"),)),
    ],
)
def test_a_rule_that_can_decide_is_not_complained_about(rule: Rule) -> None:
    assert explain_unreadable(rule) == ""


def test_targets_that_could_decide_nothing_are_told() -> None:
    bad = [
        *(Target("", ALLOW), Target("~/x", ALLOW), Target("a/../b", ALLOW), Target("a\\b", DENY)),
        *(Target("a", ASK), Target("a", ALLOW, verbs=("bash",)), Target("a\u202eb", DENY)),
    ]
    assert all(explain_unreadable_target(target) for target in bad)
    good = [Target("src/**", ALLOW), Target("~/.ssh", DENY), Target("*.pem", DENY, verbs=("read",))]
    assert [explain_unreadable_target(target) for target in good] == ["", "", ""]


VERBS = st.sampled_from(["bash", "read", "edit", "webfetch", "task", "doom_loop", "*", "files_read", "x"])


@given(st.text(max_size=30), st.sampled_from(list(Effect)), VERBS)
def test_any_rule_can_be_read(pattern: str, effect: Effect, verb: str) -> None:
    rule = make(pattern, effect, verb)
    assert isinstance(list_warnings(rule), tuple)
    if not explain_unreadable(rule):
        assert read_in_words(rule)


COMMANDS = ["ls", "git status", "python3 x.py", "a b c", "cat x > y"]


@given(st.sampled_from(COMMANDS), st.text(alphabet="ls git*?; 'ab", max_size=12))
def test_a_rule_that_is_told_to_decide_nothing_allows_nothing(command: str, pattern: str) -> None:
    rule = make(pattern)
    if explain_unreadable(rule):
        assert judge_call(Call("bash", command, directory="/w"), RuleBook([rule])).effect is ASK
