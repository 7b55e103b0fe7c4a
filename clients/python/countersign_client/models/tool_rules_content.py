# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..models.name_enum import NameEnum

if TYPE_CHECKING:
    from ..models.tool_rule import ToolRule


T = TypeVar("T", bound="ToolRulesContent")


@_attrs_define
class ToolRulesContent:
    """The rules for every agent."""

    name: NameEnum
    """ * `global` - global """
    rules: list[ToolRule]

    def to_dict(self) -> dict[str, Any]:
        name = self.name.value

        rules = []
        for rules_item_data in self.rules:
            rules_item = rules_item_data.to_dict()
            rules.append(rules_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "rules": rules,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.tool_rule import ToolRule  # noqa: PLC0415

        d = dict(src_dict)
        name = NameEnum(d.pop("name"))

        rules = []
        _rules = d.pop("rules")
        for rules_item_data in _rules:
            rules_item = ToolRule.from_dict(rules_item_data)

            rules.append(rules_item)

        tool_rules_content = cls(
            name=name,
            rules=rules,
        )

        return tool_rules_content
