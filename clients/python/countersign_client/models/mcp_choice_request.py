# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="McpChoiceRequest")


@_attrs_define
class McpChoiceRequest:
    """`fingerprint`: the review's, as it was shown; another one answers 409. Votes so far no longer count."""

    tools: list[str]
    fingerprint: str

    def to_dict(self) -> dict[str, Any]:
        tools = self.tools

        fingerprint = self.fingerprint

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "tools": tools,
                "fingerprint": fingerprint,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        tools = cast(list[str], d.pop("tools"))

        fingerprint = d.pop("fingerprint")

        mcp_choice_request = cls(
            tools=tools,
            fingerprint=fingerprint,
        )

        return mcp_choice_request
