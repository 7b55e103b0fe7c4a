# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.rule_effect_enum import RuleEffectEnum

T = TypeVar("T", bound="ToolRule")


@_attrs_define
class ToolRule:
    """One rule of an ordered list: the last one that matches decides."""

    permission: str
    pattern: str
    action: RuleEffectEnum
    """ * `allow` - allow
    * `ask` - ask
    * `deny` - deny """

    def to_dict(self) -> dict[str, Any]:
        permission = self.permission

        pattern = self.pattern

        action = self.action.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "permission": permission,
                "pattern": pattern,
                "action": action,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        permission = d.pop("permission")

        pattern = d.pop("pattern")

        action = RuleEffectEnum(d.pop("action"))

        tool_rule = cls(
            permission=permission,
            pattern=pattern,
            action=action,
        )

        return tool_rule
