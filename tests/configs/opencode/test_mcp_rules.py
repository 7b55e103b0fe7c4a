"""Of an MCP server agents have exactly the tools that are switched on, under the verdicts of the rules."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, strategies

from configs.content import AgentContent, ToolRule, ToolRulesContent
from configs.opencode.mcp_rules import (
    list_swallowed,
    name_permission,
    restrict_agent,
    restrict_globally,
)
from configs.opencode.read_back import expected_agents
from configs.opencode.rule_map import build_rule_map, make_rules, read_rule_map
from configs.opencode.tree import render_tree
from configs.opencode_rules import Rule, evaluate, is_withdrawn
from tests.configs.opencode.samples import DEFAULTS, RULES_ID, make_set

pytestmark = pytest.mark.pure

ASK_FOR_ALL = ToolRule("*", "*", "ask")
TOOLS = {"time": ("get_current_time", "convert.time"), "git": ("git_status",), "idle": ()}
ON = ("time_get_current_time", "time_convert_time", "git_git_status")
OFF = ("time_set_clock", "time_", "git_git_push", "idle_run")
permissions = strategies.sampled_from(
    ["*", "time_*", "time_get_current_time", "git_*", "*_git_status", "bash"]
)
actions = strategies.sampled_from(["allow", "ask", "deny"])
rule_lists = strategies.lists(
    strategies.builds(ToolRule, permissions, strategies.just("*"), actions), max_size=6
)


def as_read(*parts: tuple[ToolRule, ...]) -> tuple[Rule, ...]:
    """The engine's flat list of what is written in these maps, one after the other."""
    return tuple(rule for part in parts for rule in read_rule_map(build_rule_map(part)))


@given(rule_lists, rule_lists)
def test_what_is_on_keeps_its_verdict_and_everything_else_is_off(
    general: list[ToolRule], own: list[ToolRule]
) -> None:
    before = make_rules([ASK_FOR_ALL, *general, *own])
    first = restrict_globally([ASK_FOR_ALL, *general], TOOLS)
    after = as_read(first, restrict_agent([ASK_FOR_ALL, *general], own, TOOLS))
    assert {name: evaluate(after, name, "*") for name in ON} == {
        name: evaluate(before, name, "*") for name in ON
    }
    assert {name: is_withdrawn(after, name) for name in OFF} == dict.fromkeys(OFF, True)
    for name in ("bash", "read", "timetable_x", "external_directory"):
        assert evaluate(after, name, "*") == evaluate(before, name, "*")


def test_without_servers_nothing_is_added() -> None:
    rules = (ASK_FOR_ALL, ToolRule("bash", "ls", "allow"))
    assert restrict_globally(rules, {}) == rules
    assert restrict_agent(rules, rules, {}) == rules


def test_an_agent_whose_rules_are_about_other_things_gets_no_more_of_them() -> None:
    own = (ToolRule("bash", "ls", "allow"),)
    assert restrict_agent((ASK_FOR_ALL,), own, TOOLS) == own


def test_patterns_of_a_tool_keep_their_order() -> None:
    rules = (ASK_FOR_ALL, ToolRule("time_*", "*", "deny"), ToolRule("time_get", "x", "allow"))
    assert restrict_globally(rules, {"time": ("get",)})[3:] == (
        ToolRule("time_*", "*", "deny"),
        ToolRule("time_get", "*", "deny"),
        ToolRule("time_get", "x", "allow"),
    )


@pytest.mark.parametrize("mode", ["primary", "subagent", "all"])
def test_no_agent_of_a_render_has_a_tool_that_is_off(mode: str) -> None:
    wide = tuple(ToolRule(name, "*", "allow") for name in ("time_*", "*_push", "idle_run"))
    agent = AgentContent(name="worker", mode=mode, description="Works.", rules=wide)
    tool_rules = {RULES_ID: ToolRulesContent(rules=(ToolRule("time_*", "*", "allow"),))}
    config_set = replace(make_set(agent), tool_rules=tool_rules)
    tree = render_tree(config_set, DEFAULTS, mcp={}, mcp_tools=TOOLS)
    assert [problem for problem in tree.problems if problem.severity == "error"] == []
    found: dict[str, Any] = {}
    for name, expected in expected_agents(tree).items():
        found[name] = [each for each in OFF if not is_withdrawn(expected.rules, each)]
    assert set(found) >= {"worker", "build", "plan", "general"}
    assert [names for names in found.values() if names] == []
    rules = expected_agents(tree)["build"].rules
    assert {name: evaluate(rules, name, "*") for name in ON} == {
        "time_get_current_time": "allow",
        "time_convert_time": "allow",
        "git_git_status": "ask",
    }


def test_tools_are_called_as_the_engine_calls_them() -> None:
    assert name_permission("my-server", "a.b/c d") == "my-server_a_b_c_d"


def test_servers_that_would_swallow_a_permission_of_the_engine_are_told() -> None:
    assert [list_swallowed(name) for name in ("external", "doom", "plan", "time")] == [
        ["external_directory"],
        ["doom_loop"],
        ["plan_enter", "plan_exit"],
        [],
    ]
