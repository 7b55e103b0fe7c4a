# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.mcp_secret_kind_enum import McpSecretKindEnum
from ..types import UNSET, Unset

T = TypeVar("T", bound="McpSecretValueRequest")


@_attrs_define
class McpSecretValueRequest:
    """A value to keep; another one of the same name is replaced."""

    kind: McpSecretKindEnum
    """ * `env` - environment variable
    * `header` - header """
    name: str
    value: str
    request: str | Unset = ""
    """ For this open request alone, until it is approved. """

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind.value

        name = self.name

        value = self.value

        request = self.request

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "kind": kind,
                "name": name,
                "value": value,
            }
        )
        if request is not UNSET:
            field_dict["request"] = request

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        kind = McpSecretKindEnum(d.pop("kind"))

        name = d.pop("name")

        value = d.pop("value")

        request = d.pop("request", UNSET)

        mcp_secret_value_request = cls(
            kind=kind,
            name=name,
            value=value,
            request=request,
        )

        return mcp_secret_value_request
