# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.severity_enum import SeverityEnum

T = TypeVar("T", bound="PreviewProblem")


@_attrs_define
class PreviewProblem:
    """What is wrong, or worth knowing; an error keeps a release from being built."""

    severity: SeverityEnum
    """ * `error` - error
    * `warning` - warning """
    field: str
    """ A path such as `rules.3.pattern`; empty for all of it. """
    sentence: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        severity = self.severity.value

        field = self.field

        sentence = self.sentence

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "severity": severity,
                "field": field,
                "sentence": sentence,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        severity = SeverityEnum(d.pop("severity"))

        field = d.pop("field")

        sentence = d.pop("sentence")

        preview_problem = cls(
            severity=severity,
            field=field,
            sentence=sentence,
        )

        preview_problem.additional_properties = d
        return preview_problem

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
