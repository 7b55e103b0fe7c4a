# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="BuildRequest")


@_attrs_define
class BuildRequest:
    """For which engine."""

    engine: str
    note: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        engine = self.engine

        note = self.note

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "engine": engine,
            }
        )
        if note is not UNSET:
            field_dict["note"] = note

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        engine = d.pop("engine")

        note = d.pop("note", UNSET)

        build_request = cls(
            engine=engine,
            note=note,
        )

        return build_request
