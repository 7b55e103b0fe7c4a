# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.agent_mode_enum import AgentModeEnum
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.agent_content_request_options import AgentContentRequestOptions
    from ..models.agent_content_request_prompt_values import (
        AgentContentRequestPromptValues,
    )
    from ..models.agent_content_request_tools import AgentContentRequestTools
    from ..models.tool_rule_request import ToolRuleRequest


T = TypeVar("T", bound="AgentContentRequest")


@_attrs_define
class AgentContentRequest:
    """An agent; what is left out has its default."""

    name: str
    """ a-z, 0-9, - and _, beginning with a letter or digit, at most 64 characters. """
    description: str | Unset = UNSET
    mode: AgentModeEnum | Unset = UNSET
    """ * `primary` - primary: people talk to it
    * `subagent` - subagent: other agents call it
    * `all` - both """
    prompt: str | Unset = UNSET
    """ A prompt's id, or empty. """
    prompt_values: AgentContentRequestPromptValues | Unset = UNSET
    """ Values of the prompt's variables. """
    model: str | Unset = UNSET
    """ A model's id; empty leaves it to the engine's defaults. """
    variant: str | Unset = UNSET
    temperature: None | str | Unset = UNSET
    """ From 0 to 2, as text: "0.1". """
    top_p: None | str | Unset = UNSET
    """ From 0 to 1, as text. """
    steps: int | None | Unset = UNSET
    color: str | Unset = UNSET
    """ #RRGGBB, or a colour of the engine's theme. """
    is_hidden: bool | Unset = UNSET
    is_disabled: bool | Unset = UNSET
    options: AgentContentRequestOptions | Unset = UNSET
    """ For the model's provider, as they are. """
    subagents: list[str] | None | Unset = UNSET
    """ The agents it may call; null does not restrict it. """
    tools: AgentContentRequestTools | Unset = UNSET
    rules: list[ToolRuleRequest] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        description = self.description

        mode: str | Unset = UNSET
        if not isinstance(self.mode, Unset):
            mode = self.mode.value

        prompt = self.prompt

        prompt_values: dict[str, Any] | Unset = UNSET
        if not isinstance(self.prompt_values, Unset):
            prompt_values = self.prompt_values.to_dict()

        model = self.model

        variant = self.variant

        temperature: None | str | Unset
        if isinstance(self.temperature, Unset):
            temperature = UNSET
        else:
            temperature = self.temperature

        top_p: None | str | Unset
        if isinstance(self.top_p, Unset):
            top_p = UNSET
        else:
            top_p = self.top_p

        steps: int | None | Unset
        if isinstance(self.steps, Unset):
            steps = UNSET
        else:
            steps = self.steps

        color = self.color

        is_hidden = self.is_hidden

        is_disabled = self.is_disabled

        options: dict[str, Any] | Unset = UNSET
        if not isinstance(self.options, Unset):
            options = self.options.to_dict()

        subagents: list[str] | None | Unset
        if isinstance(self.subagents, Unset):
            subagents = UNSET
        elif isinstance(self.subagents, list):
            subagents = self.subagents

        else:
            subagents = self.subagents

        tools: dict[str, Any] | Unset = UNSET
        if not isinstance(self.tools, Unset):
            tools = self.tools.to_dict()

        rules: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.rules, Unset):
            rules = []
            for rules_item_data in self.rules:
                rules_item = rules_item_data.to_dict()
                rules.append(rules_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
            }
        )
        if description is not UNSET:
            field_dict["description"] = description
        if mode is not UNSET:
            field_dict["mode"] = mode
        if prompt is not UNSET:
            field_dict["prompt"] = prompt
        if prompt_values is not UNSET:
            field_dict["prompt_values"] = prompt_values
        if model is not UNSET:
            field_dict["model"] = model
        if variant is not UNSET:
            field_dict["variant"] = variant
        if temperature is not UNSET:
            field_dict["temperature"] = temperature
        if top_p is not UNSET:
            field_dict["top_p"] = top_p
        if steps is not UNSET:
            field_dict["steps"] = steps
        if color is not UNSET:
            field_dict["color"] = color
        if is_hidden is not UNSET:
            field_dict["is_hidden"] = is_hidden
        if is_disabled is not UNSET:
            field_dict["is_disabled"] = is_disabled
        if options is not UNSET:
            field_dict["options"] = options
        if subagents is not UNSET:
            field_dict["subagents"] = subagents
        if tools is not UNSET:
            field_dict["tools"] = tools
        if rules is not UNSET:
            field_dict["rules"] = rules

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.agent_content_request_options import AgentContentRequestOptions  # noqa: PLC0415
        from ..models.agent_content_request_prompt_values import (
            AgentContentRequestPromptValues,  # noqa: PLC0415
        )
        from ..models.agent_content_request_tools import AgentContentRequestTools  # noqa: PLC0415
        from ..models.tool_rule_request import ToolRuleRequest  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        description = d.pop("description", UNSET)

        _mode = d.pop("mode", UNSET)
        mode: AgentModeEnum | Unset
        if isinstance(_mode, Unset):
            mode = UNSET
        else:
            mode = AgentModeEnum(_mode)

        prompt = d.pop("prompt", UNSET)

        _prompt_values = d.pop("prompt_values", UNSET)
        prompt_values: AgentContentRequestPromptValues | Unset
        if isinstance(_prompt_values, Unset):
            prompt_values = UNSET
        else:
            prompt_values = AgentContentRequestPromptValues.from_dict(_prompt_values)

        model = d.pop("model", UNSET)

        variant = d.pop("variant", UNSET)

        def _parse_temperature(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        temperature = _parse_temperature(d.pop("temperature", UNSET))

        def _parse_top_p(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        top_p = _parse_top_p(d.pop("top_p", UNSET))

        def _parse_steps(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        steps = _parse_steps(d.pop("steps", UNSET))

        color = d.pop("color", UNSET)

        is_hidden = d.pop("is_hidden", UNSET)

        is_disabled = d.pop("is_disabled", UNSET)

        _options = d.pop("options", UNSET)
        options: AgentContentRequestOptions | Unset
        if isinstance(_options, Unset):
            options = UNSET
        else:
            options = AgentContentRequestOptions.from_dict(_options)

        def _parse_subagents(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                subagents_type_0 = cast(list[str], data)

                return subagents_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        subagents = _parse_subagents(d.pop("subagents", UNSET))

        _tools = d.pop("tools", UNSET)
        tools: AgentContentRequestTools | Unset
        if isinstance(_tools, Unset):
            tools = UNSET
        else:
            tools = AgentContentRequestTools.from_dict(_tools)

        _rules = d.pop("rules", UNSET)
        rules: list[ToolRuleRequest] | Unset = UNSET
        if _rules is not UNSET:
            rules = []
            for rules_item_data in _rules:
                rules_item = ToolRuleRequest.from_dict(rules_item_data)

                rules.append(rules_item)

        agent_content_request = cls(
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

        return agent_content_request
