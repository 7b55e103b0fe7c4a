# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="McpHeaderRequest")


@_attrs_define
class McpHeaderRequest:
    """A header of every call to a remote server."""

    name: str
    value: str | Unset = UNSET
    """ For everybody to read. Of a secret it is empty: see `secrets`. """
    is_secret: bool | Unset = UNSET
    is_required: bool | Unset = UNSET
    description: str | Unset = UNSET

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
            }
        )
        if value is not UNSET:
            field_dict["value"] = value
        if is_secret is not UNSET:
            field_dict["is_secret"] = is_secret
        if is_required is not UNSET:
            field_dict["is_required"] = is_required
        if description is not UNSET:
            field_dict["description"] = description

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        value = d.pop("value", UNSET)

        is_secret = d.pop("is_secret", UNSET)

        is_required = d.pop("is_required", UNSET)

        description = d.pop("description", UNSET)

        mcp_header_request = cls(
            name=name,
            value=value,
            is_secret=is_secret,
            is_required=is_required,
            description=description,
        )

        return mcp_header_request
