# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.modality_enum import ModalityEnum

T = TypeVar("T", bound="Capabilities")


@_attrs_define
class Capabilities:
    """What a model can do; what is missing is not known."""

    temperature: bool
    reasoning: bool
    tool_call: bool
    attachment: bool
    input_: list[ModalityEnum]
    output: list[ModalityEnum]

    def to_dict(self) -> dict[str, Any]:
        temperature = self.temperature

        reasoning = self.reasoning

        tool_call = self.tool_call

        attachment = self.attachment

        input_ = []
        for input_item_data in self.input_:
            input_item = input_item_data.value
            input_.append(input_item)

        output = []
        for output_item_data in self.output:
            output_item = output_item_data.value
            output.append(output_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "temperature": temperature,
                "reasoning": reasoning,
                "tool_call": tool_call,
                "attachment": attachment,
                "input": input_,
                "output": output,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        temperature = d.pop("temperature")

        reasoning = d.pop("reasoning")

        tool_call = d.pop("tool_call")

        attachment = d.pop("attachment")

        input_ = []
        _input_ = d.pop("input")
        for input_item_data in _input_:
            input_item = ModalityEnum(input_item_data)

            input_.append(input_item)

        output = []
        _output = d.pop("output")
        for output_item_data in _output:
            output_item = ModalityEnum(output_item_data)

            output.append(output_item)

        capabilities = cls(
            temperature=temperature,
            reasoning=reasoning,
            tool_call=tool_call,
            attachment=attachment,
            input_=input_,
            output=output,
        )

        return capabilities
