# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="ReviewRejectionRequest")


@_attrs_define
class ReviewRejectionRequest:
    """`fingerprint` is the one that was shown; another one, or none, answers 409. Who asked reads why."""

    reason: str
    fingerprint: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        reason = self.reason

        fingerprint = self.fingerprint

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "reason": reason,
            }
        )
        if fingerprint is not UNSET:
            field_dict["fingerprint"] = fingerprint

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        reason = d.pop("reason")

        fingerprint = d.pop("fingerprint", UNSET)

        review_rejection_request = cls(
            reason=reason,
            fingerprint=fingerprint,
        )

        return review_rejection_request
