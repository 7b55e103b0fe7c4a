"""A whole render: which files there are, and that nothing a draft says is lost."""

from __future__ import annotations

import json
import re
from dataclasses import fields, replace
from typing import Any

import pytest

from configs.content import (
    AgentContent,
    ConfigSet,
    Content,
    EngineDefaultsContent,
    InstructionContent,
    ModelContent,
    PriceTier,
    PromptContent,
    PromptVariable,
    ProviderContent,
    ToolRulesContent,
)
from configs.opencode.config_json import FileReference, InConfigFolder, show_references
from configs.opencode.not_expressed import list_not_expressed
from configs.opencode.tree import File, Tree, list_rules_of, render_agent_file, render_tree
from tests.configs.opencode.samples import (
    AGENT_ID,
    DEFAULTS,
    MODEL_ID,
    PROMPT_ID,
    RULES_ID,
    make_model,
    make_set,
    rules,
)

pytestmark = pytest.mark.pure

PROVIDER_ID, INSTRUCTION_ID, OTHER_MODEL_ID = "v" * 15, "i" * 15, "n" * 15


def make_full_set() -> tuple[ConfigSet, EngineDefaultsContent]:
    """Something in every field."""
    prompt = PromptContent(
        name="Reviewing",
        body="Review {{what}}.\n",
        description="For reviewers",
        variables=(PromptVariable(name="what", default="code", description="What is reviewed"),),
        tags=("review",),
    )
    model = ModelContent(
        provider="acme",
        identifier="vendor/large-1",
        name="Large",
        family="large",
        context_limit_tokens=200_000,
        input_limit_tokens=180_000,
        output_limit_tokens=8_000,
        price_input_usd_per_million="3",
        price_output_usd_per_million="15",
        price_cache_read_usd_per_million="0.3",
        price_cache_write_usd_per_million="3.75",
        price_tiers=(
            PriceTier(
                above_tokens=200_000, price_input_usd_per_million="6", price_output_usd_per_million="22.5"
            ),
        ),
        capabilities={
            "attachment": False,
            "input": ["text", "image"],
            "output": ["text"],
            "reasoning": True,
            "temperature": True,
            "tool_call": True,
        },
        variants=("high",),
        status="beta",
        release_date="2026-05-31",
        env_names=("ACME_API_KEY",),
        options={"a": {"b": 1}},
        sources={"name": {"source": "engine", "as_of": "2026-11-01"}},
        overridden=("name",),
    )
    agent = AgentContent(
        name="reviewer",
        description="Reads code",
        mode="primary",
        prompt=PROMPT_ID,
        prompt_values={"what": "tests"},
        model=MODEL_ID,
        variant="high",
        temperature="0.1",
        top_p="0.9",
        steps=20,
        color="#336699",
        is_hidden=True,
        is_disabled=True,
        options={"reasoningEffort": "high"},
        subagents=("general",),
        tools={"webfetch": False},
        rules=rules(("bash", "git log *", "ask"), ("edit", "*", "deny")),
    )
    provider = ProviderContent(
        name="acme",
        display_name="Acme",
        package="@ai-sdk/openai-compatible",
        base_url="https://llm.example.org/v1",
        api_key_env="ACME_API_KEY",
        options={"timeout": 60000, "headers": {"x-team": "{env:TEAM_HEADER}"}},
    )
    config_set = ConfigSet(
        prompts={PROMPT_ID: prompt},
        instructions={INSTRUCTION_ID: InstructionContent(name="house", body="Be brief.\n", tags=("style",))},
        providers={PROVIDER_ID: provider},
        models={MODEL_ID: model, OTHER_MODEL_ID: make_model(identifier="small-1", is_enabled=False)},
        agents={AGENT_ID: agent},
        tool_rules={RULES_ID: ToolRulesContent(rules=rules(("bash", "git status", "allow")))},
    )
    defaults = EngineDefaultsContent(  # noqa: S604 - a field, nothing is run
        default_agent="plan", model=MODEL_ID, small_model=MODEL_ID, shell="/usr/local/bin/bash"
    )
    return config_set, defaults


