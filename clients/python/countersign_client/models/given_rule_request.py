# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.rule_effect_enum import RuleEffectEnum
from ..models.rule_kind_enum import RuleKindEnum
from ..types import UNSET, Unset

T = TypeVar("T", bound="GivenRuleRequest")


@_attrs_define
class GivenRuleRequest:
    """A rule to judge by. A pattern without a wildcard is exact."""

    pattern: str
    action: RuleEffectEnum
    """ * `allow` - allow
    * `ask` - ask
    * `deny` - deny """
    permission: str | Unset = "bash"
    id: str | Unset = UNSET
    """ How the verdict names it. """
    kind: RuleKindEnum | Unset = UNSET
    """ * `strict` - exactly this
    * `pattern` - pattern """
    allows_redirects: bool | Unset = UNSET
    conditions: list[list[str]] | Unset = UNSET
    """ Pairs of a JSON path and a pattern, over the arguments of an MCP tool. """

    def to_dict(self) -> dict[str, Any]:
        pattern = self.pattern

        action = self.action.value

        permission = self.permission

        id = self.id

        kind: str | Unset = UNSET
        if not isinstance(self.kind, Unset):
            kind = self.kind.value

        allows_redirects = self.allows_redirects

        conditions: list[list[str]] | Unset = UNSET
        if not isinstance(self.conditions, Unset):
            conditions = []
            for conditions_item_data in self.conditions:
                conditions_item = conditions_item_data

                conditions.append(conditions_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "pattern": pattern,
                "action": action,
            }
        )
        if permission is not UNSET:
            field_dict["permission"] = permission
        if id is not UNSET:
            field_dict["id"] = id
        if kind is not UNSET:
            field_dict["kind"] = kind
        if allows_redirects is not UNSET:
            field_dict["allows_redirects"] = allows_redirects
        if conditions is not UNSET:
            field_dict["conditions"] = conditions

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        pattern = d.pop("pattern")

        action = RuleEffectEnum(d.pop("action"))

        permission = d.pop("permission", UNSET)

        id = d.pop("id", UNSET)

        _kind = d.pop("kind", UNSET)
        kind: RuleKindEnum | Unset
        if isinstance(_kind, Unset):
            kind = UNSET
        else:
            kind = RuleKindEnum(_kind)

        allows_redirects = d.pop("allows_redirects", UNSET)

        _conditions = d.pop("conditions", UNSET)
        conditions: list[list[str]] | Unset = UNSET
        if _conditions is not UNSET:
            conditions = []
            for conditions_item_data in _conditions:
                conditions_item = cast(list[str], conditions_item_data)

                conditions.append(conditions_item)

        given_rule_request = cls(
            pattern=pattern,
            action=action,
            permission=permission,
            id=id,
            kind=kind,
            allows_redirects=allows_redirects,
            conditions=conditions,
        )

        return given_rule_request
