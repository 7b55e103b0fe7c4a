# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.actor import Actor


T = TypeVar("T", bound="Label")


@_attrs_define
class Label:
    """A label, and the version it stands on. `draft` is not among them: it is the latest version, always."""

    name: str
    version: int
    is_protected: bool
    """ It only moves with somebody else's approval. """
    moved_by: Actor
    """ Who did something, as it was recorded then. """
    moved_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        version = self.version

        is_protected = self.is_protected

        moved_by = self.moved_by.to_dict()

        moved_at = self.moved_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "version": version,
                "is_protected": is_protected,
                "moved_by": moved_by,
                "moved_at": moved_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.actor import Actor  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        version = d.pop("version")

        is_protected = d.pop("is_protected")

        moved_by = Actor.from_dict(d.pop("moved_by"))

        moved_at = datetime.datetime.fromisoformat(d.pop("moved_at"))

        label = cls(
            name=name,
            version=version,
            is_protected=is_protected,
            moved_by=moved_by,
            moved_at=moved_at,
        )

        label.additional_properties = d
        return label

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
