# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.risk_kind_enum import RiskKindEnum

T = TypeVar("T", bound="Risk")


@_attrs_define
class Risk:
    """What the call could do, told without any rule."""

    kind: RiskKindEnum
    """ * `destructive` - destructive
    * `network` - network
    * `credential_path` - credential_path
    * `outside_project` - outside_project
    * `privilege` - privilege
    * `persistence` - persistence
    * `obfuscation` - obfuscation """
    word: str
    """ What was seen; empty when it is the whole. """
    sentence: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind.value

        word = self.word

        sentence = self.sentence

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "kind": kind,
                "word": word,
                "sentence": sentence,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        kind = RiskKindEnum(d.pop("kind"))

        word = d.pop("word")

        sentence = d.pop("sentence")

        risk = cls(
            kind=kind,
            word=word,
            sentence=sentence,
        )

        risk.additional_properties = d
        return risk

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
