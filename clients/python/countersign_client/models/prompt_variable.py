# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="PromptVariable")


@_attrs_define
class PromptVariable:
    """A variable of a prompt. `default` null: every agent that uses the prompt gives a value of its own."""

    name: str
    default: None | str
    description: str

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        default: None | str
        default = self.default

        description = self.description

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "default": default,
                "description": description,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        def _parse_default(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        default = _parse_default(d.pop("default"))

        description = d.pop("description")

        prompt_variable = cls(
            name=name,
            default=default,
            description=description,
        )

        return prompt_variable
