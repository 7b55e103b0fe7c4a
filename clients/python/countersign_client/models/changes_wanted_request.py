# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="ChangesWantedRequest")


@_attrs_define
class ChangesWantedRequest:
    """`fingerprint` is the review's, as it was shown; another one answers 409."""

    fingerprint: str
    reason: str

    def to_dict(self) -> dict[str, Any]:
        fingerprint = self.fingerprint

        reason = self.reason

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "fingerprint": fingerprint,
                "reason": reason,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        fingerprint = d.pop("fingerprint")

        reason = d.pop("reason")

        changes_wanted_request = cls(
            fingerprint=fingerprint,
            reason=reason,
        )

        return changes_wanted_request
