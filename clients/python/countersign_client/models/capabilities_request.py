# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.modality_enum import ModalityEnum
from ..types import UNSET, Unset

T = TypeVar("T", bound="CapabilitiesRequest")


@_attrs_define
class CapabilitiesRequest:
    """What a model can do; what is missing is not known."""

    temperature: bool | Unset = UNSET
    reasoning: bool | Unset = UNSET
    tool_call: bool | Unset = UNSET
    attachment: bool | Unset = UNSET
    input_: list[ModalityEnum] | Unset = UNSET
    output: list[ModalityEnum] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        temperature = self.temperature

        reasoning = self.reasoning

        tool_call = self.tool_call

        attachment = self.attachment

        input_: list[str] | Unset = UNSET
        if not isinstance(self.input_, Unset):
            input_ = []
            for input_item_data in self.input_:
                input_item = input_item_data.value
                input_.append(input_item)

        output: list[str] | Unset = UNSET
        if not isinstance(self.output, Unset):
            output = []
            for output_item_data in self.output:
                output_item = output_item_data.value
                output.append(output_item)

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if temperature is not UNSET:
            field_dict["temperature"] = temperature
        if reasoning is not UNSET:
            field_dict["reasoning"] = reasoning
        if tool_call is not UNSET:
            field_dict["tool_call"] = tool_call
        if attachment is not UNSET:
            field_dict["attachment"] = attachment
        if input_ is not UNSET:
            field_dict["input"] = input_
        if output is not UNSET:
            field_dict["output"] = output

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        temperature = d.pop("temperature", UNSET)

        reasoning = d.pop("reasoning", UNSET)

        tool_call = d.pop("tool_call", UNSET)

        attachment = d.pop("attachment", UNSET)

        _input_ = d.pop("input", UNSET)
        input_: list[ModalityEnum] | Unset = UNSET
        if _input_ is not UNSET:
            input_ = []
            for input_item_data in _input_:
                input_item = ModalityEnum(input_item_data)

                input_.append(input_item)

        _output = d.pop("output", UNSET)
        output: list[ModalityEnum] | Unset = UNSET
        if _output is not UNSET:
            output = []
            for output_item_data in _output:
                output_item = ModalityEnum(output_item_data)

                output.append(output_item)

        capabilities_request = cls(
            temperature=temperature,
            reasoning=reasoning,
            tool_call=tool_call,
            attachment=attachment,
            input_=input_,
            output=output,
        )

        return capabilities_request