def read_config(tree: Tree) -> dict[str, Any]:
    text = tree.find("opencode.json")
    assert text is not None
    config: dict[str, Any] = json.loads(text)
    return config


def test_everything_stands_where_the_engine_looks_for_it() -> None:
    tree = render_tree(*make_full_set())
    assert [file.path for file in tree.files] == [
        "agent/reviewer.md",
        "instructions/house.md",
        "opencode.json",
    ]
    assert tree.find("agent/reviewer.md") == (
        "---\n"
        "description: Reads code\n"
        "mode: primary\n"
        "model: acme/vendor/large-1\n"
        "variant: high\n"
        "temperature: 0.1\n"
        "top_p: 0.9\n"
        "steps: 20\n"
        'color: "#336699"\n'
        "disable: true\n"
        "hidden: true\n"
        "options:\n"
        "  reasoningEffort: high\n"
        "permission:\n"
        "  bash:\n"
        '    "git log *": ask\n'
        "  edit: deny\n"
        "  webfetch: deny\n"
        "  task:\n"
        '    "*": deny\n'
        "    general: ask\n"
        "---\n"
        "\n"
        "Review tests.\n"
    )
    assert tree.find("instructions/house.md") == "Be brief.\n"
    config = read_config(tree)
    agents = config.pop("agent")
    assert config == {
        "$schema": "https://opencode.ai/config.json",
        "autoupdate": False,
        "share": "disabled",
        "shell": "/usr/local/bin/bash",
        "default_agent": "plan",
        "model": "acme/vendor/large-1",
        "small_model": "acme/vendor/large-1",
        "enabled_providers": ["acme"],
        "provider": {
            "acme": {
                "name": "Acme",
                "npm": "@ai-sdk/openai-compatible",
                "options": {
                    "apiKey": "{env:ACME_API_KEY}",
                    "baseURL": "https://llm.example.org/v1",
                    "headers": {"x-team": "{env:TEAM_HEADER}"},
                    "timeout": 60000,
                },
                "whitelist": ["vendor/large-1"],
                "models": {
                    "vendor/large-1": {
                        "name": "Large",
                        "family": "large",
                        "release_date": "2026-05-31",
                        "attachment": False,
                        "reasoning": True,
                        "temperature": True,
                        "tool_call": True,
                        "cost": {
                            "input": 3,
                            "output": 15,
                            "cache_read": 0.3,
                            "cache_write": 3.75,
                            "context_over_200k": {"input": 6, "output": 22.5},
                        },
                        "limit": {"context": 200000, "input": 180000, "output": 8000},
                        "modalities": {"input": ["text", "image"], "output": ["text"]},
                        "status": "beta",
                        "options": {"a": {"b": 1}},
                    }
                },
            }
        },
        "instructions": ["instructions/house.md"],
        "permission": {"*": "ask", "bash": {"git status": "allow"}},
        "mcp": {},
    }
    assert sorted(agents) == ["build", "compaction", "explore", "general", "plan", "summary", "title"]
    assert agents["plan"] == {
        "permission": {
            "*": "ask",
            "bash": {"git status": "allow"},
            "task": {"general": "deny"},
            "edit": "deny",
        }
    }
    assert agents["title"] == {"permission": {"*": "deny"}}


def test_the_preview_of_an_agent_is_its_file() -> None:
    config_set, defaults = make_full_set()
    tree = render_tree(config_set, defaults)
    assert render_agent_file(config_set.agents[AGENT_ID], config_set) == tree.find("agent/reviewer.md")


def test_an_empty_set_asks_for_everything() -> None:
    tree = render_tree(ConfigSet(), DEFAULTS)
    assert [file.path for file in tree.files] == ["opencode.json"]
    config = read_config(tree)
    assert {**config, "agent": {}} == {
        "$schema": "https://opencode.ai/config.json",
        "autoupdate": False,
        "share": "disabled",
        "permission": {"*": "ask"},
        "mcp": {},
        "agent": {},
    }
    assert config["agent"]["build"] == {"permission": {"*": "ask"}}


