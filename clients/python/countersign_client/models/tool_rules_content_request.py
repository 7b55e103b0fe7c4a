# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..models.name_enum import NameEnum
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.tool_rule_request import ToolRuleRequest


T = TypeVar("T", bound="ToolRulesContentRequest")


@_attrs_define
class ToolRulesContentRequest:
    """The rules for every agent."""

    name: NameEnum | Unset = UNSET
    """ * `global` - global """
    rules: list[ToolRuleRequest] | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name: str | Unset = UNSET
        if not isinstance(self.name, Unset):
            name = self.name.value

        rules: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.rules, Unset):
            rules = []
            for rules_item_data in self.rules:
                rules_item = rules_item_data.to_dict()
                rules.append(rules_item)

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if name is not UNSET:
            field_dict["name"] = name
        if rules is not UNSET:
            field_dict["rules"] = rules

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.tool_rule_request import ToolRuleRequest  # noqa: PLC0415

        d = dict(src_dict)
        _name = d.pop("name", UNSET)
        name: NameEnum | Unset
        if isinstance(_name, Unset):
            name = UNSET
        else:
            name = NameEnum(_name)

        _rules = d.pop("rules", UNSET)
        rules: list[ToolRuleRequest] | Unset = UNSET
        if _rules is not UNSET:
            rules = []
            for rules_item_data in _rules:
                rules_item = ToolRuleRequest.from_dict(rules_item_data)

                rules.append(rules_item)

        tool_rules_content_request = cls(
            name=name,
            rules=rules,
        )

        return tool_rules_content_request
