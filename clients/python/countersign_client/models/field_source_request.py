# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="FieldSourceRequest")


@_attrs_define
class FieldSourceRequest:
    """Where the value of a field is from."""

    source: str
    as_of: str | Unset = UNSET
    """ A day, such as 2026-05-31, or empty. """

    def to_dict(self) -> dict[str, Any]:
        source = self.source

        as_of = self.as_of

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "source": source,
            }
        )
        if as_of is not UNSET:
            field_dict["as_of"] = as_of

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        source = d.pop("source")

        as_of = d.pop("as_of", UNSET)

        field_source_request = cls(
            source=source,
            as_of=as_of,
        )

        return field_source_request
