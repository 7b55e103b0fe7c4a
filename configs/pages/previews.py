"""What the engine would read of something as it stands in a form, and what speaks against it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString

from accounts.admin.display import highlight_marks
from configs.content import (
    AgentContent,
    ConfigSet,
    Content,
    EngineDefaultsContent,
    InstructionContent,
    ModelContent,
    PromptContent,
    ProviderContent,
)
from configs.enums import ConfigKind
from configs.opencode.agent_file import fill_prompt, get_agent_path, is_file
from configs.opencode.binding import list_global_rules
from configs.opencode.config_json import write_config
from configs.opencode.lints import find_problems
from configs.opencode.problems import Problem
from configs.opencode.providers import build_providers
from configs.opencode.rule_map import RuleMapError, build_rule_map
from configs.opencode.tree import CONFIG_PATH, get_instruction_path, render_agent_file
from configs.queries import list_usable, read_versions
from events.text import make_visible_lines

# What has no id yet.
NEW = "new000000000000"
MAX_SHOWN_CHARACTERS = 60_000
MAX_SHOWN_AGENTS = 3


@dataclass(frozen=True, slots=True)
class ShownFile:
    """`text` is the whole file, `html` what a page shows of it."""

    path: str
    html: SafeString
    words: str = ""
    text: str = ""


@dataclass
class Preview:
    """`problems` belong to fields; `general` to none."""

    files: list[ShownFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    general: list[Problem] = field(default_factory=list)
    variables: list[tuple[str, str]] = field(default_factory=list)


def build_preview(kind: str, team_id: str | None, object_id: str, content: Content) -> Preview:
    """`object_id` "" for something new."""
    object_id = object_id or NEW
    config_set = read_around(kind, team_id, object_id, content)
    preview = Preview()
    try:
        preview.files = SHOW[kind](config_set, object_id, content)
    except RuleMapError as error:
        preview.general.append(Problem("error", kind, object_id, "rules", str(error)))
    for problem in find_problems(config_set, EngineDefaultsContent()):
        if (problem.kind, problem.object_id) == (kind, object_id):
            (preview.problems if problem.field else preview.general).append(problem)
    if isinstance(content, PromptContent):
        preview.variables = describe_variables(content)
    return preview


def read_around(kind: str, team_id: str | None, object_id: str, content: Content) -> ConfigSet:
    """The latest versions of what this one is rendered and checked with, itself as it stands in the form."""
    found: dict[str, Any] = {name: {} for name in PLURALS.values()}
    if kind in {ConfigKind.AGENT, ConfigKind.PROMPT, ConfigKind.TOOL_RULES}:
        found["tool_rules"] = read_rows(list_usable(ConfigKind.TOOL_RULES, team_id))
    if kind in {ConfigKind.AGENT, ConfigKind.PROMPT}:
        agents = list_usable(ConfigKind.AGENT, team_id)
        if kind == ConfigKind.PROMPT:
            agents = agents.filter(prompt_id=object_id)
        found["agents"] = read_rows(agents)
        used = [*found["agents"].values(), *([content] if isinstance(content, AgentContent) else [])]
        for name in (ConfigKind.PROMPT, ConfigKind.MODEL):
            ids = {getattr(agent, name) for agent in used}
            found[PLURALS[name]] = read_rows(list_usable(name, team_id).filter(pk__in=ids))
    if isinstance(content, ModelContent):
        found["providers"] = read_rows(
            list_usable(ConfigKind.PROVIDER, team_id).filter(name=content.provider)
        )
    if isinstance(content, ProviderContent):
        models = list_usable(ConfigKind.MODEL, team_id).filter(provider=content.name)
        found["models"] = read_rows(models[:MAX_SHOWN_AGENTS])
    found[PLURALS[kind]][object_id] = content
    return ConfigSet(**found, shared=find_shared(found, team_id))


def find_shared(found: dict[str, Any], team_id: str | None) -> frozenset[str]:
    """The ids of everybody's lists of rules: they come before the team's."""
    shared = list_usable(ConfigKind.TOOL_RULES, None).values_list("pk", flat=True)
    everybodys = {NEW} if team_id is None else set()
    return frozenset(everybodys | set(shared)) if found["tool_rules"] else frozenset()


def read_rows(rows: Iterable[Any]) -> dict[str, Any]:
    listed = list(rows)
    contents = read_versions(listed)
    return {row.pk: contents[row.pk] for row in listed}


def show_agent(config_set: ConfigSet, _: str, agent: AgentContent) -> list[ShownFile]:
    is_own_file = is_file(agent, fill_prompt(agent, config_set))
    path = get_agent_path(agent.name) if is_own_file else CONFIG_PATH
    words = "" if is_own_file else "its part: the engine's own prompt stays"
    return [make_file(path, render_agent_file(agent, config_set), words)]


def show_prompt(config_set: ConfigSet, object_id: str, prompt: PromptContent) -> list[ShownFile]:
    """As the agents that use it will have it; without any, with its defaults."""
    users = [agent for agent in config_set.agents.values() if agent.prompt == object_id]
    if not users:
        return [make_file("prompt", prompt.fill({}), "no agent uses it yet; its defaults filled in")]
    shown = [file for agent in users[:MAX_SHOWN_AGENTS] for file in show_agent(config_set, "", agent)]
    if len(users) > MAX_SHOWN_AGENTS:
        shown.append(make_file("…", "", f"and {len(users) - MAX_SHOWN_AGENTS} agents more"))
    return shown


def show_instruction(_: ConfigSet, __: str, instruction: InstructionContent) -> list[ShownFile]:
    return [make_file(get_instruction_path(instruction.name), instruction.body)]


def show_providers(config_set: ConfigSet, _: str, __: Content) -> list[ShownFile]:
    return [make_file(CONFIG_PATH, write_config({"provider": build_providers(config_set)}), "its part")]


def show_rules(config_set: ConfigSet, _: str, __: Content) -> list[ShownFile]:
    rules = list_global_rules(config_set).rules
    return [make_file(CONFIG_PATH, write_config({"permission": build_rule_map(rules)}), "its part")]


def make_file(path: str, text: str, words: str = "") -> ShownFile:
    if len(text) > MAX_SHOWN_CHARACTERS:
        words = f"{words} the first {MAX_SHOWN_CHARACTERS} of {len(text)} characters".strip()
    html = highlight_marks(make_visible_lines(text[:MAX_SHOWN_CHARACTERS]))
    return ShownFile(path, html, words, text)


def describe_variables(prompt: PromptContent) -> list[tuple[str, str]]:
    """Every variable of the text or the list, and how it stands."""
    used, declared = prompt.placeholders, {item.name: item for item in prompt.variables}
    found = [(name, describe_variable(declared.get(name))) for name in used]
    return found + [(name, "declared, but not in the text") for name in declared if name not in used]


def describe_variable(variable: Any) -> str:
    if variable is None:
        return "not declared: it stays as it stands"
    return (
        "every agent gives a value"
        if variable.default is None
        else f"default: {variable.default or 'nothing'}"
    )


Show = Callable[[ConfigSet, str, Any], list[ShownFile]]
SHOW: dict[str, Show] = {
    ConfigKind.AGENT: show_agent,
    ConfigKind.PROMPT: show_prompt,
    ConfigKind.INSTRUCTION: show_instruction,
    ConfigKind.MODEL: show_providers,
    ConfigKind.PROVIDER: show_providers,
    ConfigKind.TOOL_RULES: show_rules,
}
PLURALS: dict[str, str] = {
    ConfigKind.PROMPT: "prompts",
    ConfigKind.INSTRUCTION: "instructions",
    ConfigKind.PROVIDER: "providers",
    ConfigKind.MODEL: "models",
    ConfigKind.AGENT: "agents",
    ConfigKind.TOOL_RULES: "tool_rules",
}
