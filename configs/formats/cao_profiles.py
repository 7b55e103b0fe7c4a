"""Profiles of CAO, the CLI Agent Orchestrator: Markdown, keys as its schema lists them (2.5.4)."""

from __future__ import annotations

from typing import Any

from configs.content import AgentContent, PromptContent
from configs.formats.agent_fields import PROMPT_KEEPS, join_drafts, read_prompt
from configs.formats.claude_agents import UNWRITTEN, describe_rule, read_model, report_unwritten
from configs.formats.drafts import Draft, Parsed, Report, label_draft
from configs.formats.front_matter import read_front_matter, write_front_matter
from configs.formats.limits import FormatError
from configs.formats.mcp import report_servers
from configs.formats.names import read_name
from configs.formats.opencode_agents import report_loose
from configs.formats.sources import ExportedFile, ExportSource
from configs.formats.tool_lists import read_only_rules, write_only_rules
from configs.formats.values import check_text, make_content

NAME = "cao_profile"
# What it calls its tools, and the engine's permissions.
_TOOLS: dict[str, tuple[str, ...]] = {
    "fs_read": ("read",),
    "fs_list": ("list", "glob", "grep"),
    "fs_write": ("edit",),
    "execute_bash": ("bash",),
    "web_fetch": ("webfetch",),
}
_EVERY_FILE_TOOL = "fs_*"
_ROLES = {
    "supervisor": "primary",
    "developer": "all",
    "reviewer": "all",
    "workflow_scout": "all",
    "custom": "all",
}
_MODES = {"primary": "supervisor", "all": "developer", "subagent": "developer"}
_DROPPED = {
    "provider": "Which program runs it is not kept with an agent.",
    "engine": "Which program runs it is not kept with an agent.",
    "toolAliases": "The engine's tools have one name each.",
    "toolsSettings": "Write rules instead.",
    "skills": "Skills are files of their own.",
    "capabilities": "There is no place for it here.",
    "hooks": "Hooks are commands that would run beside the engine's gate; not kept.",
    "resources": "These are paths; import the files themselves.",
    "container": "Where an engine runs is not kept with an agent.",
    "provider_init_timeout": "Which program runs it is not kept with an agent.",
}
# Settings of one program each.
_FOREIGN = ("codex", "claude", "hermes", "kimi", "grok")
_READ = frozenset(
    {"name", "description", "role", "model", "allowedTools", "tools", "mcpServers", "tags", "permissionMode"}
    | {"prompt"}
)


def read(text: str, _file_name: str) -> Parsed:
    keys, body, loose = read_front_matter(text)
    check_text(keys)
    report = Report()
    if not keys.get("name"):
        raise FormatError("name: a profile has a name.")
    name = read_name(keys["name"], report, "name")
    report.draft = label_draft(AgentContent.kind, name)
    report_loose(report, loose)
    fields: dict[str, Any] = {"name": name, "mode": read_role(keys.get("role"), report)}
    if keys.get("description") is not None:
        fields["description"] = keys["description"]
        report.map("description", "description", keys["description"])
    fields["rules"] = read_rules(keys, report)
    model, alias = read_model(keys.get("model"), report)
    report_servers(keys.get("mcpServers"), "mcpServers", report)
    report_rest(keys, report)
    prompt = add_tags(read_prompt(name, keys, body, report), keys.get("tags"), report)
    agent = make_content(AgentContent.kind, fields)
    draft = Draft(
        AgentContent.kind, agent, model=model, model_alias=alias, keeps=(*UNWRITTEN, "steps", "color")
    )
    keeps = ("description", "variables") if keys.get("tags") else PROMPT_KEEPS
    return Parsed(NAME, tuple(join_drafts(prompt, draft, keeps)), tuple(report.findings))


