"""What a running engine reports, held against what was rendered."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from typing import Any

import pytest

from configs.content import (
    AgentContent,
    ConfigSet,
    EngineDefaultsContent,
    PromptContent,
    ProviderContent,
    ToolRulesContent,
)
from configs.opencode.binding import BUILT_INS
from configs.opencode.read_back import (
    Difference,
    ExpectedAgent,
    check_tree,
    compare_read_back,
    expected_agents,
    is_same_rule,
)
from configs.opencode.rule_map import read_rule_map
from configs.opencode.tree import File, Tree, render_tree
from configs.opencode_rules import Rule
from tests.configs.opencode.samples import MODEL_ID, PROMPT_ID, RULES_ID, make_model, rules

pytestmark = pytest.mark.pure

HOME = "/home/engine"
BUILT_IN_RULES = [
    {"permission": "*", "pattern": "*", "action": "allow"},
    {"permission": "read", "pattern": "*.env", "action": "ask"},
]
TOOL_OUTPUT = {
    "permission": "external_directory",
    "pattern": f"{HOME}/.local/share/opencode/tool-output/*",
    "action": "allow",
}


def make_tree() -> Tree:
    agents = [
        AgentContent(
            name="reviewer",
            description="Reads code",
            mode="primary",
            prompt=PROMPT_ID,
            model=MODEL_ID,
            temperature="0",
            top_p="0.5",
            steps=3,
            color="info",
            options={"effort": 1},
            rules=rules(
                ("bash", "7", "deny"), ("bash", "ls", "ask"), ("external_directory", "~/x/*", "deny")
            ),
        ),
        AgentContent(name="gone", is_disabled=True),
        AgentContent(name="explore", mode="subagent", description="Looks around"),
    ]
    config_set = ConfigSet(
        agents={f"{number:015d}": agent for number, agent in enumerate(agents)},
        prompts={PROMPT_ID: PromptContent(name="P", body="  Review.\n---\n")},
        models={MODEL_ID: make_model(price_input_usd_per_million="3", price_output_usd_per_million="1.5")},
        providers={"p": ProviderContent(name="acme", base_url="http://a", api_key_env="ACME_KEY")},
        tool_rules={RULES_ID: ToolRulesContent(rules=rules(("read", "*", "allow")))},
    )
    tree = render_tree(config_set, EngineDefaultsContent(default_agent="reviewer", model=MODEL_ID))
    assert tree.files, tree.problems
    return tree


def make_report(tree: Tree) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What an engine that runs the tree answers to `GET /agent` and `GET /config`."""
    text = tree.find("opencode.json")
    assert text is not None
    config = json.loads(text.replace("{env:ACME_KEY}", "the-key-itself"))
    config |= {"username": "engine", "command": {}}
    # The engine lists known permissions before others.
    config["permission"] = dict(reversed(list(config["permission"].items())))
    general = read_rule_map({"*": "ask", "read": "allow"})
    own = expected_agents(tree)
    agents = []
    for name in own:
        expected = own[name]
        provider, _, model = (expected.model or "").partition("/")
        agents.append(
            {
                "name": name,
                "mode": expected.mode,
                "description": expected.description or ("Built in" if name in BUILT_INS else None),
                "prompt": expected.prompt or ("Built in" if name in BUILT_INS else None),
                "model": {"providerID": provider, "modelID": model} if expected.model else None,
                "variant": None,
                "temperature": None if expected.temperature is None else float(expected.temperature),
                "topP": None if expected.top_p is None else float(expected.top_p),
                "steps": expected.steps,
                "color": expected.color,
                "hidden": True if name in {"title", "summary", "compaction"} else None,
                "options": dict(expected.options),
                "permission": [*BUILT_IN_RULES, *(write_rule(rule) for rule in expected.rules), TOOL_OUTPUT],
            }
        )
        assert expected.rules[: len(general)] == general
    return agents, config


def write_rule(rule: Rule) -> dict[str, str]:
    pattern = HOME + rule.pattern[1:] if rule.pattern.startswith("~/") else rule.pattern
    return {"permission": rule.permission, "pattern": pattern, "action": rule.action}


