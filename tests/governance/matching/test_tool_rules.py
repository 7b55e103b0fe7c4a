from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, strategies as st

from governance.matching.book import RuleBook, judge_call
from governance.matching.calls import Call
from governance.matching.json_paths import find_values, read_steps
from governance.matching.rules import Effect, Rule
from governance.matching.verdicts import CommandVerdict, Verdict
from governance.matching.words import Budget, UnreadableError

ALLOW, ASK, DENY = Effect.ALLOW, Effect.ASK, Effect.DENY
TOOL = "files_read"


def judge(arguments: Mapping[str, object] | None, *rules: Rule, tool: str = TOOL) -> Effect:
    return judge_call(Call(tool, arguments=arguments), RuleBook(rules)).effect


def allow(*conditions: tuple[str, str], tool: str = TOOL) -> Rule:
    return Rule("*", ALLOW, permission=tool, conditions=conditions)


def deny(*conditions: tuple[str, str], tool: str = TOOL, effect: Effect = DENY) -> Rule:
    return Rule("*", effect, permission=tool, conditions=conditions)


def test_a_tool_is_named_by_server_and_tool() -> None:
    rule = Rule("*", ALLOW, permission=TOOL, id="r1", version=2)
    reason = "The rule “r1” allows it."
    assert judge_call(Call(TOOL, arguments={}), RuleBook([rule])) == Verdict(
        ALLOW, reason, rule, (CommandVerdict(TOOL, ALLOW, reason, rule, (rule,)),), rules=(rule,)
    )
    assert judge({}, rule, tool="files_write") is ASK
    assert judge({}, rule, tool="files_read_all") is ASK
    assert judge({}, allow(tool="files_*"), tool="files_write") is ALLOW
    assert judge({}, allow(tool="fi*"), tool="files_write") is ASK
    assert judge({}, allow(tool="*")) is ASK
    assert judge({}, Rule("docs/*", ALLOW, permission=TOOL)) is ASK


def test_arguments_that_are_not_known_are_asked_about() -> None:
    assert judge(None, allow()) is ASK
    assert judge(None, allow(), deny(("path", "x"))) is DENY


@pytest.mark.parametrize("verb", ["todowrite", "skill", "lsp", "plan_enter", "question", "websearch", ""])
def test_a_verb_that_is_not_known_is_asked_about(verb: str) -> None:
    assert judge({}, allow(tool=verb), tool=verb) is ASK
    assert judge({}, allow(tool="*"), tool=verb) is ASK
    assert judge({}, deny(tool="*"), tool=verb) is DENY


def test_a_denial_may_be_about_every_verb() -> None:
    book = RuleBook([Rule("*", DENY, permission="*"), Rule("*", ALLOW, permission="bash")])
    calls = [
        Call("bash", "ls"),
        Call("bash", "> x"),
        Call("read", paths=("/a",)),
        Call("read", paths=("~",)),
        Call("webfetch", url="https://a.example"),
        Call("webfetch", url="no url"),
        Call("task", subagent="general"),
        Call(TOOL),
    ]
    assert {judge_call(call, book).effect for call in calls} == {DENY}


@pytest.mark.parametrize(
    ("path", "pattern", "arguments"),
    [
        ("path", "docs/*", {"path": "docs/a"}),
        ("$.path", "docs/*", {"path": "docs/a", "more": 1}),
        ("$.file.path", "docs/*", {"file": {"path": "docs/a"}}),
        ("$.paths[*]", "docs/*", {"paths": ["docs/a", "docs/b"]}),
        ("$.paths[0]", "docs/*", {"paths": ["docs/a", "etc"]}),
        ("$.files[*].path", "docs/*", {"files": [{"path": "docs/a"}]}),
        ("$['odd name']", "x", {"odd name": "x"}),
        ("$.count", "5", {"count": 5}),
        ("$.force", "false", {"force": False}),
        ("$.mode", "null", {"mode": None}),
        ("$.mode", "?", {"mode": "r"}),
        ("$.path", "../a", {"path": "../a"}),
    ],
)
def test_a_condition_is_met(path: str, pattern: str, arguments: dict[str, object]) -> None:
    assert judge(arguments, allow((path, pattern))) is ALLOW
    assert judge(arguments, allow(), deny((path, pattern))) is DENY
    assert judge(arguments, allow(), deny((path, pattern), effect=ASK)) is ASK


