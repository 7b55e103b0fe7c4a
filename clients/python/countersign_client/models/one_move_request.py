# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.config_kind_enum import ConfigKindEnum
from ..types import UNSET, Unset

T = TypeVar("T", bound="OneMoveRequest")


@_attrs_define
class OneMoveRequest:
    """One thing whose label moves."""

    kind: ConfigKindEnum
    """ * `prompt` - prompt
    * `instruction` - instruction file
    * `provider` - provider
    * `model` - model
    * `agent` - agent
    * `tool_rules` - rules for every agent """
    object_id: str
    version: int | None
    """ Null takes the label away. """
    expected_version: int | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind.value

        object_id = self.object_id

        version: int | None
        version = self.version

        expected_version: int | None | Unset
        if isinstance(self.expected_version, Unset):
            expected_version = UNSET
        else:
            expected_version = self.expected_version

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "kind": kind,
                "object_id": object_id,
                "version": version,
            }
        )
        if expected_version is not UNSET:
            field_dict["expected_version"] = expected_version

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        kind = ConfigKindEnum(d.pop("kind"))

        object_id = d.pop("object_id")

        def _parse_version(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        version = _parse_version(d.pop("version"))

        def _parse_expected_version(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        expected_version = _parse_expected_version(d.pop("expected_version", UNSET))

        one_move_request = cls(
            kind=kind,
            object_id=object_id,
            version=version,
            expected_version=expected_version,
        )

        return one_move_request
