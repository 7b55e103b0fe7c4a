# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.length_enum import LengthEnum

T = TypeVar("T", bound="SnoozeWishRequest")


@_attrs_define
class SnoozeWishRequest:
    """For how long one does not want to see it."""

    length: LengthEnum
    """ * `15m` - 15 minutes
    * `1h` - 1 hour
    * `tomorrow` - until tomorrow morning """

    def to_dict(self) -> dict[str, Any]:
        length = self.length.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "length": length,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        length = LengthEnum(d.pop("length"))

        snooze_wish_request = cls(
            length=length,
        )

        return snooze_wish_request
