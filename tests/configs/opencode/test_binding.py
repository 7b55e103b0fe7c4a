"""Nothing that others call, or that the engine brings along, gets beyond the rules for every agent."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from configs.content import AgentContent, ConfigSet, ToolRule, ToolRulesContent
from configs.opencode.binding import (
    BUILT_INS,
    STRICTNESS,
    GlobalRules,
    LeftOut,
    bind_agent,
    bind_built_in,
    list_global_rules,
)
from configs.opencode.rule_map import RuleMapError, build_rule_map, make_rules, read_rule_map
from configs.opencode_rules import evaluate, is_withdrawn
from tests.configs.opencode.samples import NAMED_PERMISSIONS, TEXTS, drawn_rules, make_set, rules

pytestmark = pytest.mark.pure


def bind_general(*items: tuple[str, str, str]) -> GlobalRules:
    return list_global_rules(make_set(general=items))


def test_the_rules_for_every_agent_begin_with_ask() -> None:
    assert list_global_rules(ConfigSet()).rules == rules(("*", "*", "ask"))
    assert bind_general(("bash", "ls", "allow")).rules == rules(("*", "*", "ask"), ("bash", "ls", "allow"))


def test_a_team_adds_to_everybodys_rules_and_undoes_none_of_their_denials() -> None:
    everybodys = rules(("bash", "*", "deny"), ("bash", "ls", "allow"), ("edit", "*", "allow"))
    teams = rules(("bash", "git *", "allow"), ("edit", "secrets/*", "deny"))
    lists = {"one": ToolRulesContent(rules=everybodys), "two": ToolRulesContent(rules=teams)}
    assert list_global_rules(ConfigSet(tool_rules=lists, shared=frozenset({"one"}))).rules == (
        *rules(("*", "*", "ask")),
        *everybodys,
        *teams,
        *rules(("bash", "*", "deny"), ("bash", "ls", "allow")),
    )


@given(drawn_rules, drawn_rules)
def test_no_team_rule_loosens_a_denial_of_everybodys(
    everybodys: list[ToolRule], teams: list[ToolRule]
) -> None:
    lists = {
        "one": ToolRulesContent(rules=tuple(everybodys)),
        "two": ToolRulesContent(rules=tuple(teams)),
    }
    first = make_rules(
        list_global_rules(ConfigSet(tool_rules={"one": lists["one"]}, shared=frozenset({"one"}))).rules
    )
    both = make_rules(list_global_rules(ConfigSet(tool_rules=lists, shared=frozenset({"one"}))).rules)
    for permission in NAMED_PERMISSIONS:
        for text in TEXTS:
            if evaluate(first, permission, text) == "deny":
                assert evaluate(both, permission, text) == "deny"


@given(st.sampled_from(["subagent", "all"]), drawn_rules, drawn_rules)
def test_nothing_that_others_call_is_looser_than_the_rules_for_every_agent(
    mode: str, general: list[ToolRule], own: list[ToolRule]
) -> None:
    global_rules = GlobalRules((*rules(("*", "*", "ask")), *general))
    agent = AgentContent(name="helper", mode=mode, rules=tuple(own), tools={"edit": False, "bash": True})
    binding = bind_agent(agent, global_rules)
    check_not_looser(global_rules, binding.rules)


@given(st.sampled_from(sorted(BUILT_INS)), drawn_rules, drawn_rules)
def test_no_built_in_agent_is_looser_than_the_rules_for_every_agent(
    name: str, general: list[ToolRule], own: list[ToolRule]
) -> None:
    global_rules = GlobalRules((*rules(("*", "*", "ask")), *general))
    check_not_looser(global_rules, bind_built_in(name, global_rules))
    agent = AgentContent(name=name, mode=BUILT_INS[name].mode, rules=tuple(own))
    check_not_looser(global_rules, bind_agent(agent, global_rules).rules)


def check_not_looser(global_rules: GlobalRules, own: tuple[ToolRule, ...]) -> None:
    general = make_rules(global_rules.rules)
    try:
        engines = (*read_rule_map(build_rule_map(global_rules.rules)), *read_rule_map(build_rule_map(own)))
    except RuleMapError:
        engines = (*general, *make_rules(own))
    for permission in NAMED_PERMISSIONS:
        for text in TEXTS:
            ours = evaluate(engines, permission, text)
            assert STRICTNESS[ours] >= STRICTNESS[evaluate(general, permission, text)]


def test_a_looser_rule_of_a_subagent_is_left_out_and_named() -> None:
    general = bind_general(("bash", "git *", "allow"), ("bash", "git push *", "deny"))
    own = rules(("bash", "git log *", "allow"), ("bash", "ls", "allow"), ("bash", "git push x", "ask"))
    agent = AgentContent(name="helper", mode="subagent", rules=own)
    binding = bind_agent(agent, general)
    assert binding.rules == own[:1]
    assert binding.left_out == (
        LeftOut(1, own[1], ToolRule("*", "*", "ask")),
        LeftOut(2, own[2], ToolRule("bash", "git push *", "deny")),
    )
    assert bind_agent(replace(agent, mode="primary"), general).rules == own


def test_a_home_folder_that_the_engine_knows_better_is_no_way_around() -> None:
    general = bind_general(("external_directory", "*", "allow"), ("external_directory", "~/.ssh/*", "deny"))
    own = rules(("external_directory", "/home/engine/.ssh/*", "allow"))
    assert bind_agent(AgentContent(name="helper", mode="all", rules=own), general).rules == ()


def test_a_plan_edits_nothing_whatever_the_rules_say() -> None:
    general = bind_general(("edit", "*", "allow"))
    configured = AgentContent(name="plan", mode="primary", rules=rules(("edit", "docs/*", "allow")))
    for own in (bind_built_in("plan", general), bind_agent(configured, general).rules):
        together = make_rules((*general.rules, *own))
        assert evaluate(together, "edit", "docs/x") == "deny"
        assert evaluate(together, "task", "general") == "deny"


def test_built_in_agents_keep_their_own_denials() -> None:
    general = bind_general(("*", "*", "allow"), ("bash", "rm *", "deny"))

    def judge(name: str, permission: str, text: str = "x") -> str:
        return evaluate(make_rules((*general.rules, *bind_built_in(name, general))), permission, text)

    assert [judge("explore", name) for name in ("read", "grep", "edit", "task", "demo_add")] == [
        "allow",
        "allow",
        "deny",
        "deny",
        "deny",
    ]
    assert judge("explore", "bash", "rm x") == "deny"
    assert judge("general", "todowrite") == "deny"
    assert judge("general", "edit") == "allow"
    for name in ("compaction", "title", "summary"):
        assert judge(name, "read") == "deny"


def test_tools_that_are_switched_off_are_hidden() -> None:
    agent = AgentContent(name="writer", mode="primary", tools={"write": False, "bash": False, "read": True})
    own = bind_agent(agent, bind_general()).rules
    assert own == rules(("bash", "*", "deny"), ("edit", "*", "deny"))
    assert is_withdrawn(make_rules(own), "edit")


def test_subagents_are_task_rules_under_the_verdict_of_the_others() -> None:
    general = bind_general(("task", "reviewer", "allow"), ("task", "forbidden", "deny"))
    agent = AgentContent(name="lead", mode="primary", subagents=("reviewer", "general", "forbidden"))
    binding = bind_agent(agent, general)
    assert binding.rules == rules(
        ("task", "*", "deny"), ("task", "reviewer", "allow"), ("task", "general", "ask")
    )
    assert binding.denied_subagents == ("forbidden",)
    assert bind_agent(replace(agent, subagents=()), general).rules == rules(("task", "*", "deny"))
    assert bind_agent(replace(agent, subagents=None), general).rules == ()


@given(st.lists(st.sampled_from(["a", "b", "general"]), unique=True), drawn_rules)
def test_only_the_named_subagents_can_be_called(names: list[str], general: list[ToolRule]) -> None:
    global_rules = GlobalRules((*rules(("*", "*", "ask")), *general))
    agent = AgentContent(name="lead", mode="primary", subagents=tuple(names))
    together = make_rules((*global_rules.rules, *bind_agent(agent, global_rules).rules))
    for name in ("a", "b", "general", "other"):
        expected = evaluate(make_rules(global_rules.rules), "task", name) if name in names else "deny"
        assert evaluate(together, "task", name) == expected
