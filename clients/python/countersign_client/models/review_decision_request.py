# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="ReviewDecisionRequest")


@_attrs_define
class ReviewDecisionRequest:
    """`confirmation`: the word that approvers type when something was found (`confirmation_needed`)."""

    fingerprint: str | Unset = ""
    reason: str | Unset = ""
    confirmation: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        fingerprint = self.fingerprint

        reason = self.reason

        confirmation = self.confirmation

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if fingerprint is not UNSET:
            field_dict["fingerprint"] = fingerprint
        if reason is not UNSET:
            field_dict["reason"] = reason
        if confirmation is not UNSET:
            field_dict["confirmation"] = confirmation

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        fingerprint = d.pop("fingerprint", UNSET)

        reason = d.pop("reason", UNSET)

        confirmation = d.pop("confirmation", UNSET)

        review_decision_request = cls(
            fingerprint=fingerprint,
            reason=reason,
            confirmation=confirmation,
        )

        return review_decision_request