def find_agent(agents: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(agent for agent in agents if agent["name"] == name)


def test_an_engine_that_runs_the_release_shows_no_difference() -> None:
    tree = make_tree()
    assert compare_read_back(tree, *make_report(tree)) == ()


def test_what_an_engine_has_to_report_of_an_agent() -> None:
    own = expected_agents(make_tree())
    assert list(own) == sorted([*BUILT_INS, "reviewer"])
    reviewer = own["reviewer"]
    assert (reviewer.prompt, reviewer.model, reviewer.temperature) == (
        "Review.\n---",
        "acme/large-1",
        Decimal(0),
    )
    assert reviewer.rules == (
        Rule("*", "*", "ask"),
        Rule("read", "*", "allow"),
        Rule("bash", "7", "deny"),
        Rule("bash", "ls", "ask"),
        Rule("external_directory", "~/x/*", "deny"),
    )
    assert own["title"] == ExpectedAgent(
        name="title",
        mode="primary",
        description=None,
        prompt=None,
        model=None,
        variant=None,
        temperature=None,
        top_p=None,
        steps=None,
        color=None,
        is_hidden=None,
        options={},
        rules=(Rule("*", "*", "ask"), Rule("read", "*", "allow"), Rule("*", "*", "deny")),
    )


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("mode", "subagent", Difference("agent.reviewer.mode", "primary", "subagent")),
        ("description", None, Difference("agent.reviewer.description", "Reads code", "nothing")),
        ("prompt", "Other", Difference("agent.reviewer.prompt", "11 characters", "5 characters")),
        ("prompt", None, Difference("agent.reviewer.prompt", "11 characters", "nothing")),
        (
            "model",
            {"providerID": "acme", "modelID": "small"},
            Difference("agent.reviewer.model", "acme/large-1", "acme/small"),
        ),
        ("temperature", None, Difference("agent.reviewer.temperature", "0", "nothing")),
        ("topP", 0.6, Difference("agent.reviewer.top_p", "0.5", "0.6")),
        ("steps", 4, Difference("agent.reviewer.steps", "3", "4")),
        ("color", "error", Difference("agent.reviewer.color", "info", "error")),
        ("hidden", True, Difference("agent.reviewer.hidden", "nothing", "true")),
        ("variant", "high", Difference("agent.reviewer.variant", "nothing", "high")),
        ("options", {"effort": 1, "more": 2}, Difference("agent.reviewer.options", "effort", "effort, more")),
        ("permission", None, Difference("agent.reviewer.rules", "5 rules", "no list of rules")),
        ("permission", [], Difference("agent.reviewer.rules", "deny external_directory ~/x/*", "nothing")),
    ],
)
def test_each_field_of_an_agent_is_compared(key: str, value: Any, expected: Difference) -> None:
    tree = make_tree()
    agents, config = make_report(tree)
    find_agent(agents, "reviewer")[key] = value
    assert compare_read_back(tree, agents, config) == (expected,)


def test_agents_that_are_missing_or_too_many_are_named() -> None:
    tree = make_tree()
    agents, config = make_report(tree)
    agents.remove(find_agent(agents, "reviewer"))
    agents.append({**agents[0], "name": "gone"})
    assert compare_read_back(tree, agents, config) == (
        Difference("agent.gone", "nothing", "an agent"),
        Difference("agent.reviewer", "an agent", "nothing"),
    )


def test_the_order_of_rules_is_compared_and_what_comes_before_them_is_not() -> None:
    tree = make_tree()
    agents, config = make_report(tree)
    reviewer = find_agent(agents, "reviewer")
    reviewer["permission"] = [write_rule(Rule("bash", "*", "deny")), *reviewer["permission"]]
    assert compare_read_back(tree, agents, config) == ()
    kept = list(reviewer["permission"])
    kept[-3], kept[-4] = kept[-4], kept[-3]
    reviewer["permission"] = kept
    assert compare_read_back(tree, agents, config) == (
        Difference("agent.reviewer.rules", "ask bash ls", "deny bash 7"),
    )


@pytest.mark.parametrize(
    "added",
    [
        {"permission": "bash", "pattern": "echo *", "action": "allow"},
        {"permission": "external_directory", "pattern": "/etc/*", "action": "allow"},
        {"permission": "external_directory", "pattern": "*", "action": "allow"},
    ],
)
def test_a_rule_that_comes_after_ours_is_a_difference(added: dict[str, str]) -> None:
    tree = make_tree()
    agents, config = make_report(tree)
    find_agent(agents, "build")["permission"].append(added)
    [difference] = compare_read_back(tree, agents, config)
    assert difference.path == "agent.build.rules"


def test_a_home_folder_of_another_place_is_the_engines_own() -> None:
    tree = make_tree()
    agents, config = make_report(tree)
    rule = find_agent(agents, "reviewer")["permission"][-2]
    assert rule["pattern"] == f"{HOME}/x/*"
    rule["pattern"] = "/root/x/*"
    assert compare_read_back(tree, agents, config) == ()
    for other in ("~/y/*", "x/*", "/root/y/*", None):
        rule["pattern"] = other
        assert len(compare_read_back(tree, agents, config)) == 1


