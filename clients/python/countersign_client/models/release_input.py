# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.config_kind_enum import ConfigKindEnum

T = TypeVar("T", bound="ReleaseInput")


@_attrs_define
class ReleaseInput:
    """One version that it was rendered from."""

    kind: ConfigKindEnum
    """ * `prompt` - prompt
    * `instruction` - instruction file
    * `provider` - provider
    * `model` - model
    * `agent` - agent
    * `tool_rules` - rules for every agent """
    object_id: str
    version: int
    content_hash: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind.value

        object_id = self.object_id

        version = self.version

        content_hash = self.content_hash

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "kind": kind,
                "object_id": object_id,
                "version": version,
                "content_hash": content_hash,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        kind = ConfigKindEnum(d.pop("kind"))

        object_id = d.pop("object_id")

        version = d.pop("version")

        content_hash = d.pop("content_hash")

        release_input = cls(
            kind=kind,
            object_id=object_id,
            version=version,
            content_hash=content_hash,
        )

        release_input.additional_properties = d
        return release_input

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
