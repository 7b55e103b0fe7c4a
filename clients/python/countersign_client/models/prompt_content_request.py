# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.prompt_variable_request import PromptVariableRequest


T = TypeVar("T", bound="PromptContentRequest")


@_attrs_define
class PromptContentRequest:
    """A text for agents; `{{name}}` in it stands for a variable."""

    name: str
    body: str | Unset = UNSET
    description: str | Unset = UNSET
    variables: list[PromptVariableRequest] | Unset = UNSET
    tags: list[str] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        body = self.body

        description = self.description

        variables: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.variables, Unset):
            variables = []
            for variables_item_data in self.variables:
                variables_item = variables_item_data.to_dict()
                variables.append(variables_item)

        tags: list[str] | Unset = UNSET
        if not isinstance(self.tags, Unset):
            tags = self.tags

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
            }
        )
        if body is not UNSET:
            field_dict["body"] = body
        if description is not UNSET:
            field_dict["description"] = description
        if variables is not UNSET:
            field_dict["variables"] = variables
        if tags is not UNSET:
            field_dict["tags"] = tags

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.prompt_variable_request import PromptVariableRequest  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        body = d.pop("body", UNSET)

        description = d.pop("description", UNSET)

        _variables = d.pop("variables", UNSET)
        variables: list[PromptVariableRequest] | Unset = UNSET
        if _variables is not UNSET:
            variables = []
            for variables_item_data in _variables:
                variables_item = PromptVariableRequest.from_dict(variables_item_data)

                variables.append(variables_item)

        tags = cast(list[str], d.pop("tags", UNSET))

        prompt_content_request = cls(
            name=name,
            body=body,
            description=description,
            variables=variables,
            tags=tags,
        )

        return prompt_content_request
