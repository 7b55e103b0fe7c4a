"""Agent files of Claude Code: Markdown, the name inside. As documented; the program was not run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from configs.content import AgentContent, ToolRule
from configs.formats.agent_fields import join_drafts, read_prompt
from configs.formats.drafts import Draft, Parsed, Report, join_names, label_draft
from configs.formats.front_matter import read_front_matter, write_front_matter
from configs.formats.limits import FormatError
from configs.formats.mcp import report_servers
from configs.formats.names import read_name, read_stem
from configs.formats.opencode_agents import report_loose
from configs.formats.sources import ExportedFile, ExportSource
from configs.formats.tool_lists import read_only_rules, write_denials, write_only_rules
from configs.formats.values import check_text, make_content

NAME = "claude_agent"
PROVIDER = "anthropic"
# Names for whichever model is the newest of its family.
ALIASES = ("opus", "sonnet", "haiku", "fable")

# Its tools and the engine's permissions; the first name of each permission is what is written.
_TOOLS = {
    "Read": "read",
    "LS": "list",
    "Glob": "glob",
    "Grep": "grep",
    "Edit": "edit",
    "Write": "edit",
    "MultiEdit": "edit",
    "NotebookEdit": "edit",
    "Bash": "bash",
    "WebFetch": "webfetch",
    "WebSearch": "websearch",
    "Task": "task",
    "Agent": "task",
    "Skill": "skill",
    "TodoWrite": "todowrite",
    "AskUserQuestion": "question",
}
_NAMES = {permission: name for name, permission in reversed(_TOOLS.items())}
_TOOL = re.compile(r"([A-Za-z][A-Za-z0-9_*-]*)(?:\((.*)\))?")
_MCP = re.compile(r"mcp__([A-Za-z0-9_-]+?)(?:__([A-Za-z0-9_*-]+))?")
_COLORS = {
    "red": "#EF4444",
    "blue": "#3B82F6",
    "green": "#22C55E",
    "yellow": "#EAB308",
    "purple": "#A855F7",
    "orange": "#F97316",
    "pink": "#EC4899",
    "cyan": "#06B6D4",
}
_READ = frozenset(
    {"name", "description", "tools", "disallowedTools", "model", "permissionMode", "maxTurns"}
    | {"mcpServers", "color"}
)
_DROPPED = {
    "hooks": "Hooks are commands that would run beside the engine's gate; not kept.",
    "skills": "Skills are files of their own.",
    "memory": "The engine has no such memory.",
    "background": "The engine decides by itself what runs in the background.",
    "isolation": "The engine has no such isolation.",
    "initialPrompt": "The engine begins with what a person writes.",
    "effort": "Choose a variant of the model instead.",
}
# Fields of an agent for which such a file has no place.
UNWRITTEN = (
    "prompt_values", "variant", "temperature", "top_p", "is_hidden", "is_disabled", "options", "subagents",
    "tools",
)  # fmt: skip


def read(text: str, file_name: str) -> Parsed:
    keys, body, loose = read_front_matter(text)
    check_text(keys)
    report = Report()
    name = read_name(keys.get("name") or read_stem(file_name), report, "name")
    report.draft = label_draft(AgentContent.kind, name)
    report_loose(report, loose)
    fields: dict[str, Any] = {"name": name, "mode": "subagent", "rules": read_rules(keys, report)}
    for key, to in {"description": "description", "maxTurns": "steps"}.items():
        if keys.get(key) is not None:
            fields[to] = keys[key]
            report.map(key, to, keys[key])
    fields["color"] = read_color(keys.get("color"), report)
    read_permission_mode(keys.get("permissionMode"), fields, report)
    model, alias = read_model(keys.get("model"), report)
    report_servers(keys.get("mcpServers"), "mcpServers", report)
    report_rest(keys, report)
    prompt = read_prompt(name, {}, body, report)
    agent = make_content(AgentContent.kind, fields)
    draft = Draft(AgentContent.kind, agent, model=model, model_alias=alias, keeps=UNWRITTEN)
    return Parsed(NAME, tuple(join_drafts(prompt, draft)), tuple(report.findings))


def report_rest(keys: dict[str, Any], report: Report) -> None:
    for key, value in keys.items():
        if key in _DROPPED:
            report.drop(key, _DROPPED[key], value)
        elif key not in _READ:
            report.warn(key, "No such key is known; not kept.", value=value)


def read_rules(keys: dict[str, Any], report: Report) -> list[dict[str, str]]:
    rules: list[dict[str, str]] = []
    if keys.get("tools") not in (None, "*"):
        pairs = read_tool_list(keys["tools"], "tools", report)
        rules = write_only_rules(pairs)
        report.map(
            "tools", "rules", f"{len(rules)} rules", "Everything else is denied; these are asked about."
        )
    elif "tools" not in keys or keys["tools"] == "*":
        report.drop("tools", "It names no tools, so that the rules for every agent apply.")
    if keys.get("disallowedTools") is not None:
        denials = write_denials(read_tool_list(keys["disallowedTools"], "disallowedTools", report))
        rules += denials
        report.map("disallowedTools", "rules", f"{len(denials)} rules")
    return rules


def read_tool_list(value: Any, key: str, report: Report) -> list[tuple[str, str]]:
    """(permission, pattern) of each tool; unknown ones are dropped by name."""
    items = split_tools(value) if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise FormatError(f"{key}: this is a list of tools, or their names with commas between them.")
    pairs = []
    for item in items:
        pair = read_tool(item.strip())
        if pair is None:
            report.drop(key, "The engine has no such tool.", item)
        else:
            pairs.append(pair)
    return pairs


def split_tools(text: str) -> list[str]:
    """At commas outside brackets: `Bash(a, b), Read` has two."""
    return [item for item in re.findall(r"(?:[^,(]|\([^)]*\)?)+", text) if item.strip()]


def read_tool(text: str) -> tuple[str, str] | None:
    match = _TOOL.fullmatch(text)
    if match is None:
        return None
    if server := _MCP.fullmatch(match[1]):
        return f"{server[1]}_{server[2] or '*'}", "*"
    permission = _TOOLS.get(match[1])
    if permission is None:
        return None
    # `git:*` is its older way to say `git *`.
    return permission, (match[2] or "*").replace(":*", " *")


def read_color(value: Any, report: Report) -> str:
    if value is None:
        return ""
    if value not in _COLORS:
        report.drop("color", "No such colour is known.", value)
        return ""
    report.map("color", "color", value)
    return _COLORS[value]


def read_permission_mode(value: Any, fields: dict[str, Any], report: Report) -> None:
    if value is None or value == "default":
        return
    if value == "plan":
        fields["rules"] = [*fields["rules"], {"permission": "edit", "pattern": "*", "action": "deny"}]
        report.map("permissionMode", "rules", value, "It may not change files.")
        return
    text = "It would skip people's approval; not kept: calls are asked about as the rules say."
    report.warn("permissionMode", text, value=value)


def read_model(value: Any, report: Report) -> tuple[str, str]:
    """(`provider/identifier`, alias), at most one of them set."""
    if value in (None, "", "inherit"):
        return "", ""
    if not isinstance(value, str):
        raise FormatError("model: this is a model's name.")
    if value in ALIASES:
        report.map("model", "model", value, "The newest model of this family is chosen.")
        return "", value
    if value.startswith("claude-"):
        report.map("model", "model", value)
        return f"{PROVIDER}/{value}", ""
    if "/" in value.strip("/"):
        report.map("model", "model", value)
        return value, ""
    report.drop("model", "It is not said whose model this is.", value)
    return "", ""


# Writing --------------------------------------------------------------------------------------------


def write(source: ExportSource, report: Report) -> tuple[ExportedFile, ...]:
    return tuple(write_file(source, agent, report) for agent in source.agents)


def write_file(source: ExportSource, agent: AgentContent, report: Report) -> ExportedFile:
    report.draft = label_draft(AgentContent.kind, agent.name)
    keys: dict[str, Any] = {"name": agent.name, "description": agent.description}
    keys |= write_tools(agent, report)
    keys["model"] = write_model(source.name_model(agent), report)
    keys["maxTurns"] = agent.steps
    keys["color"] = next((name for name, code in _COLORS.items() if code == agent.color), None)
    report_unwritten(agent, report, is_mode_written=agent.mode == "subagent", color=keys["color"])
    kept = {key: value for key, value in keys.items() if value not in (None, "", [])}
    return ExportedFile(
        f"claude/agents/{agent.name}.md", write_front_matter(kept, source.fill_prompt(agent).strip())
    )


def write_tools(agent: AgentContent, report: Report) -> dict[str, str]:
    pairs, others = read_only_rules(agent.rules)
    denials = [(rule.permission, rule.pattern) for rule in others if rule.action == "deny"]
    for rule in others:
        if rule.action != "deny":
            report.drop("rules", "Only lists of tools can be written.", describe_rule(rule))
    written = {} if pairs is None else {"tools": write_names(pairs, report)}
    return written | ({"disallowedTools": write_names(denials, report)} if denials else {})


def write_names(pairs: Iterable[tuple[str, str]], report: Report) -> str:
    names = []
    for permission, pattern in pairs:
        name = _NAMES.get(permission) or write_server(permission)
        if not name or ")" in pattern:
            report.drop("rules", "There is no tool of this name.", permission)
            continue
        names.append(name if pattern == "*" else f"{name}({pattern})")
    return join_names(names)


def write_server(permission: str) -> str:
    server, _, tool = permission.partition("_")
    return (f"mcp__{server}" if tool == "*" else f"mcp__{server}__{tool}") if server and tool else ""


def write_model(model: str, report: Report) -> str:
    provider, _, identifier = model.partition("/")
    if provider == PROVIDER and identifier.startswith("claude-"):
        return identifier
    if model:
        report.drop("model", "Only this provider's models can be written.", model)
    return ""


def report_unwritten(
    agent: AgentContent, report: Report, *, is_mode_written: bool, color: str | None
) -> None:
    """What is set and has no place in such a file."""
    plain = AgentContent(name=agent.name)
    found = {
        field: getattr(agent, field) for field in UNWRITTEN if getattr(agent, field) != getattr(plain, field)
    }
    found |= {} if is_mode_written else {"mode": agent.mode}
    found |= {} if color or not agent.color else {"color": agent.color}
    for field, value in found.items():
        report.drop(field, "Such a file has no place for it.", value)


def describe_rule(rule: ToolRule) -> str:
    return f"{rule.permission} {rule.pattern} {rule.action}"
