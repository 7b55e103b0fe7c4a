# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.mcp_severity_enum import McpSeverityEnum
from ..models.outcome_enum import OutcomeEnum

if TYPE_CHECKING:
    from ..models.mcp_check_details import McpCheckDetails


T = TypeVar("T", bound="McpCheck")


@_attrs_define
class McpCheck:
    """What one check said. `not_checked` is never clean: its sentence says why."""

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
    details: McpCheckDetails
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        outcome = self.outcome.value

        severity = self.severity.value

        sentence = self.sentence

        details = self.details.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "outcome": outcome,
                "severity": severity,
                "sentence": sentence,
                "details": details,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.mcp_check_details import McpCheckDetails  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        outcome = OutcomeEnum(d.pop("outcome"))

        severity = McpSeverityEnum(d.pop("severity"))

        sentence = d.pop("sentence")

        details = McpCheckDetails.from_dict(d.pop("details"))

        mcp_check = cls(
            name=name,
            outcome=outcome,
            severity=severity,
            sentence=sentence,
            details=details,
        )

        mcp_check.additional_properties = d
        return mcp_check

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
