"""What the engine's rules let through unasked, by the engine's own order and globs."""

import time
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from configs.opencode_rules import (
    AgentRules,
    Rule,
    RulesError,
    UnaskedAllowance,
    describe_unasked,
    evaluate,
    is_withdrawn,
    matches,
    parse_agents,
    summarise,
)
from tests.relay.opencode.captures import find_exchange


def build_rules(*rules: tuple[str, str, str]) -> tuple[Rule, ...]:
    return tuple(Rule(permission, pattern, action) for permission, pattern, action in rules)  # type: ignore[arg-type]


def find_serious(*rules: tuple[str, str, str], servers: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """(permission, pattern) of every serious allowance but the silent shell inputs."""
    found = describe_unasked([AgentRules("build", "primary", build_rules(*rules))], servers)
    return [(item.permission, item.pattern) for item in found if item.is_serious and item.pattern]


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("*", "", True),
        ("*", "rm -rf /\nls", True),
        ("ls *", "ls", True),
        ("ls *", "ls -la", True),
        ("ls *", "lsof", False),
        ("ls*", "lsof", True),
        ("git push *", "git  push origin", False),
        ("git push *", "git push origin x", True),
        ("rm *", "/bin/rm y", False),
        ("echo *", "echo $(rm -rf ./q) > out.txt", True),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("*.env", "folder/.env", True),
        ("*.env", "folder/.environment", False),
        ("a.b", "axb", False),
        ("[abc]", "a", False),
        ("{a,b}", "a", False),
        ("src\\*", "src/x", True),
        ("x", "", False),
        ("", "", True),
    ],
)
def test_globs_are_the_engines(pattern: str, text: str, expected: bool) -> None:
    assert matches(pattern, text) is expected


def test_no_pattern_makes_matching_slow() -> None:
    started = time.monotonic()
    assert matches("*a" * 200 + "b", "a" * 4000) is False
    assert time.monotonic() - started < 5


@settings(deadline=None)
@given(st.text("ab*? ", max_size=8))
def test_a_pattern_without_wildcards_matches_itself_alone(text: str) -> None:
    literal = text.replace("*", "").replace("?", "")
    assert matches(literal, literal)
    assert not matches(literal, literal + "x")


def test_the_last_matching_rule_decides() -> None:
    rules = build_rules(("bash", "*", "ask"), ("bash", "git push *", "deny"), ("bash", "git *", "allow"))
    assert evaluate(rules, "bash", "git push origin") == "allow"
    assert evaluate(rules, "bash", "ls") == "ask"
    assert evaluate(tuple(reversed(rules)), "bash", "git push origin") == "ask"


def test_nothing_matches_means_ask() -> None:
    assert evaluate((), "bash", "ls") == "ask"
    assert evaluate(build_rules(("edit", "*", "allow")), "bash", "ls") == "ask"


def test_only_a_closing_deny_of_everything_withdraws_a_tool() -> None:
    assert is_withdrawn(build_rules(("*", "*", "allow"), ("bash", "*", "deny")), "bash")
    assert not is_withdrawn(build_rules(("bash", "*", "deny"), ("bash", "echo *", "allow")), "bash")
    assert not is_withdrawn(build_rules(("bash", "rm *", "deny")), "bash")
    assert not is_withdrawn((), "bash")


def test_rules_that_ask_for_everything_leave_nothing_serious_but_the_silent_inputs() -> None:
    assert find_serious(("*", "*", "allow"), ("*", "*", "ask"), servers=("demo",)) == []


def test_the_engines_own_default_asks_for_next_to_nothing() -> None:
    serious = find_serious(
        ("*", "*", "allow"),
        ("external_directory", "*", "ask"),
        ("doom_loop", "*", "ask"),
        ("read", "*", "allow"),
    )
    assert serious == [
        ("bash", "*"),
        ("edit", "*"),
        ("webfetch", "*"),
        ("websearch", "*"),
        ("task", "*"),
        ("*", "*"),
        ("read", "*.env"),
    ]


def test_a_configured_allow_for_everything_switches_the_built_in_asks_off() -> None:
    serious = find_serious(("external_directory", "*", "ask"), ("*", "*", "allow"))
    assert ("external_directory", "*") in serious


def test_tools_of_mcp_servers_are_allowed_unless_a_rule_says_otherwise() -> None:
    default = (("*", "*", "allow"), ("bash", "*", "ask"))
    assert ("demo_*", "*") in find_serious(*default, servers=("demo",))
    assert ("demo_*", "*") not in find_serious(*default, ("demo_*", "*", "ask"), servers=("demo",))
    one_tool = find_serious(("*", "*", "ask"), ("demo_add", "*", "allow"), servers=("demo",))
    assert one_tool == [("demo_add", "*")]


