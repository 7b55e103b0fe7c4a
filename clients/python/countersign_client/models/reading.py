# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Reading")


@_attrs_define
class Reading:
    """How far a rule reaches."""

    words: str
    """ What it covers, in words. """
    warnings: list[str]
    second_person: str
    """ Why this version needs a second person; empty when it needs none, or has had one. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        words = self.words

        warnings = self.warnings

        second_person = self.second_person

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "words": words,
                "warnings": warnings,
                "second_person": second_person,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        words = d.pop("words")

        warnings = cast(list[str], d.pop("warnings"))

        second_person = d.pop("second_person")

        reading = cls(
            words=words,
            warnings=warnings,
            second_person=second_person,
        )

        reading.additional_properties = d
        return reading

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
