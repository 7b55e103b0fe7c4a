# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.config_kind_enum import ConfigKindEnum

T = TypeVar("T", bound="Move")


@_attrs_define
class Move:
    """One move of a change request; the hashes are of the versions' contents."""

    kind: ConfigKindEnum
    """ * `prompt` - prompt
    * `instruction` - instruction file
    * `provider` - provider
    * `model` - model
    * `agent` - agent
    * `tool_rules` - rules for every agent """
    object_id: str
    name: str
    from_version: int | None
    from_hash: None | str
    to_version: int | None
    to_hash: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind.value

        object_id = self.object_id

        name = self.name

        from_version: int | None
        from_version = self.from_version

        from_hash: None | str
        from_hash = self.from_hash

        to_version: int | None
        to_version = self.to_version

        to_hash: None | str
        to_hash = self.to_hash

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "kind": kind,
                "object_id": object_id,
                "name": name,
                "from_version": from_version,
                "from_hash": from_hash,
                "to_version": to_version,
                "to_hash": to_hash,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        kind = ConfigKindEnum(d.pop("kind"))

        object_id = d.pop("object_id")

        name = d.pop("name")

        def _parse_from_version(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        from_version = _parse_from_version(d.pop("from_version"))

        def _parse_from_hash(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        from_hash = _parse_from_hash(d.pop("from_hash"))

        def _parse_to_version(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        to_version = _parse_to_version(d.pop("to_version"))

        def _parse_to_hash(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        to_hash = _parse_to_hash(d.pop("to_hash"))

        move = cls(
            kind=kind,
            object_id=object_id,
            name=name,
            from_version=from_version,
            from_hash=from_hash,
            to_version=to_version,
            to_hash=to_hash,
        )

        move.additional_properties = d
        return move

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
