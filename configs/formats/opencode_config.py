"""OpenCode's own configuration, `opencode.json`: agents, providers, models and rules of one engine.

Keys as the engine's schema lists them (observed on 1.18.33); it reads comments and trailing commas too.
"""

from __future__ import annotations

from typing import Any

from configs.content import AgentContent, InstructionContent, ToolRulesContent
from configs.formats.agent_fields import read_agent, write_agent
from configs.formats.drafts import Draft, Parsed, Report, label_draft
from configs.formats.limits import FormatError
from configs.formats.mcp import report_servers
from configs.formats.names import read_name
from configs.formats.plain_json import read_json, write_json
from configs.formats.provider_fields import read_provider, require_map, write_providers
from configs.formats.rules import read_permission, write_permission
from configs.formats.sources import ExportedFile, ExportSource
from configs.formats.values import check_text, make_content

NAME = "opencode_config"
SCHEMA = "https://opencode.ai/config.json"

_READ = frozenset({"agent", "mode", "provider", "permission", "mcp", "$schema"})
_DROPPED = {
    "model": "It stands with the defaults of each engine.",
    "small_model": "It stands with the defaults of each engine.",
    "default_agent": "It stands with the defaults of each engine.",
    "shell": "It stands with the defaults of each engine.",
    "instructions": "These are paths; import the files themselves.",
    "command": "Commands are not kept here.",
    "tools": "An older form; write rules instead.",
    "enabled_providers": "Which providers are used follows from the models that are switched on.",
    "disabled_providers": "Which providers are used follows from the models that are switched on.",
}
_RISKY = {
    "plugin": "Code that would run inside the engine, beside its gate; not kept.",
    "experimental": "It changes how the engine behaves in ways that are not checked here; not kept.",
    "server": "How the engine is reached is not set by a release; not kept.",
    "share": "It could publish chats; not kept.",
}


def read(text: str, _file_name: str) -> Parsed:
    raw = read_json(text)
    if not isinstance(raw, dict):
        raise FormatError("The file is no map of settings.")
    check_text(raw)
    report = Report()
    drafts = [*read_providers(raw, report), *read_agents(raw, report), *read_rules(raw, report)]
    report.draft = ""
    report_servers(raw.get("mcp"), "mcp", report)
    for key, value in raw.items():
        if key in _RISKY and value not in (None, "disabled", False, [], {}):
            report.warn(key, _RISKY[key], value=value)
        elif key not in _READ:
            report.drop(key, _DROPPED.get(key, "There is no place for it here."), value)
    return Parsed(NAME, tuple(drafts), tuple(report.findings))


def read_providers(raw: dict[str, Any], report: Report) -> list[Draft]:
    blocks = require_map(raw.get("provider"), "provider")
    return [draft for name, block in blocks.items() for draft in read_provider(name, block, report)]


def read_agents(raw: dict[str, Any], report: Report) -> list[Draft]:
    """`mode` is where older files name their primary agents."""
    agents = require_map(raw.get("agent"), "agent")
    modes = require_map(raw.get("mode"), "mode")
    drafts: list[Draft] = []
    for key, values in {"agent": agents, "mode": modes}.items():
        for name, item in values.items():
            if key == "mode" and name in agents:
                report.drop(f"mode.{name}", "The same name stands among the agents, which is what is read.")
                continue
            fields = dict(require_map(item, f"{key}.{name}"))
            report.draft = label_draft(AgentContent.kind, name)
            safe = read_name(name, report, key)
            drafts += read_agent(safe, ({"mode": "primary"} if key == "mode" else {}) | fields, "", report)
    return drafts


def read_rules(raw: dict[str, Any], report: Report) -> list[Draft]:
    if raw.get("permission") is None:
        return []
    report.draft = label_draft(ToolRulesContent.kind, "global")
    rules = read_permission(raw["permission"], report)
    return [
        Draft(ToolRulesContent.kind, make_content(ToolRulesContent.kind, {"name": "global", "rules": rules}))
    ]


def write(source: ExportSource, report: Report) -> tuple[ExportedFile, ...]:
    found: dict[str, Any] = {"$schema": SCHEMA}
    if source.rules:
        found["permission"] = write_permission(source.rules)
    found["provider"] = write_providers(source.providers, source.models, report)
    found["agent"] = {
        agent.name: write_agent(agent, source.fill_prompt(agent).strip(), source.name_model(agent), report)
        for agent in source.agents
    }
    for instruction in source.instructions:
        report.draft = label_draft(InstructionContent.kind, instruction.name)
        report.drop("body", "An instruction file is a file of its own.")
    kept = {key: value for key, value in found.items() if value != {}}
    return (ExportedFile("opencode.json", write_json(kept)),)