def test_the_same_set_gives_the_same_bytes_whatever_order_its_parts_come_in() -> None:
    config_set, defaults = make_full_set()
    more = {f"{number:015d}": AgentContent(name=f"agent-{number}", mode="all") for number in range(5)}
    one = replace(config_set, agents={**config_set.agents, **more})
    other = replace(
        config_set,
        agents=dict(reversed(list(one.agents.items()))),
        models=dict(reversed(list(config_set.models.items()))),
    )
    assert render_tree(one, defaults) == render_tree(other, defaults)


def test_nothing_is_rendered_with_an_error() -> None:
    tree = render_tree(make_set(AgentContent(name="x", prompt=PROMPT_ID)), DEFAULTS)
    assert tree.files == ()
    assert [(item.severity, item.field) for item in tree.problems] == [("error", "prompt")]


def test_what_the_schema_refuses_is_not_rendered() -> None:
    tree = render_tree(ConfigSet(), DEFAULTS, mcp={"demo": {"type": "local", "command": "npx"}})
    assert tree.files == ()
    assert [(item.severity, item.field) for item in tree.problems] == [("error", "mcp.demo.command")]


def test_approved_servers_are_rendered_by_name() -> None:
    headers = {"Authorization": FileReference("mcp-secrets/b.header.Authorization"), "X": "{env:PASSWORD}"}
    remote = {"type": "remote", "url": "https://b.example", "headers": headers}
    command = [InConfigFolder("mcp/launch.py"), "{file:/etc/passwd}"]
    local = {"type": "local", "command": command, "enabled": True}
    tree = render_tree(ConfigSet(), DEFAULTS, mcp={"b": remote, "a": local})
    shown = {"a": show_references(local), "b": show_references(remote)}
    assert list(read_config(tree)["mcp"].items()) == list(shown.items())
    text = tree.find("opencode.json") or ""
    # The engine puts something in for what we mean, and for nothing that somebody wrote.
    found = [word for word in re.findall(r"\{(?:env|file):[^}]*\}", text) if "OPENCODE" not in word]
    assert found == ["{file:./mcp-secrets/b.header.Authorization}"]
    assert text.count("{env:OPENCODE_CONFIG_DIR}/mcp/launch.py") == 1


def test_models_that_are_switched_off_are_not_offered() -> None:
    models = {MODEL_ID: make_model(is_enabled=False)}
    assert read_config(render_tree(ConfigSet(models=models), DEFAULTS))["provider"] == {
        "acme": {"whitelist": []}
    }
    provider = {PROVIDER_ID: ProviderContent(name="acme")}
    assert read_config(render_tree(ConfigSet(providers=provider), DEFAULTS))["provider"] == {"acme": {}}


def test_a_prompt_used_by_many_agents_is_in_every_one_of_them() -> None:
    agents = [AgentContent(name=f"agent-{number}", mode="all", prompt=PROMPT_ID) for number in range(150)]
    for body in ("One.", "Another."):
        prompts = {PROMPT_ID: PromptContent(name="P", body=body)}
        tree = render_tree(make_set(*agents, prompts=prompts), DEFAULTS)
        written = [file for file in tree.files if file.path.startswith("agent/")]
        assert len(written) == 150
        assert all(file.text.endswith(f"---\n\n{body}\n") for file in written)


def test_the_rules_of_an_agent_are_explained_in_the_engines_order() -> None:
    config_set, _ = make_full_set()
    assert list_rules_of(config_set.agents[AGENT_ID], config_set) == rules(
        ("*", "*", "ask"),
        ("bash", "git status", "allow"),
        ("bash", "git log *", "ask"),
        ("edit", "*", "deny"),
        ("webfetch", "*", "deny"),
        ("task", "*", "deny"),
        ("task", "general", "ask"),
    )


# Every field of a draft


