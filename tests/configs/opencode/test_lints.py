"""What keeps a release from being made, and what is only worth knowing."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given

from configs.content import (
    AgentContent,
    ConfigSet,
    EngineDefaultsContent,
    InstructionContent,
    PromptContent,
    PromptVariable,
    ProviderContent,
    ToolRule,
    ToolRulesContent,
)
from configs.opencode.lints import find_problems
from configs.opencode.problems import Problem, has_errors
from configs.opencode.rule_lints import LaterRules
from configs.opencode.rule_map import make_rules
from configs.opencode_rules import evaluate
from tests.configs.opencode.samples import (
    DEFAULTS,
    MODEL_ID,
    NAMED_PERMISSIONS,
    PROMPT_ID,
    RULES_ID,
    TEXTS,
    drawn_rules,
    make_model,
    make_set,
    rules,
)

pytestmark = pytest.mark.pure

FIRST, SECOND, THIRD = (f"{number:015d}" for number in range(3))


def lint(
    config_set: ConfigSet, defaults: EngineDefaultsContent = DEFAULTS
) -> list[tuple[str, str, str, str]]:
    return [
        (problem.severity, problem.kind, problem.object_id, problem.field)
        for problem in find_problems(config_set, defaults)
    ]


def lint_agent(
    *, general: Any = (), prompts: Any = None, models: Any = None, **fields: Any
) -> list[tuple[str, str]]:
    agent = AgentContent(**{"name": "writer", "mode": "primary", **fields})
    found = find_problems(make_set(agent, general=general, prompts=prompts, models=models), DEFAULTS)
    assert {(problem.kind, problem.object_id) for problem in found} <= {("agent", FIRST)}
    return [(problem.severity, problem.field) for problem in found]


def test_an_empty_set_is_well() -> None:
    assert find_problems(ConfigSet(), DEFAULTS) == ()


# Names


def test_a_name_stands_once_for_each_kind() -> None:
    one = AgentContent(name="twin")
    config_set = make_set(
        one,
        one,
        models={"m1": make_model(), "m2": make_model()},
        instructions={"i1": InstructionContent(name="a"), "i2": InstructionContent(name="a")},
        providers={"p1": ProviderContent(name="acme"), "p2": ProviderContent(name="acme")},
    )
    assert lint(config_set) == [
        ("error", "agent", SECOND, "name"),
        ("error", "instruction", "i2", "name"),
        ("error", "model", "m2", "identifier"),
        ("error", "provider", "p2", "name"),
    ]


def test_names_of_the_engines_own_objects_are_refused() -> None:
    config_set = make_set(
        AgentContent(name="constructor"),
        models={"m": make_model(identifier="__proto__")},
        providers={"p": ProviderContent(name="constructor")},
        instructions={"i": InstructionContent(name="constructor")},
    )
    assert lint(config_set) == [
        ("error", "agent", FIRST, "name"),
        ("error", "model", "m", "identifier"),
        ("error", "provider", "p", "name"),
    ]


# Prompts


def test_a_prompt_that_is_not_there_is_an_error() -> None:
    assert lint_agent(prompt=PROMPT_ID) == [("error", "prompt")]


def test_every_variable_has_a_value() -> None:
    prompt = PromptContent(
        name="P",
        body="{{a}} {{b}} {{c}}",
        variables=(PromptVariable(name="a"), PromptVariable(name="b", default=""), PromptVariable(name="c")),
    )
    prompts = {PROMPT_ID: prompt}
    assert lint_agent(prompts=prompts, prompt=PROMPT_ID, prompt_values={"c": "", "old": "x"}) == [
        ("error", "prompt_values.a"),
        ("warning", "prompt_values.old"),
    ]
    assert lint_agent(prompts=prompts, prompt=PROMPT_ID, prompt_values={"a": "x", "c": "y"}) == []
    assert lint_agent(prompt_values={"a": "x"}) == [("warning", "prompt_values")]


def test_variables_and_placeholders_belong_together() -> None:
    prompt = PromptContent(name="P", body="{{typo}}", variables=(PromptVariable(name="unused"),))
    assert lint(ConfigSet(prompts={PROMPT_ID: prompt})) == [
        ("warning", "prompt", PROMPT_ID, "body"),
        ("warning", "prompt", PROMPT_ID, "variables.0"),
    ]


def test_an_empty_prompt_is_worth_knowing() -> None:
    prompts = {PROMPT_ID: PromptContent(name="P", body=" \n")}
    assert lint_agent(prompts=prompts, prompt=PROMPT_ID) == [("warning", "prompt")]


# Models


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, []),
        ({"status": "beta"}, []),
        ({"is_enabled": False}, [("error", "model")]),
        ({"status": "deprecated"}, [("error", "model")]),
        ({"status": "alpha"}, [("error", "model")]),
    ],
)
def test_an_agents_model_is_one_that_the_engine_offers(
    fields: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    models = {MODEL_ID: make_model(**fields)}
    assert lint_agent(models=models, model=MODEL_ID) == expected
    assert lint_agent(models=models, model=MODEL_ID, is_disabled=True) == []
    defaults = EngineDefaultsContent(model=MODEL_ID, small_model=MODEL_ID)
    found = [problem.field for problem in find_problems(ConfigSet(models=models), defaults)]
    assert found == (["model", "small_model"] if expected else [])


def test_a_model_that_is_not_there_is_an_error() -> None:
    assert lint_agent(model=MODEL_ID) == [("error", "model")]
    assert lint_agent(model=MODEL_ID, is_disabled=True) == [("error", "model")]


def test_a_temperature_that_the_model_ignores_is_worth_knowing() -> None:
    for known, expected in (
        ({"temperature": False}, [("warning", "temperature")]),
        ({"temperature": True}, []),
        ({}, []),
    ):
        models = {MODEL_ID: make_model(capabilities=known)}
        assert lint_agent(models=models, model=MODEL_ID, temperature="0.1") == expected


def test_a_variant_is_one_of_the_models() -> None:
    models = {MODEL_ID: make_model(variants=("high", "low"))}
    assert lint_agent(models=models, model=MODEL_ID, variant="high") == []
    assert lint_agent(models=models, model=MODEL_ID, variant="huge") == [("warning", "variant")]
    assert lint_agent(variant="high") == [("warning", "variant")]


# Providers and options


@pytest.mark.parametrize("name", ["OPENCODE_SERVER_PASSWORD", "opencode_x", "COUNTERSIGN_GATE_TOKEN"])
def test_no_provider_is_given_the_engines_own_secrets(name: str) -> None:
    reference = f"{{env:{name}}}"
    config_set = make_set(
        AgentContent(name="writer", options={"a": reference}),
        providers={
            "p1": ProviderContent(name="acme", api_key_env=name),
            "p2": ProviderContent(name="other", options={"headers": {"x": reference}}),
        },
        models={MODEL_ID: make_model(options={"headers": [reference]})},
    )
    assert lint(config_set) == [
        ("error", "provider", "p1", "api_key_env"),
        ("error", "model", MODEL_ID, "options"),
        ("error", "provider", "p2", "options"),
        # The engine does not read it there.
        ("warning", "agent", FIRST, "options"),
    ]


def test_a_field_of_its_own_is_no_option_too() -> None:
    provider = ProviderContent(
        name="acme",
        base_url="http://a",
        api_key_env="A",
        options={"baseURL": "http://b", "apiKey": "{env:B}"},
    )
    assert lint(ConfigSet(providers={"p": provider})) == [
        ("error", "provider", "p", "options.baseURL"),
        ("error", "provider", "p", "options.apiKey"),
    ]


def test_a_key_that_the_engine_would_lose_is_refused() -> None:
    assert lint_agent(options={"deep": [{"__proto__": 1}]}) == [("error", "options")]


# Subagents


def test_only_agents_that_are_there_can_be_called() -> None:
    config_set = make_set(
        AgentContent(
            name="lead", mode="primary", subagents=("helper", "general", "explore", "gone", "lead2", "off")
        ),
        AgentContent(name="helper", mode="subagent"),
        AgentContent(name="lead2", mode="primary"),
        AgentContent(name="off", mode="all", is_disabled=True),
        AgentContent(name="explore", mode="primary"),
    )
    assert lint(config_set) == [
        ("error", "agent", FIRST, f"subagents.{position}") for position in (2, 3, 4, 5)
    ]


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ({"a": ["b"], "b": ["c"], "c": []}, []),
        ({"a": ["a"]}, ["a and itself"]),
        ({"a": ["b"], "b": ["c"], "c": ["a"]}, ["a and b and c"]),
        ({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}, []),
        ({"a": ["b"], "b": ["a"], "c": ["d"], "d": ["c", "a"]}, ["a and b", "c and d"]),
        ({"a": ["b"], "b": ["c", "b"], "c": []}, ["b and itself"]),
    ],
)
def test_circles_of_subagents_are_errors(calls: dict[str, list[str]], expected: list[str]) -> None:
    agents = [AgentContent(name=name, mode="all", subagents=tuple(others)) for name, others in calls.items()]
    found = [item for item in find_problems(make_set(*agents), DEFAULTS) if "circle" in item.sentence]
    assert [item.sentence for item in found] == [
        f"Subagents call one another in a circle: {names}." for names in expected
    ]
    assert {(item.severity, item.field) for item in found} <= {("error", "subagents")}


def test_a_long_chain_of_subagents_is_no_matter() -> None:
    names = [f"a{number}" for number in range(3000)]
    agents = [
        AgentContent(name=name, mode="all", subagents=(other,))
        for name, other in zip(names, [*names[1:], names[0]], strict=True)
    ]
    assert sum("circle" in item.sentence for item in find_problems(make_set(*agents), DEFAULTS)) == 1


def test_a_subagent_that_the_rules_deny_is_worth_knowing() -> None:
    general = [("task", "general", "deny")]
    assert lint_agent(general=general, subagents=("general",)) == [("warning", "subagents")]


# Rules


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ([("bash", "rm *", "deny"), ("bash", "*", "ask")], [("error", "rules.0")]),
        ([("bash", "git log *", "ask"), ("bash", "git *", "allow")], [("error", "rules.0")]),
        ([("bash", "git log *", "allow"), ("bash", "git *", "ask")], [("warning", "rules.0")]),
        ([("bash", "git", "deny"), ("bash", "git *", "ask")], [("error", "rules.0")]),
        ([("bash", "gi", "deny"), ("bash", "git *", "ask")], []),
        ([("bash", "ls", "allow"), ("*", "*", "ask")], [("warning", "rules.0")]),
        ([("demo_add", "x", "deny"), ("demo_*", "*", "ask")], [("error", "rules.0")]),
        ([("bash", "a", "ask"), ("bash", "a", "allow")], [("error", "rules.0")]),
        ([("bash", "a", "ask"), ("bash", "a", "ask")], []),
        ([("bash", "*", "ask"), ("bash", "rm *", "deny")], []),
        ([("edit", "*", "ask"), ("bash", "*", "ask")], []),
    ],
)
def test_a_rule_that_a_later_one_undoes_is_named(
    listed: list[tuple[str, str, str]], expected: list[tuple[str, str]]
) -> None:
    content = ToolRulesContent(rules=rules(*listed))
    found = find_problems(ConfigSet(tool_rules={RULES_ID: content}), DEFAULTS)
    assert [(item.severity, item.field) for item in found] == expected
    assert all(item.kind == "tool_rules" and item.object_id == RULES_ID for item in found)


@given(drawn_rules)
def test_a_rule_said_to_be_covered_never_decides(drawn: list[ToolRule]) -> None:
    later = LaterRules()
    covered = []
    for position in range(len(drawn) - 1, -1, -1):
        if later.find_covering(drawn[position]) is not None:
            covered.append(position)
        later.add(position, drawn[position])
    kept = [rule for position, rule in enumerate(drawn) if position not in covered]
    for permission in NAMED_PERMISSIONS:
        for text in TEXTS:
            assert evaluate(make_rules(drawn), permission, text) == evaluate(
                make_rules(kept), permission, text
            )


@pytest.mark.parametrize("rule", [("*", "*", "allow"), ("**", "*", "allow"), ("*", "***", "allow")])
def test_nothing_allows_everything(rule: tuple[str, str, str]) -> None:
    assert lint(make_set(general=[rule])) == [("error", "tool_rules", RULES_ID, "rules.0")]
    assert ("error", "rules.0") in lint_agent(rules=rules(rule))


def test_a_tool_that_a_denial_hides_is_named_as_hidden() -> None:
    found = find_problems(make_set(general=[("bash", "*", "deny"), ("edit", "x", "deny")]), DEFAULTS)
    assert found == (
        Problem(
            "warning",
            "tool_rules",
            RULES_ID,
            "rules",
            "Hides the tool bash from the model: it is gone, not asked about.",
        ),
    )


def test_home_folders_outside_of_folder_rules_are_worth_knowing() -> None:
    general = [
        ("external_directory", "~/x/*", "allow"),
        ("read", "~/x/*", "deny"),
        ("bash", "$HOME*", "deny"),
    ]
    assert lint(make_set(general=general)) == [
        ("warning", "tool_rules", RULES_ID, "rules.1.pattern"),
        ("warning", "tool_rules", RULES_ID, "rules.2.pattern"),
    ]


def test_looser_rules_are_named_and_never_an_error() -> None:
    own = rules(("bash", "ls", "allow"), ("bash", "rm *", "deny"))
    assert lint_agent(rules=own) == [("warning", "rules.0")]
    for mode in ("subagent", "all"):
        assert lint_agent(rules=own, mode=mode) == [("warning", "rules.0")]
    assert lint_agent(rules=own, general=[("bash", "ls", "allow")]) == []


def test_a_tool_that_is_on_and_hidden_is_worth_knowing() -> None:
    general = [("edit", "*", "deny")]
    found = find_problems(
        make_set(
            AgentContent(name="w", mode="primary", tools={"write": True, "bash": True}), general=general
        ),
        DEFAULTS,
    )
    assert [(item.kind, item.field) for item in found] == [("tool_rules", "rules"), ("agent", "tools.write")]


def test_rules_that_no_map_can_say_are_errors() -> None:
    impossible = [("bash", "*", "ask"), ("bash", "42", "allow")]
    assert lint(make_set(general=impossible)) == [
        ("error", "tool_rules", RULES_ID, "rules"),
        ("error", "tool_rules", "", "rules"),
    ]
    assert ("error", "rules") in lint_agent(rules=rules(*impossible))


# Defaults


@pytest.mark.parametrize(
    ("fields", "is_well"),
    [
        ({"mode": "primary"}, True),
        ({"mode": "all"}, True),
        ({"mode": "subagent"}, False),
        ({"mode": "primary", "is_hidden": True}, False),
        ({"mode": "primary", "is_disabled": True}, False),
    ],
)
def test_the_default_agent_is_one_to_talk_to(fields: dict[str, Any], is_well: bool) -> None:
    config_set = make_set(AgentContent(name="lead", **fields))
    found = lint(config_set, EngineDefaultsContent(default_agent="lead"))
    assert found == ([] if is_well else [("error", "engine_defaults", "", "default_agent")])


@pytest.mark.parametrize(
    ("name", "is_well"), [("build", True), ("title", False), ("general", False), ("gone", False)]
)
def test_the_default_agent_may_be_the_engines_own(name: str, is_well: bool) -> None:
    assert has_errors(find_problems(ConfigSet(), EngineDefaultsContent(default_agent=name))) is not is_well


def test_somebody_is_left_to_talk_to() -> None:
    off = [AgentContent(name=name, mode="primary", is_disabled=True) for name in ("build", "plan")]
    assert lint(make_set(*off)) == [("error", "engine_defaults", "", "default_agent")]
    assert lint(make_set(*off, AgentContent(name="lead", mode="primary"))) == []


def test_long_lists_are_looked_through_quickly() -> None:
    words = [f"tool{number} *" for number in range(2000)]
    general = [("bash", word, "allow") for word in words]
    started = time.monotonic()
    assert lint(make_set(AgentContent(name="h", mode="all", rules=rules(*general)), general=general)) == []
    assert time.monotonic() - started < 5