@pytest.mark.parametrize(
    ("pattern", "found", "is_same"),
    [
        ("~", "/root", True),
        ("~", "root", False),
        ("$HOME", "/root", True),
        ("$HOMEx", "/rootx", True),
        ("~x", "/rootx", False),
        ("~x", "~x", True),
    ],
)
def test_what_the_engine_makes_of_home_folders(pattern: str, found: str, is_same: bool) -> None:
    raw = {"permission": "read", "pattern": found, "action": "ask"}
    assert is_same_rule(Rule("read", pattern, "ask"), raw) is is_same


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("default_agent", "build", Difference("config.default_agent", "reviewer", "build")),
        ("model", None, Difference("config.model", "acme/large-1", "nothing")),
        ("share", "auto", Difference("config.share", "disabled", "auto")),
        ("autoupdate", True, Difference("config.autoupdate", "false", "true")),
        ("enabled_providers", [], Difference("config.enabled_providers", '["acme"]', "[]")),
        ("permission.read", "ask", Difference("config.permission.read", "allow", "ask")),
        (
            "permission.bash",
            {"echo *": "allow"},
            Difference("config.permission.bash", "nothing", '{"echo *": "allow"}'),
        ),
        ("permission", None, Difference("config.permission", "2 permissions", "no map of rules")),
        ("mcp.demo", {"type": "local"}, Difference("config.mcp", "[]", '["demo"]')),
        ("provider.other", {}, Difference("config.provider.other", "nothing", "a provider")),
        (
            "provider.acme.options.baseURL",
            "http://b",
            Difference("config.provider.acme.options.baseURL", "http://a", "http://b"),
        ),
        (
            "provider.acme.models.large-1.cost.input",
            4,
            Difference(
                "config.provider.acme.models.large-1.cost",
                '{"input": 3, "output": 1.5}',
                '{"input": 4, "output": 1.5}',
            ),
        ),
        (
            "provider.acme.models.small",
            {},
            Difference("config.provider.acme.models.small", "nothing", "a model"),
        ),
        (
            "provider.acme.whitelist",
            None,
            Difference("config.provider.acme.whitelist", '["large-1"]', "nothing"),
        ),
    ],
)
def test_the_configuration_is_compared(path: str, value: Any, expected: Difference) -> None:
    tree = make_tree()
    agents, config = make_report(tree)
    *parents, last = path.split(".")
    place = config
    for parent in parents:
        place = place[parent]
    place[last] = value
    assert compare_read_back(tree, agents, config) == (expected,)


def test_keys_of_providers_are_neither_compared_nor_repeated() -> None:
    tree = make_tree()
    agents, config = make_report(tree)
    config["provider"]["acme"]["options"]["apiKey"] = "another-key"
    assert compare_read_back(tree, agents, config) == ()
    differences = compare_read_back(tree, [], {"provider": copy.deepcopy(config["provider"])})
    assert differences
    assert "key" not in json.dumps([difference.found for difference in differences])


@pytest.mark.parametrize("answer", [None, 7, "text", [7], {}])
def test_answers_of_another_shape_are_differences(answer: Any) -> None:
    tree = make_tree()
    agents, config = make_report(tree)
    assert compare_read_back(tree, answer, config) == (
        Difference("agent", "a list of agents", "something else"),
    )
    if not isinstance(answer, dict):
        assert compare_read_back(tree, agents, answer) == (
            Difference("config", "a configuration", "something else"),
        )


# Stored files


def replace_file(tree: Tree, path: str, text: str) -> Tree:
    return Tree(tuple(File(file.path, text if file.path == path else file.text) for file in tree.files), ())


def test_a_stored_release_is_well() -> None:
    assert check_tree(make_tree()) == ()


@pytest.mark.parametrize(
    ("path", "text", "field"),
    [
        ("agent/reviewer.md", "---\nmode: sandbox\n---\n\nx\n", "agent.reviewer.mode"),
        (
            "agent/reviewer.md",
            "---\npermission:\n  webfetch:\n    a: ask\n---\n",
            "agent.reviewer.permission",
        ),
        ("agent/reviewer.md", "---\nmode: [\n---\n", ""),
        ("agent/reviewer.md", "no dashes", ""),
        ("opencode.json", "{", ""),
        ("opencode.json", "[]", ""),
        ("opencode.json", '{"unknown": 1}', ""),
        ("opencode.json", '{"agent": {"x": 7}}', ""),
    ],
)
def test_a_damaged_file_of_a_stored_release_is_found(path: str, text: str, field: str) -> None:
    problems = check_tree(replace_file(make_tree(), path, text))
    assert [(problem.severity, problem.field) for problem in problems] == [("error", field)]
