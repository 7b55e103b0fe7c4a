"""What differs between the kinds of things that are configured: the table, and which columns repeat what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
from configs.enums import ConfigKind
from configs.models import Agent, Configured, Instruction, Model, Prompt, Provider, ToolRules
from events.errors import NotFound


@dataclass(frozen=True, slots=True)
class Kind:
    """`columns(content)` are those beside name and key; `is_shadowed`: a team's may repeat everybody's."""

    name: str
    model: Any
    content: type[Content]
    columns: Callable[[Any], dict[str, Any]]
    plural: str
    is_shadowed: bool = False

    @property
    def label(self) -> str:
        return ConfigKind(self.name).label


def list_tags(content: PromptContent | InstructionContent) -> dict[str, Any]:
    return {"tags": list(content.tags)}


def list_provider_columns(content: ProviderContent) -> dict[str, Any]:
    return {"display_name": content.display_name}


def list_model_columns(content: ModelContent) -> dict[str, Any]:
    return {
        "provider": content.provider,
        "identifier": content.identifier,
        "family": content.family,
        "status": content.status,
        "is_enabled": content.is_enabled,
    }


def list_agent_columns(content: AgentContent) -> dict[str, Any]:
    return {
        "description": content.description,
        "mode": content.mode,
        "prompt_id": content.prompt or None,
        "model_id": content.model or None,
        "is_hidden": content.is_hidden,
        "is_disabled": content.is_disabled,
    }


def count_rules(content: ToolRulesContent) -> dict[str, Any]:
    return {"rule_count": len(content.rules)}


# In the order in which one refers to the other.
KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(ConfigKind.PROMPT, Prompt, PromptContent, list_tags, "prompts"),
        Kind(ConfigKind.INSTRUCTION, Instruction, InstructionContent, list_tags, "instructions"),
        Kind(ConfigKind.PROVIDER, Provider, ProviderContent, list_provider_columns, "providers"),
        Kind(ConfigKind.MODEL, Model, ModelContent, list_model_columns, "models"),
        Kind(ConfigKind.AGENT, Agent, AgentContent, list_agent_columns, "agents"),
        Kind(ConfigKind.TOOL_RULES, ToolRules, ToolRulesContent, count_rules, "tool_rules", is_shadowed=True),
    )
}


def get_kind(name: str) -> Kind:
    """Raises NotFound for a kind that there is not."""
    kind = KINDS.get(name)
    if kind is None:
        raise NotFound("There is nothing of this kind.")
    return kind


def list_columns(content: Content) -> dict[str, Any]:
    """Everything that a row repeats of its latest content."""
    return {"name": content.name, "key": content.key, **KINDS[content.kind].columns(content)}


def get_kind_of(row: Configured) -> Kind:
    return KINDS[row.kind]
