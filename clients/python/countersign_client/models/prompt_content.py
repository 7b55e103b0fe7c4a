# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.prompt_variable import PromptVariable


T = TypeVar("T", bound="PromptContent")


@_attrs_define
class PromptContent:
    """A text for agents; `{{name}}` in it stands for a variable."""

    name: str
    body: str
    description: str
    variables: list[PromptVariable]
    tags: list[str]

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        body = self.body

        description = self.description

        variables = []
        for variables_item_data in self.variables:
            variables_item = variables_item_data.to_dict()
            variables.append(variables_item)

        tags = self.tags

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "body": body,
                "description": description,
                "variables": variables,
                "tags": tags,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.prompt_variable import PromptVariable  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        body = d.pop("body")

        description = d.pop("description")

        variables = []
        _variables = d.pop("variables")
        for variables_item_data in _variables:
            variables_item = PromptVariable.from_dict(variables_item_data)

            variables.append(variables_item)

        tags = cast(list[str], d.pop("tags"))

        prompt_content = cls(
            name=name,
            body=body,
            description=description,
            variables=variables,
            tags=tags,
        )

        return prompt_content
