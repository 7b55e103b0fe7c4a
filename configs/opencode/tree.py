"""A whole render: every file of one engine's configuration folder. The same input, the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from configs.content import AgentContent, ConfigSet, EngineDefaultsContent, ToolRule
from configs.opencode.agent_file import (
    build_agent_keys,
    fill_prompt,
    get_agent_path,
    is_file,
    write_agent_file,
)
from configs.opencode.binding import BUILT_INS, GlobalRules, bind_agent, bind_built_in, list_global_rules
from configs.opencode.config_json import show_references, write_config
from configs.opencode.lints import find_problems_under
from configs.opencode.mcp_rules import NO_TOOLS, McpTools, restrict_agent, restrict_globally
from configs.opencode.problems import Problem, has_errors
from configs.opencode.providers import build_providers
from configs.opencode.rule_map import build_rule_map
from configs.opencode.schema_check import check_schema

CONFIG_PATH = "opencode.json"
# Without it the engine writes it into the file.
SCHEMA_ADDRESS = "https://opencode.ai/config.json"


@dataclass(frozen=True, slots=True)
class File:
    """`path` is relative to the engine's configuration folder."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Tree:
    """The files in the order of their paths; none when a problem is an error."""

    files: tuple[File, ...]
    problems: tuple[Problem, ...]

    def find(self, path: str) -> str | None:
        return next((file.text for file in self.files if file.path == path), None)


@dataclass(frozen=True, slots=True)
class RenderedAgent:
    """One agent in the engine's words; without `prompt` it is an entry of `opencode.json`."""

    name: str
    keys: Mapping[str, Any]
    prompt: str | None

    @property
    def is_file(self) -> bool:
        return self.prompt is not None

    @property
    def path(self) -> str:
        return get_agent_path(self.name)

    @property
    def text(self) -> str:
        return write_agent_file(self.keys, self.prompt or "")


def render_tree(
    config_set: ConfigSet,
    defaults: EngineDefaultsContent,
    *,
    mcp: Mapping[str, Any] | None = None,
    mcp_tools: McpTools = NO_TOOLS,
) -> Tree:
    """Render everything.

    `mcp` holds the approved servers in the engine's words, by name: texts stay texts in it, and what the
    engine is to put in is a reference object of `config_json`. `mcp_tools` are each server's tools that are
    switched on; all its others are denied to every agent.
    """
    global_rules = list_global_rules(config_set)
    problems = find_problems_under(global_rules, config_set, defaults)
    if has_errors(problems):
        return Tree((), problems)
    agents = render_agents(config_set, global_rules, mcp_tools)
    config = build_config(config_set, defaults, mcp or {}, restrict_globally(global_rules.rules, mcp_tools))
    every = {agent.name: agent.keys for agent in agents}
    problems += check_schema(show_references({**config, "agent": every}))
    if has_errors(problems):
        return Tree((), problems)
    entries = {agent.name: agent.keys for agent in agents if not agent.is_file}
    files = [
        File(CONFIG_PATH, write_config({**config, "agent": entries})),
        *(File(agent.path, agent.text) for agent in agents if agent.is_file),
        *render_instructions(config_set),
    ]
    return Tree(tuple(sorted(files, key=lambda file: file.path)), problems)


def render_agent_file(agent: AgentContent, config_set: ConfigSet) -> str:
    """What lands on disk for one agent: its file, or its entry of `opencode.json` (see `agent_file`).

    The agent need not be in the set. Raises RuleMapError when its rules can't be said to the engine.
    """
    rendered = render_agent(agent, config_set, list_global_rules(config_set))
    return rendered.text if rendered.is_file else write_config({"agent": {agent.name: rendered.keys}})


def build_config(
    config_set: ConfigSet,
    defaults: EngineDefaultsContent,
    mcp: Mapping[str, Any],
    rules: Sequence[ToolRule],
) -> dict[str, Any]:
    """The value of `opencode.json` but for its agents. Raises RuleMapError."""
    providers = build_providers(config_set)
    config = {
        "$schema": SCHEMA_ADDRESS,
        "autoupdate": False,
        "share": "disabled",
        "shell": defaults.shell,
        "default_agent": defaults.default_agent,
        "model": get_model_key(config_set, defaults.model),
        "small_model": get_model_key(config_set, defaults.small_model),
        "enabled_providers": list(providers),
        "provider": providers,
        "instructions": [get_instruction_path(name) for name in list_instruction_names(config_set)],
        "permission": build_rule_map(rules),
    }
    config = {key: value for key, value in config.items() if value not in ("", {}, [])}
    return {**config, "mcp": dict(sorted(mcp.items()))}


def render_agents(
    config_set: ConfigSet, global_rules: GlobalRules, mcp_tools: McpTools
) -> list[RenderedAgent]:
    """Every built-in agent and every configured one, by name. Raises RuleMapError."""
    found = {}
    for name in BUILT_INS:
        rules = restrict_agent(global_rules.rules, bind_built_in(name, global_rules), mcp_tools)
        found[name] = RenderedAgent(name, {"permission": build_rule_map(rules)}, None)
    for agent in config_set.agents.values():
        found[agent.name] = render_agent(agent, config_set, global_rules, mcp_tools)
    return [found[name] for name in sorted(found)]


def render_agent(
    agent: AgentContent, config_set: ConfigSet, global_rules: GlobalRules, mcp_tools: McpTools = NO_TOOLS
) -> RenderedAgent:
    prompt = fill_prompt(agent, config_set)
    rules = restrict_agent(global_rules.rules, bind_agent(agent, global_rules).rules, mcp_tools)
    keys = build_agent_keys(agent, config_set, rules)
    return RenderedAgent(agent.name, keys, prompt if is_file(agent, prompt) else None)


def render_instructions(config_set: ConfigSet) -> list[File]:
    bodies = {content.name: content.body for content in config_set.instructions.values()}
    return [File(get_instruction_path(name), bodies[name]) for name in list_instruction_names(config_set)]


def list_instruction_names(config_set: ConfigSet) -> list[str]:
    return sorted({content.name for content in config_set.instructions.values()})


def get_instruction_path(name: str) -> str:
    """The engine finds it in its configuration folder when project configuration is switched off."""
    return f"instructions/{name}.md"


def get_model_key(config_set: ConfigSet, model_id: str) -> str:
    model = config_set.models.get(model_id)
    return model.key if model is not None else ""


def list_rules_of(agent: AgentContent, config_set: ConfigSet) -> tuple[ToolRule, ...]:
    """Every rule of ours that the engine has for an agent, in its order: for pages that explain verdicts."""
    global_rules = list_global_rules(config_set)
    return (*global_rules.rules, *bind_agent(agent, global_rules).rules)
