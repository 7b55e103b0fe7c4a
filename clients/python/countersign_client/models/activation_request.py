# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="ActivationRequest")


@_attrs_define
class ActivationRequest:
    """The version that shall apply."""

    version: int
    """ The version that was read; another is 409. """

    def to_dict(self) -> dict[str, Any]:
        version = self.version

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "version": version,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        version = d.pop("version")

        activation_request = cls(
            version=version,
        )

        return activation_request
