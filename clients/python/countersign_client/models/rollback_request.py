# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="RollbackRequest")


@_attrs_define
class RollbackRequest:
    """Which engine goes back to what was live before."""

    engine: str
    force: bool | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        engine = self.engine

        force = self.force

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "engine": engine,
            }
        )
        if force is not UNSET:
            field_dict["force"] = force

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        engine = d.pop("engine")

        force = d.pop("force", UNSET)

        rollback_request = cls(
            engine=engine,
            force=force,
        )

        return rollback_request