@pytest.mark.parametrize(
    ("path", "pattern", "arguments"),
    [
        ("path", "docs/*", {}),
        ("path", "docs/*", {"path": "etc/docs/a"}),
        ("path", "docs/*", {"Path": "docs/a"}),
        ("path", "docs/*", {"path": ["docs/a"]}),
        ("path", "*", {"path": {"a": 1}}),
        ("path", "docs/*", {"path": "docs/../etc"}),
        ("path", "docs/*", {"path": "docs\\..\\etc"}),
        ("path", "docs/*", {"path": "docs/\u202ex"}),
        ("path", "docs/*", {"path": "docs/a", "other": "\x1b[2J"}),
        ("paths[*]", "docs/*", {"paths": []}),
        ("paths[*]", "docs/*", {"paths": ["docs/a", "etc"]}),
        ("paths[*].p", "docs/*", {"paths": [{"p": "docs/a"}, {}]}),
        ("paths[1]", "docs/*", {"paths": ["docs/a"]}),
        ("a..b", "*", {"a": {"b": "x"}}),
        ("", "*", {"a": "x"}),
        ("a b", "*", {"a": "x"}),
    ],
)
def test_a_condition_is_not_met(path: str, pattern: str, arguments: dict[str, object]) -> None:
    assert judge(arguments, allow((path, pattern))) is ASK


def test_all_conditions_have_to_be_met() -> None:
    rule = allow(("path", "docs/*"), ("mode", "r"))
    assert judge({"path": "docs/a", "mode": "r"}, rule) is ALLOW
    assert judge({"path": "docs/a", "mode": "w"}, rule) is ASK


def test_a_denial_is_met_by_any_value_and_in_doubt() -> None:
    assert judge({"paths": ["docs/a", "KEYS"]}, allow(), deny(("paths[*]", "keys"))) is DENY
    assert judge({"path": ["keys"]}, allow(), deny(("path", "keys"))) is DENY
    assert judge({"path": "x"}, allow(), deny(("path", "keys"))) is ALLOW
    assert judge({"path": "x"}, allow(), deny(("no path", "keys"))) is DENY


def test_arguments_that_are_too_long_or_no_json_are_asked_about() -> None:
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    cases: list[dict[str, object]] = [
        {"a": "x" * 70_000},
        {"a": object()},
        {"a": deep},
        {"a": float("nan"), "b\0": 1},
    ]
    assert [judge(arguments, allow()) for arguments in cases] == [ASK] * 4


@pytest.mark.parametrize(
    ("pattern", "name", "effect"),
    [
        ("explore", "explore", ALLOW),
        ("explore", "Explore", ASK),
        ("explore", "explore2", ASK),
        ("ex*", "explore", ALLOW),
        ("*", "general", ALLOW),
        ("*", "", ASK),
        ("*", "gene\u200bral", ASK),
        ("*", "a\0", ASK),
    ],
)
def test_subagents_are_named(pattern: str, name: str, effect: Effect) -> None:
    call = Call("task", subagent=name)
    assert judge_call(call, RuleBook([Rule(pattern, ALLOW, permission="task")])).effect is effect


def test_a_denied_subagent_is_denied_in_any_case() -> None:
    rules = [Rule("*", ALLOW, permission="task"), Rule("build", DENY, permission="task")]
    assert judge_call(Call("task", subagent="Build"), RuleBook(rules)).effect is DENY
    assert judge_call(Call("task", subagent="plan"), RuleBook(rules)).effect is ALLOW


def test_a_path_that_finds_too_much_is_unreadable() -> None:
    with pytest.raises(UnreadableError):
        find_values([list(range(2000))], read_steps("[*][*]"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from("abc"), JSON),
    st.text(alphabet="abc.$[]*01'", max_size=8),
    st.text(max_size=4),
)
def test_nothing_raises_and_a_denial_more_never_allows_more(
    arguments: dict[str, object], path: str, pattern: str
) -> None:
    call = Call(TOOL, arguments=arguments)
    order = [ALLOW, ASK, DENY]
    before = RuleBook([allow((path, pattern))]).tools.judge(call, Budget()).effect
    after = RuleBook([allow((path, pattern)), deny((path, pattern))]).tools.judge(call, Budget()).effect
    assert order.index(after) >= order.index(before)
    if before is ALLOW:
        assert after is DENY