def list_fields() -> list[tuple[str, str, str]]:
    config_set, defaults = make_full_set()
    contents: list[tuple[str, Content]] = [
        ("prompts", config_set.prompts[PROMPT_ID]),
        ("instructions", config_set.instructions[INSTRUCTION_ID]),
        ("providers", config_set.providers[PROVIDER_ID]),
        ("models", config_set.models[MODEL_ID]),
        ("agents", config_set.agents[AGENT_ID]),
        ("tool_rules", config_set.tool_rules[RULES_ID]),
        ("defaults", defaults),
    ]
    return [(where, content.kind, field.name) for where, content in contents for field in fields(content)]


CHANGES: dict[tuple[str, str], Any] = {
    ("prompt", "body"): "Other.",
    ("prompt", "variables"): (),
    ("instruction", "name"): "other",
    ("instruction", "body"): "Other.",
    ("provider", "name"): "other",
    ("provider", "display_name"): "Other",
    ("provider", "package"): "@ai-sdk/openai",
    ("provider", "base_url"): "https://other.example",
    ("provider", "api_key_env"): "OTHER_KEY",
    ("provider", "options"): {},
    ("model", "provider"): "other",
    ("model", "identifier"): "other",
    ("model", "price_tiers"): (),
    ("model", "capabilities"): {},
    ("model", "status"): "active",
    ("model", "release_date"): "2026-06-01",
    ("model", "is_enabled"): False,
    ("model", "options"): {},
    ("agent", "name"): "other",
    ("agent", "mode"): "all",
    ("agent", "prompt"): "",
    ("agent", "prompt_values"): {},
    ("agent", "model"): "",
    ("agent", "color"): "info",
    ("agent", "is_hidden"): False,
    ("agent", "is_disabled"): False,
    ("agent", "options"): {},
    ("agent", "subagents"): None,
    ("agent", "tools"): {},
    ("agent", "rules"): (),
    ("agent", "temperature"): "0",
    ("agent", "top_p"): "0",
    ("tool_rules", "rules"): (),
    ("engine_defaults", "default_agent"): "build",
    ("engine_defaults", "model"): "",
    ("engine_defaults", "small_model"): "",
    ("engine_defaults", "shell"): "/bin/sh",
}  # fmt: skip


@pytest.mark.parametrize(("where", "kind", "name"), list_fields())
def test_every_field_is_among_the_files_or_said_not_to_be(where: str, kind: str, name: str) -> None:
    config_set, defaults = make_full_set()
    before = render_tree(config_set, defaults).files
    assert before
    if where == "defaults":
        content: Content = defaults
        after = render_tree(config_set, replace(defaults, **{name: CHANGES.get((kind, name), "x")})).files
    else:
        [(object_id, content)] = list(getattr(config_set, where).items())[:1]
        value = getattr(content, name)
        changed = replace(content, **{name: CHANGES.get((kind, name), change(value))})
        others = {**getattr(config_set, where), object_id: changed}
        parts: dict[str, Any] = {where: others}
        tree = render_tree(replace(config_set, **parts), defaults)
        if (kind, name) == ("model", "is_enabled"):
            # Still the engine's default, so that nothing is rendered at all.
            assert [item.field for item in tree.problems if item.severity == "error"] == [
                "model",
                "small_model",
            ]
            return
        assert tree.files, tree.problems
        after = tree.files
    not_expressed = dict(list_not_expressed(content))
    assert (after == before) is (name in not_expressed)


def change(value: Any) -> Any:
    if isinstance(value, str):
        return value + "1"
    if isinstance(value, int):
        return value + 1
    return type(value)()


def test_what_the_engine_has_no_place_for_is_named() -> None:
    model = ModelContent(
        provider="acme",
        identifier="x",
        context_limit_tokens=5,
        price_output_usd_per_million="1",
        price_tiers=(PriceTier(above_tokens=128_000, price_input_usd_per_million="1"),),
        is_enabled=False,
    )
    assert [field for field, _ in list_not_expressed(model)] == [
        "is_enabled",
        "context_limit_tokens",
        "price_output_usd_per_million",
        "price_tiers",
    ]
    assert list_not_expressed(AgentContent(name="x")) == ()


def test_files_are_found_by_their_path() -> None:
    tree = Tree((File("a", "text"),), ())
    assert (tree.find("a"), tree.find("b")) == ("text", None)
