# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="FieldSource")


@_attrs_define
class FieldSource:
    """Where the value of a field is from."""

    source: str
    as_of: str
    """ A day, such as 2026-05-31, or empty. """

    def to_dict(self) -> dict[str, Any]:
        source = self.source

        as_of = self.as_of

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "source": source,
                "as_of": as_of,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        source = d.pop("source")

        as_of = d.pop("as_of")

        field_source = cls(
            source=source,
            as_of=as_of,
        )

        return field_source
