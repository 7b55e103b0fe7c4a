"""What a writer writes from: contents, and how they refer to each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from configs.content import (
    AgentContent,
    ConfigSet,
    InstructionContent,
    ModelContent,
    PromptContent,
    ProviderContent,
    ToolRule,
    ToolRulesContent,
)
from configs.formats.limits import FormatError

Made = TypeVar("Made", bound=Any)


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """`path` is relative, with slashes, and made of safe names only."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class ExportSource:
    """`contents` is all that may be referred to; `own` are the ids of what is written, None for all."""

    contents: ConfigSet
    own: frozenset[str] | None = None

    def pick(self, contents: Mapping[str, Made]) -> Iterable[Made]:
        """In the order of their keys, which no two share."""
        found = [item for key, item in contents.items() if self.own is None or key in self.own]
        return sorted(found, key=lambda item: str(item.key))

    @property
    def prompts(self) -> Iterable[PromptContent]:
        return self.pick(self.contents.prompts)

    @property
    def instructions(self) -> Iterable[InstructionContent]:
        return self.pick(self.contents.instructions)

    @property
    def providers(self) -> Iterable[ProviderContent]:
        return self.pick(self.contents.providers)

    @property
    def models(self) -> Iterable[ModelContent]:
        return self.pick(self.contents.models)

    @property
    def agents(self) -> Iterable[AgentContent]:
        return self.pick(self.contents.agents)

    @property
    def tool_rules(self) -> Iterable[ToolRulesContent]:
        return self.pick(self.contents.tool_rules)

    @property
    def rules(self) -> tuple[ToolRule, ...]:
        return tuple(rule for rules in self.tool_rules for rule in rules.rules)

    def name_prompt(self, agent: AgentContent) -> str:
        prompt = self.find_prompt(agent)
        return prompt.name if prompt else ""

    def fill_prompt(self, agent: AgentContent) -> str:
        """The text with the agent's values, as the engine gets it."""
        prompt = self.find_prompt(agent)
        return prompt.fill(agent.prompt_values) if prompt else ""

    def find_prompt(self, agent: AgentContent) -> PromptContent | None:
        if not agent.prompt:
            return None
        if agent.prompt not in self.contents.prompts:
            raise FormatError(f"The prompt of the agent {agent.name} has no version at this label.")
        return self.contents.prompts[agent.prompt]

    def name_model(self, agent: AgentContent) -> str:
        """`provider/identifier`, as files name a model."""
        if not agent.model:
            return ""
        if agent.model not in self.contents.models:
            raise FormatError(f"The model of the agent {agent.name} has no version at this label.")
        return self.contents.models[agent.model].key