def test_an_allowance_that_a_later_rule_covers_is_not_reported() -> None:
    assert find_serious(("bash", "git *", "allow"), ("bash", "*", "ask")) == []
    assert find_serious(("bash", "git log *", "allow"), ("bash", "git *", "deny")) == []


def test_an_allowance_that_a_later_rule_narrows_is_reported_with_the_exception() -> None:
    rules = build_rules(("*", "*", "ask"), ("bash", "git *", "allow"), ("bash", "git push *", "deny"))
    found = describe_unasked([AgentRules("build", "primary", rules)])
    assert found[0] == UnaskedAllowance(
        permission="bash",
        pattern="git *",
        agent="build",
        warning="Without asking: shell commands run (only git *) (except git push *).",
        is_serious=True,
    )


def test_a_question_mark_does_not_cover_a_star() -> None:
    assert find_serious(("*", "*", "ask"), ("bash", "a*", "allow"), ("bash", "a?", "ask")) == [("bash", "a*")]


def test_silent_shell_inputs_are_named_unless_the_shell_is_withdrawn() -> None:
    def find_silent(*rules: tuple[str, str, str]) -> list[str]:
        found = describe_unasked([AgentRules("build", "primary", build_rules(*rules))])
        return [item.warning for item in found if item.permission == "bash" and not item.pattern]

    asked = find_silent(("*", "*", "ask"))
    assert len(asked) == 1
    for text in ("> file", "export NAME=value", "unset NAME", "[[ -f file ]]", "cd folder", "{rm,-f,file}"):
        assert text in asked[0]
    assert find_silent(("*", "*", "ask"), ("bash", "*", "deny"), ("bash", "echo *", "allow")) == asked
    assert find_silent(("*", "*", "ask"), ("bash", "*", "deny")) == []


def test_the_recorded_engine_is_described() -> None:
    agents = parse_agents(find_exchange("/agent")["response"])
    assert [(agent.name, agent.mode) for agent in agents] == [
        ("build", "primary"),
        ("compaction", "primary"),
        ("explore", "subagent"),
        ("general", "subagent"),
        ("plan", "primary"),
        ("summary", "primary"),
        ("title", "primary"),
    ]
    build = next(agent for agent in agents if agent.name == "build")
    asked = [evaluate(build.rules, name, "x") for name in ("bash", "edit", "webfetch", "external_directory")]
    assert asked == ["ask"] * 4
    serious = {
        (item.agent, item.permission) for item in describe_unasked(agents, ["demo"]) if item.is_serious
    }
    assert {permission for agent, permission in serious if agent == "build"} == {
        "websearch",
        "task",
        "demo_*",
        "*",
        "bash",
    }
    # Its built-in rules let this agent read secrets that `build` has to ask for.
    assert ("explore", "read") in serious
    assert ("build", "read") not in serious


def test_the_engines_own_folders_are_a_note_and_no_warning() -> None:
    agents = parse_agents(find_exchange("/agent")["response"])
    own = [item for item in describe_unasked(agents) if item.permission == "external_directory"]
    assert {(item.pattern, item.is_serious) for item in own} == {
        ("/home/engine/data/opencode/tool-output/*", False)
    }


def test_a_summary_names_the_agents_and_puts_warnings_first() -> None:
    asking = build_rules(("*", "*", "ask"), ("bash", "*", "deny"))
    note = AgentRules("quiet", "primary", (*asking, Rule("glob", "*", "allow")))
    serious = [AgentRules(name, "primary", (*asking, Rule("edit", "*", "allow"))) for name in ("one", "two")]
    assert summarise(describe_unasked([note, *serious])) == [
        "Without asking: files are changed. (agents: one, two)",
        "Without asking: file names are searched. (agents: quiet)",
    ]


@pytest.mark.parametrize(
    "raw",
    [
        None,
        {},
        [7],
        [{"name": "build", "mode": "primary"}],
        [{"name": 7, "mode": "primary", "permission": []}],
        [{"name": "build", "permission": []}],
        [{"name": "build", "mode": "primary", "permission": [7]}],
        [{"name": "build", "mode": "primary", "permission": [{"permission": "bash", "pattern": "*"}]}],
        [
            {
                "name": "build",
                "mode": "primary",
                "permission": [{"permission": "bash", "pattern": "*", "action": "maybe"}],
            }
        ],
    ],
)
def test_an_agent_list_of_another_shape_is_refused(raw: Any) -> None:
    with pytest.raises(RulesError):
        parse_agents(raw)
