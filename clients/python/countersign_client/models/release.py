# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.actor import Actor
    from ..models.named import Named


T = TypeVar("T", bound="Release")


@_attrs_define
class Release:
    """A release as lists show it. Context: `principal`."""

    id: str
    engine: Named
    """ A team, an engine: what a list shows of another thing. """
    number: int
    content_hash: str
    """ SHA-256, hex, over all files: the same files, the same. """
    engine_schema: str
    """ The engine version whose schema it was checked with. """
    note: str
    is_live: bool
    """ It went live last on its engine. """
    created_by: Actor
    """ Who did something, as it was recorded then. """
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        engine = self.engine.to_dict()

        number = self.number

        content_hash = self.content_hash

        engine_schema = self.engine_schema

        note = self.note

        is_live = self.is_live

        created_by = self.created_by.to_dict()

        created_at = self.created_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "engine": engine,
                "number": number,
                "content_hash": content_hash,
                "engine_schema": engine_schema,
                "note": note,
                "is_live": is_live,
                "created_by": created_by,
                "created_at": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.actor import Actor  # noqa: PLC0415
        from ..models.named import Named  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        engine = Named.from_dict(d.pop("engine"))

        number = d.pop("number")

        content_hash = d.pop("content_hash")

        engine_schema = d.pop("engine_schema")

        note = d.pop("note")

        is_live = d.pop("is_live")

        created_by = Actor.from_dict(d.pop("created_by"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        release = cls(
            id=id,
            engine=engine,
            number=number,
            content_hash=content_hash,
            engine_schema=engine_schema,
            note=note,
            is_live=is_live,
            created_by=created_by,
            created_at=created_at,
        )

        release.additional_properties = d
        return release

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
