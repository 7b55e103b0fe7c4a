# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="ReviewDecisionRequest")


@_attrs_define
class ReviewDecisionRequest:
    """`fingerprint` is the one that was shown; another one, or none, answers 409."""

    fingerprint: str | Unset = ""
    reason: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        fingerprint = self.fingerprint

        reason = self.reason

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if fingerprint is not UNSET:
            field_dict["fingerprint"] = fingerprint
        if reason is not UNSET:
            field_dict["reason"] = reason

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        fingerprint = d.pop("fingerprint", UNSET)

        reason = d.pop("reason", UNSET)

        review_decision_request = cls(
            fingerprint=fingerprint,
            reason=reason,
        )

        return review_decision_request
