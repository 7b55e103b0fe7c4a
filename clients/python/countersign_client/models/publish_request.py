# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="PublishRequest")


@_attrs_define
class PublishRequest:
    """Which release; `force` does not wait for sessions to end: their turns are aborted."""

    release: str
    force: bool | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        release = self.release

        force = self.force

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "release": release,
            }
        )
        if force is not UNSET:
            field_dict["force"] = force

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        release = d.pop("release")

        force = d.pop("force", UNSET)

        publish_request = cls(
            release=release,
            force=force,
        )

        return publish_request
