# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.mcp_severity_enum import McpSeverityEnum
from ..models.outcome_enum import OutcomeEnum

T = TypeVar("T", bound="McpFinding")


@_attrs_define
class McpFinding:
    """What an approver was shown: everything that did not pass."""

    name: str
    outcome: OutcomeEnum
    """ * `passed` - passed
    * `finding` - finding
    * `not_checked` - not checked """
    severity: McpSeverityEnum
    """ * `info` - info
    * `low` - low
    * `high` - high: approving needs a typed confirmation
    * `blocking` - blocking: can't be approved """
    sentence: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        outcome = self.outcome.value

        severity = self.severity.value

        sentence = self.sentence

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "outcome": outcome,
                "severity": severity,
                "sentence": sentence,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        outcome = OutcomeEnum(d.pop("outcome"))

        severity = McpSeverityEnum(d.pop("severity"))

        sentence = d.pop("sentence")

        mcp_finding = cls(
            name=name,
            outcome=outcome,
            severity=severity,
            sentence=sentence,
        )

        mcp_finding.additional_properties = d
        return mcp_finding

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
