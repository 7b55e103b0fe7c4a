# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="ClaimRequest")


@_attrs_define
class ClaimRequest:
    """An empty object claims what nobody holds."""

    take_over_from: str | Unset = ""
    """ The id of `claimed_by`, to take it over from them knowingly. """

    def to_dict(self) -> dict[str, Any]:
        take_over_from = self.take_over_from

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if take_over_from is not UNSET:
            field_dict["take_over_from"] = take_over_from

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        take_over_from = d.pop("take_over_from", UNSET)

        claim_request = cls(
            take_over_from=take_over_from,
        )

        return claim_request