def report_rest(keys: dict[str, Any], report: Report) -> None:
    for key, value in keys.items():
        if key in _DROPPED:
            report.drop(key, _DROPPED[key], value)
        elif key == "permissionMode" and value != "default":
            text = "It would skip people's approval; not kept: calls are asked about as the rules say."
            report.warn(key, text, value=value)
        elif key.startswith(_FOREIGN):
            report.drop(key, "A setting of another program.", value)
        elif key not in _READ:
            report.warn(
                key, "A profile knows no such key and would be refused with it; not kept.", value=value
            )


def read_role(value: Any, report: Report) -> str:
    if value is None:
        return "all"
    if value not in _ROLES:
        raise FormatError(f"role: this is one of {', '.join(_ROLES)}.")
    report.map("role", "mode", value, f"Read as the mode {_ROLES[value]}.")
    return _ROLES[value]


def read_rules(keys: dict[str, Any], report: Report) -> list[dict[str, str]]:
    key = "allowedTools" if keys.get("allowedTools") is not None else "tools"
    value = keys.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise FormatError(f"{key}: this is a list of tools.")
    if "*" in value:
        report.warn(key, "It names every tool; the rules for every agent apply instead.")
        return []
    pairs = [(permission, "*") for item in value for permission in read_tool(item, key, report)]
    report.map(
        key, "rules", f"{len(set(pairs)) + 1} rules", "Everything else is denied; these are asked about."
    )
    return write_only_rules(pairs)


def read_tool(item: str, key: str, report: Report) -> tuple[str, ...]:
    if item in _TOOLS:
        return _TOOLS[item]
    if item == _EVERY_FILE_TOOL:
        return tuple(name for tool, names in _TOOLS.items() if tool.startswith("fs_") for name in names)
    if item.startswith("@") and item != "@builtin" and len(item) > 1:
        return (f"{item[1:]}_*",)
    report.drop(key, "It does not say which tools of the engine are meant; name them.", item)
    return ()


def add_tags(prompt: PromptContent | None, tags: Any, report: Report) -> PromptContent | None:
    """A profile's tags are kept with its prompt."""
    if not tags:
        return prompt
    if prompt is None:
        report.drop("tags", "Tags are kept with a prompt, and there is none.", tags)
        return None
    report.map("tags", "prompt", tags, "Kept with the prompt.")
    content: PromptContent = make_content(prompt.kind, prompt.write() | {"tags": tags})
    return content


# Writing --------------------------------------------------------------------------------------------


def write(source: ExportSource, report: Report) -> tuple[ExportedFile, ...]:
    return tuple(write_file(source, agent, report) for agent in source.agents)


def write_file(source: ExportSource, agent: AgentContent, report: Report) -> ExportedFile:
    report.draft = label_draft(AgentContent.kind, agent.name)
    keys: dict[str, Any] = {"name": agent.name, "description": agent.description, "role": _MODES[agent.mode]}
    keys["model"] = source.name_model(agent)
    pairs, others = read_only_rules(agent.rules)
    for rule in others:
        report.drop("rules", "Only a list of tools can be written.", describe_rule(rule))
    prompt = source.find_prompt(agent)
    keys["tags"] = list(prompt.tags) if prompt else []
    report_unwritten(agent, report, is_mode_written=agent.mode != "subagent", color=None)
    if agent.steps is not None:
        report.drop("steps", "Such a file has no place for it.", agent.steps)
    kept = {key: value for key, value in keys.items() if value not in (None, "", [])}
    if pairs is not None:
        kept["allowedTools"] = write_tools(pairs, report)
    return ExportedFile(f"cao/{agent.name}.md", write_front_matter(kept, source.fill_prompt(agent).strip()))


def write_tools(pairs: list[tuple[str, str]], report: Report) -> list[str]:
    asked = {permission for permission, pattern in pairs if pattern == "*"}
    names = [tool for tool, permissions in _TOOLS.items() if asked >= set(permissions)]
    written = {permission for name in names for permission in _TOOLS[name]}
    for permission, pattern in pairs:
        if permission.endswith("_*") and pattern == "*":
            names.append(f"@{permission[:-2]}")
        elif permission not in written or pattern != "*":
            report.drop("rules", "There is no tool of this name.", f"{permission} {pattern}")
    return names
