# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="ConditionWishRequest")


@_attrs_define
class ConditionWishRequest:
    """What a client sends: unknown names are errors."""

    path: str
    pattern: str

    def to_dict(self) -> dict[str, Any]:
        path = self.path

        pattern = self.pattern

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "path": path,
                "pattern": pattern,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        path = d.pop("path")

        pattern = d.pop("pattern")

        condition_wish_request = cls(
            path=path,
            pattern=pattern,
        )

        return condition_wish_request
