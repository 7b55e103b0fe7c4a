"""The fields of an agent as the engine knows them, read from and written to any of its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from configs.content import AGENT_MODES, AgentContent, PromptContent, ToolRule
from configs.formats.drafts import Draft, Report, label_draft
from configs.formats.limits import FormatError
from configs.formats.rules import read_permission, write_permission
from configs.formats.secrets import remove_secrets
from configs.formats.values import make_content, read_body

# Their name in the engine's files, and ours.
_SAME = {
    "description": "description",
    "variant": "variant",
    "temperature": "temperature",
    "top_p": "top_p",
    "steps": "steps",
    "color": "color",
    "hidden": "is_hidden",
    "disable": "is_disabled",
}
KNOWN = frozenset({*_SAME, "mode", "model", "prompt", "tools", "permission", "options", "maxSteps", "name"})
# Of an older system; it meant an agent that works apart from people.
_OLD_MODES = {"sandbox_agent": "subagent"}
# What an agent is when its file does not say: the engine's own ones keep their mode, every other one is both.
_BUILT_IN_MODES = {
    **dict.fromkeys(("build", "plan", "compaction", "title", "summary"), "primary"),
    **dict.fromkeys(("general", "explore"), "subagent"),
}
# What a text alone can't say of a prompt.
PROMPT_KEEPS = ("description", "variables", "tags")


def read_agent(name: str, raw: Mapping[str, Any], body: str, report: Report) -> list[Draft]:
    """The agent, and before it the prompt it brings, under the same name."""
    report.draft = label_draft(AgentContent.kind, name)
    fields: dict[str, Any] = {"name": name}
    for key, to in _SAME.items():
        if raw.get(key) is not None:
            fields[to] = raw[key]
            report.map(key, to, raw[key])
    fields["mode"] = read_mode(name, raw.get("mode"), report)
    if "maxSteps" in raw and "steps" not in raw:
        fields["steps"] = raw["maxSteps"]
        report.map("maxSteps", "steps", raw["maxSteps"], "An older name of steps.")
    if raw.get("tools") is not None:
        fields["tools"] = read_tools(raw["tools"], report)
    if raw.get("permission") is not None:
        fields["rules"] = read_permission(raw["permission"], report)
    fields["options"] = read_options(raw, report)
    model = read_model(raw.get("model"), report)
    prompt = read_prompt(name, raw, body, report)
    agent = make_content(AgentContent.kind, fields)
    return join_drafts(
        prompt, Draft(AgentContent.kind, agent, model=model, keeps=("prompt_values", "subagents"))
    )


def join_drafts(
    prompt: PromptContent | None, agent: Draft, keeps: tuple[str, ...] = PROMPT_KEEPS
) -> list[Draft]:
    """The prompt before the agent that has it."""
    if prompt is None:
        return [agent]
    return [Draft(PromptContent.kind, prompt, keeps=keeps), replace(agent, prompt=prompt.name)]


def read_mode(name: str, value: Any, report: Report) -> str:
    if value is None:
        return _BUILT_IN_MODES.get(name, "all")
    if value in _OLD_MODES:
        report.warn("mode", "A mode of an older system; read as subagent.", "mode", value)
        return _OLD_MODES[value]
    if value not in AGENT_MODES:
        raise FormatError(f"mode: this is one of {', '.join(AGENT_MODES)}; the engine refuses any other.")
    report.map("mode", "mode", value)
    return str(value)


def read_tools(value: Any, report: Report) -> dict[str, bool]:
    if not isinstance(value, dict) or not all(isinstance(item, bool) for item in value.values()):
        raise FormatError("tools: this is a map of tool names to true or false.")
    report.map("tools", "tools", value, "An older form; rules say more.")
    return value


def read_options(raw: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """What goes to the model's provider with every request; unknown keys go there too, as in the engine."""
    options = raw.get("options") or {}
    if not isinstance(options, dict):
        raise FormatError("options: this is a map.")
    if options:
        report.map("options", "options", options)
    unknown = {key: value for key, value in raw.items() if key not in KNOWN}
    for key, value in unknown.items():
        text = "The engine knows no such key and sends it to the model's provider; kept among the options."
        report.warn(key, text, "options", value)
    return drop_secrets({**options, **unknown}, "options", report)


def drop_secrets(value: dict[str, Any], key: str, report: Report) -> dict[str, Any]:
    found: list[str] = []
    kept: dict[str, Any] = remove_secrets(value, found)
    for where in found:
        text = "A literal secret; not kept. Name an environment variable of the engine instead."
        report.warn(f"{key}.{where}", text)
    return kept


def read_model(value: Any, report: Report) -> str:
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or "/" not in value.strip("/"):
        raise FormatError("model: this is provider/model.")
    report.map("model", "model", value)
    return value


def read_prompt(name: str, raw: Mapping[str, Any], body: str, report: Report) -> PromptContent | None:
    text = raw.get("prompt")
    if text is not None and not isinstance(text, str):
        raise FormatError("prompt: this is a text.")
    if text and body:
        report.drop("prompt", "The text below the dashes is the prompt; the engine takes that too.", text)
    text = body or text
    if not text:
        return None
    key = "body" if body else "prompt"
    report.map(key, "prompt", f"{len(text)} characters", f"Becomes the prompt {name!r}.")
    prompt: PromptContent = make_content(
        PromptContent.kind, {"name": name, "body": read_body(text, key, report)}
    )
    return prompt


def list_task_rules(agent: AgentContent, report: Report) -> list[ToolRule]:
    """Which subagents it may call, as rules: nobody but them."""
    if agent.subagents is None:
        return []
    report.drop("subagents", "Written as rules about task.", agent.subagents)
    named = [ToolRule("task", name, "allow") for name in agent.subagents]
    return [ToolRule("task", "*", "deny"), *named]


def write_agent(agent: AgentContent, prompt: str, model: str, report: Report) -> dict[str, Any]:
    """The agent's keys in the engine's own words, with `prompt` as a key when there is one."""
    report.draft = label_draft(AgentContent.kind, agent.name)
    if agent.prompt_values:
        report.drop("prompt_values", "The prompt is written with the values filled in.")
    found: dict[str, Any] = {"description": agent.description, "mode": str(agent.mode), "model": model}
    found |= {
        "variant": agent.variant,
        "temperature": Decimal(agent.temperature) if agent.temperature is not None else None,
        "top_p": Decimal(agent.top_p) if agent.top_p is not None else None,
        "prompt": prompt,
        "steps": agent.steps,
        "color": agent.color,
        "hidden": agent.is_hidden or None,
        "disable": agent.is_disabled or None,
        "tools": dict(agent.tools),
        "permission": write_permission([*agent.rules, *list_task_rules(agent, report)]),
        "options": dict(agent.options),
    }
    return {key: value for key, value in found.items() if value not in (None, "", {})}
