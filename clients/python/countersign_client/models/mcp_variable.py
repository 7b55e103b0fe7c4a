# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="McpVariable")


@_attrs_define
class McpVariable:
    """An environment variable, the only kind the server's process gets."""

    name: str
    value: str
    """ For everybody to read. Of a secret it is empty: see `secrets`. """
    is_secret: bool
    is_required: bool
    description: str

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        value = self.value

        is_secret = self.is_secret

        is_required = self.is_required

        description = self.description

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "value": value,
                "is_secret": is_secret,
                "is_required": is_required,
                "description": description,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        value = d.pop("value")

        is_secret = d.pop("is_secret")

        is_required = d.pop("is_required")

        description = d.pop("description")

        mcp_variable = cls(
            name=name,
            value=value,
            is_secret=is_secret,
            is_required=is_required,
            description=description,
        )

        return mcp_variable
