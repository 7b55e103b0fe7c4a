# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="LabelMoveRequest")


@_attrs_define
class LabelMoveRequest:
    """Where a label shall stand."""

    label: str
    version: int | None
    """ Null takes the label away. """
    expected_version: int | None | Unset = UNSET
    """ Where you saw it; if it is elsewhere, 409. """
    reason: str | Unset = UNSET
    """ Why; for its history. """

    def to_dict(self) -> dict[str, Any]:
        label = self.label

        version: int | None
        version = self.version

        expected_version: int | None | Unset
        if isinstance(self.expected_version, Unset):
            expected_version = UNSET
        else:
            expected_version = self.expected_version

        reason = self.reason

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "label": label,
                "version": version,
            }
        )
        if expected_version is not UNSET:
            field_dict["expected_version"] = expected_version
        if reason is not UNSET:
            field_dict["reason"] = reason

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        label = d.pop("label")

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

        reason = d.pop("reason", UNSET)

        label_move_request = cls(
            label=label,
            version=version,
            expected_version=expected_version,
            reason=reason,
        )

        return label_move_request
