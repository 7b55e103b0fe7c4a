# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.rule_effect_enum import RuleEffectEnum

T = TypeVar("T", bound="JudgedCommand")


@_attrs_define
class JudgedCommand:
    """One simple command, or one path, URL or name."""

    command: str
    verdict: RuleEffectEnum
    """ * `allow` - allow
    * `ask` - ask
    * `deny` - deny """
    reason: str
    rule: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        command = self.command

        verdict = self.verdict.value

        reason = self.reason

        rule: None | str
        rule = self.rule

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "command": command,
                "verdict": verdict,
                "reason": reason,
                "rule": rule,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        command = d.pop("command")

        verdict = RuleEffectEnum(d.pop("verdict"))

        reason = d.pop("reason")

        def _parse_rule(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        rule = _parse_rule(d.pop("rule"))

        judged_command = cls(
            command=command,
            verdict=verdict,
            reason=reason,
            rule=rule,
        )

        judged_command.additional_properties = d
        return judged_command

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
