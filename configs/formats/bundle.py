"""A whole team's bundle: one YAML file, every field of every object, the same bytes for the same contents.

Objects refer to each other by name, so that a bundle means the same in another team; fields that say nothing
are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from configs.content import (
    AgentContent,
    Content,
    InstructionContent,
    ModelContent,
    PromptContent,
    ProviderContent,
    ToolRulesContent,
)
from configs.formats.agent_fields import drop_secrets
from configs.formats.drafts import Draft, Parsed, Report, label_draft
from configs.formats.limits import FormatError
from configs.formats.plain_yaml import read_yaml, write_yaml
from configs.formats.rules import warn_about_rules
from configs.formats.sources import ExportedFile, ExportSource
from configs.formats.values import check_text, make_content, read_body

NAME = "bundle"
VERSION = 1
HEAD = "countersign"
# In the order in which they can be made.
SECTIONS: Mapping[str, type[Any]] = {
    "prompts": PromptContent,
    "instructions": InstructionContent,
    "providers": ProviderContent,
    "models": ModelContent,
    "agents": AgentContent,
    "tool_rules": ToolRulesContent,
}


def read(text: str, _file_name: str) -> Parsed:
    raw = read_yaml(text)
    if not isinstance(raw, dict) or raw.get(HEAD) != VERSION:
        raise FormatError(f"A bundle begins with `{HEAD}: {VERSION}`.")
    check_text(raw)
    if unknown := [key for key in raw if key not in SECTIONS and key != HEAD]:
        raise FormatError(f"A bundle has no part of the name {unknown[0][:40]!r}.")
    report = Report()
    drafts = [draft for name in SECTIONS for draft in read_section(name, raw.get(name) or [], report)]
    labels = [draft.label for draft in drafts]
    if len(set(labels)) != len(labels):
        [twice, *_] = [label for label in labels if labels.count(label) > 1]
        raise FormatError(f"The {twice} stands in the bundle twice.")
    return Parsed(NAME, tuple(drafts), tuple(report.findings))


def read_section(name: str, items: Any, report: Report) -> Iterable[Draft]:
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise FormatError(f"{name}: this is a list of maps.")
    for item in items:
        try:
            yield read_item(SECTIONS[name], dict(item), report)
        except FormatError as error:
            raise FormatError(f"{name}: {str(item.get('name', ''))[:60]}: {error}") from None


def read_item(made: type[Any], item: dict[str, Any], report: Report) -> Draft:
    is_agent = made is AgentContent
    prompt, model = (
        read_reference(item.pop(key, ""), key) if is_agent else "" for key in ("prompt", "model")
    )
    report.draft = label_draft(made.kind, str(item.get("name", "")))
    if isinstance(item.get("options"), dict):
        item["options"] = drop_secrets(item["options"], "options", report)
    content = make_content(made.kind, item)
    report.draft = label_draft(made.kind, content.key)
    if "body" in item:
        item["body"] = read_body(content.body, "body", report, declared=list_declared(content))
    if "rules" in item:
        warn_about_rules(content.write()["rules"], report, "rules")
    for key, value in {**item, "prompt": prompt, "model": model}.items():
        if key in item or value:
            report.map(key, key, "" if key == "body" else value)
    return Draft(made.kind, make_content(made.kind, item), prompt=prompt, model=model)


def list_declared(content: Content) -> frozenset[str]:
    return frozenset(variable.name for variable in getattr(content, "variables", ()))


def read_reference(value: Any, key: str) -> str:
    if not isinstance(value, str):
        raise FormatError(f"{key}: this is a name.")
    return value


# Writing --------------------------------------------------------------------------------------------


def write(source: ExportSource, _report: Report) -> tuple[ExportedFile, ...]:
    found: dict[str, Any] = {HEAD: VERSION}
    found["prompts"] = [write_item(item) for item in source.prompts]
    found["instructions"] = [write_item(item) for item in source.instructions]
    found["providers"] = [write_item(item) for item in source.providers]
    found["models"] = [write_item(item) for item in source.models]
    found["agents"] = [
        write_item(agent, prompt=source.name_prompt(agent), model=source.name_model(agent))
        for agent in source.agents
    ]
    found["tool_rules"] = [write_item(item) for item in source.tool_rules]
    kept = {key: value for key, value in found.items() if value != []}
    return (ExportedFile("team.yaml", write_yaml(kept)),)


def write_item(content: Any, **references: str) -> dict[str, Any]:
    """The fields that differ from what is understood without them; the name always."""
    written = {}
    for item in fields(content):
        value = references.get(item.name, getattr(content, item.name))
        default = item.default_factory() if item.default_factory is not MISSING else item.default
        if item.name == "name" or value != default:
            written[item.name] = write_value(value)
    return written


def write_value(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return write_item(value)
    if isinstance(value, list | tuple):
        return [write_value(item) for item in value]
    if isinstance(value, Mapping):
        return {key: write_value(value[key]) for key in sorted(value)}
    return value
