# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="RestoreRequest")


@_attrs_define
class RestoreRequest:
    """The older version whose content becomes the newest."""

    restored: int
    version: int
    """ The version that was read; another is 409. """

    def to_dict(self) -> dict[str, Any]:
        restored = self.restored

        version = self.version

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "restored": restored,
                "version": version,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        restored = d.pop("restored")

        version = d.pop("version")

        restore_request = cls(
            restored=restored,
            version=version,
        )

        return restore_request
