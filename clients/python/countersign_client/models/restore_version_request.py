# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="RestoreVersionRequest")


@_attrs_define
class RestoreVersionRequest:
    """The older version whose content becomes the newest."""

    version: int
    note: str | Unset = UNSET
    """ Why; for its history. """

    def to_dict(self) -> dict[str, Any]:
        version = self.version

        note = self.note

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "version": version,
            }
        )
        if note is not UNSET:
            field_dict["note"] = note

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        version = d.pop("version")

        note = d.pop("note", UNSET)

        restore_version_request = cls(
            version=version,
            note=note,
        )

        return restore_version_request
