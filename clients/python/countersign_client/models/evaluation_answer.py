# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.rule_effect_enum import RuleEffectEnum

if TYPE_CHECKING:
    from ..models.judged_command import JudgedCommand
    from ..models.risk import Risk


T = TypeVar("T", bound="EvaluationAnswer")


@_attrs_define
class EvaluationAnswer:
    """The verdict, as `manage.py evaluate` gives it."""

    verdict: RuleEffectEnum
    """ * `allow` - allow
    * `ask` - ask
    * `deny` - deny """
    reason: str
    rule: None | str
    """ The id of the rule that decides. """
    rule_version: int | None
    commands: list[JudgedCommand]
    findings: list[str]
    risks: list[Risk]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        verdict = self.verdict.value

        reason = self.reason

        rule: None | str
        rule = self.rule

        rule_version: int | None
        rule_version = self.rule_version

        commands = []
        for commands_item_data in self.commands:
            commands_item = commands_item_data.to_dict()
            commands.append(commands_item)

        findings = self.findings

        risks = []
        for risks_item_data in self.risks:
            risks_item = risks_item_data.to_dict()
            risks.append(risks_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "verdict": verdict,
                "reason": reason,
                "rule": rule,
                "rule_version": rule_version,
                "commands": commands,
                "findings": findings,
                "risks": risks,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.judged_command import JudgedCommand  # noqa: PLC0415
        from ..models.risk import Risk  # noqa: PLC0415

        d = dict(src_dict)
        verdict = RuleEffectEnum(d.pop("verdict"))

        reason = d.pop("reason")

        def _parse_rule(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        rule = _parse_rule(d.pop("rule"))

        def _parse_rule_version(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        rule_version = _parse_rule_version(d.pop("rule_version"))

        commands = []
        _commands = d.pop("commands")
        for commands_item_data in _commands:
            commands_item = JudgedCommand.from_dict(commands_item_data)

            commands.append(commands_item)

        findings = cast(list[str], d.pop("findings"))

        risks = []
        _risks = d.pop("risks")
        for risks_item_data in _risks:
            risks_item = Risk.from_dict(risks_item_data)

            risks.append(risks_item)

        evaluation_answer = cls(
            verdict=verdict,
            reason=reason,
            rule=rule,
            rule_version=rule_version,
            commands=commands,
            findings=findings,
            risks=risks,
        )

        evaluation_answer.additional_properties = d
        return evaluation_answer

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
