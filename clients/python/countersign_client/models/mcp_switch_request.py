# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="McpSwitchRequest")


@_attrs_define
class McpSwitchRequest:
    """Off is at once; on again is for what was approved."""

    tool: str
    is_on: bool
    reason: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        tool = self.tool

        is_on = self.is_on

        reason = self.reason

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "tool": tool,
                "is_on": is_on,
            }
        )
        if reason is not UNSET:
            field_dict["reason"] = reason

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        tool = d.pop("tool")

        is_on = d.pop("is_on")

        reason = d.pop("reason", UNSET)

        mcp_switch_request = cls(
            tool=tool,
            is_on=is_on,
            reason=reason,
        )

        return mcp_switch_request
