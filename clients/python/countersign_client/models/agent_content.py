# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.agent_mode_enum import AgentModeEnum

if TYPE_CHECKING:
    from ..models.agent_content_options import AgentContentOptions
    from ..models.agent_content_prompt_values import AgentContentPromptValues
    from ..models.agent_content_tools import AgentContentTools
    from ..models.tool_rule import ToolRule


T = TypeVar("T", bound="AgentContent")


@_attrs_define
class AgentContent:
    """An agent; what is left out has its default."""

    name: str
    """ a-z, 0-9, - and _, beginning with a letter or digit, at most 64 characters. """
    description: str
    mode: AgentModeEnum
    """ * `primary` - primary: people talk to it
    * `subagent` - subagent: other agents call it
    * `all` - both """
    prompt: str
    """ A prompt's id, or empty. """
    prompt_values: AgentContentPromptValues
    """ Values of the prompt's variables. """
    model: str
    """ A model's id; empty leaves it to the engine's defaults. """
    variant: str
    temperature: None | str
    """ From 0 to 2, as text: "0.1". """
    top_p: None | str
    """ From 0 to 1, as text. """
    steps: int | None
    color: str
    """ #RRGGBB, or a colour of the engine's theme. """
    is_hidden: bool
    is_disabled: bool
    options: AgentContentOptions
    """ For the model's provider, as they are. """
    subagents: list[str] | None
    """ The agents it may call; null does not restrict it. """
    tools: AgentContentTools
    rules: list[ToolRule]

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        description = self.description

        mode = self.mode.value

        prompt = self.prompt

        prompt_values = self.prompt_values.to_dict()

        model = self.model

        variant = self.variant

        temperature: None | str
        temperature = self.temperature

        top_p: None | str
        top_p = self.top_p

        steps: int | None
        steps = self.steps

        color = self.color

        is_hidden = self.is_hidden

        is_disabled = self.is_disabled

        options = self.options.to_dict()

        subagents: list[str] | None
        if isinstance(self.subagents, list):
            subagents = self.subagents

        else:
            subagents = self.subagents

        tools = self.tools.to_dict()

        rules = []
        for rules_item_data in self.rules:
            rules_item = rules_item_data.to_dict()
            rules.append(rules_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "description": description,
                "mode": mode,
                "prompt": prompt,
                "prompt_values": prompt_values,
                "model": model,
                "variant": variant,
                "temperature": temperature,
                "top_p": top_p,
                "steps": steps,
                "color": color,
                "is_hidden": is_hidden,
                "is_disabled": is_disabled,
                "options": options,
                "subagents": subagents,
                "tools": tools,
                "rules": rules,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.agent_content_options import AgentContentOptions  # noqa: PLC0415
        from ..models.agent_content_prompt_values import AgentContentPromptValues  # noqa: PLC0415
        from ..models.agent_content_tools import AgentContentTools  # noqa: PLC0415
        from ..models.tool_rule import ToolRule  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        description = d.pop("description")

        mode = AgentModeEnum(d.pop("mode"))

        prompt = d.pop("prompt")

        prompt_values = AgentContentPromptValues.from_dict(d.pop("prompt_values"))

        model = d.pop("model")

        variant = d.pop("variant")

        def _parse_temperature(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        temperature = _parse_temperature(d.pop("temperature"))

        def _parse_top_p(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        top_p = _parse_top_p(d.pop("top_p"))

        def _parse_steps(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        steps = _parse_steps(d.pop("steps"))

        color = d.pop("color")

        is_hidden = d.pop("is_hidden")

        is_disabled = d.pop("is_disabled")

        options = AgentContentOptions.from_dict(d.pop("options"))

        def _parse_subagents(data: object) -> list[str] | None:
            if data is None:
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                subagents_type_0 = cast(list[str], data)

                return subagents_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None, data)

        subagents = _parse_subagents(d.pop("subagents"))

        tools = AgentContentTools.from_dict(d.pop("tools"))

        rules = []
        _rules = d.pop("rules")
        for rules_item_data in _rules:
            rules_item = ToolRule.from_dict(rules_item_data)

            rules.append(rules_item)

        agent_content = cls(
            name=name,
            description=description,
            mode=mode,
            prompt=prompt,
            prompt_values=prompt_values,
            model=model,
            variant=variant,
            temperature=temperature,
            top_p=top_p,
            steps=steps,
            color=color,
            is_hidden=is_hidden,
            is_disabled=is_disabled,
            options=options,
            subagents=subagents,
            tools=tools,
            rules=rules,
        )

        return agent_content
