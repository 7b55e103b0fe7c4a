# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.area_enum import AreaEnum

if TYPE_CHECKING:
    from ..models.actor import Actor
    from ..models.named import Named


T = TypeVar("T", bound="Revision")


@_attrs_define
class Revision:
    """What a proposal said then. It never changes."""

    number: int
    name: str
    content_hash: str
    note: str
    author: Actor
    """ Who did something, as it was recorded then. """
    created_at: datetime.datetime
    description: str
    area: AreaEnum
    """ * `general` - general
    * `development` - development
    * `deployment` - deployment
    * `operations` - operations
    * `incident` - incidents
    * `security` - security
    * `data` - data """
    supersedes: Named | None
    content: str
    effective_from: datetime.datetime | None
    review_by: datetime.date | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.named import Named  # noqa: PLC0415

        number = self.number

        name = self.name

        content_hash = self.content_hash

        note = self.note

        author = self.author.to_dict()

        created_at = self.created_at.isoformat()

        description = self.description

        area = self.area.value

        supersedes: dict[str, Any] | None
        if isinstance(self.supersedes, Named):
            supersedes = self.supersedes.to_dict()
        else:
            supersedes = self.supersedes

        content = self.content

        effective_from: None | str
        if isinstance(self.effective_from, datetime.datetime):
            effective_from = self.effective_from.isoformat()
        else:
            effective_from = self.effective_from

        review_by: None | str
        if isinstance(self.review_by, datetime.date):
            review_by = self.review_by.isoformat()
        else:
            review_by = self.review_by

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "number": number,
                "name": name,
                "content_hash": content_hash,
                "note": note,
                "author": author,
                "created_at": created_at,
                "description": description,
                "area": area,
                "supersedes": supersedes,
                "content": content,
                "effective_from": effective_from,
                "review_by": review_by,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.actor import Actor  # noqa: PLC0415
        from ..models.named import Named  # noqa: PLC0415

        d = dict(src_dict)
        number = d.pop("number")

        name = d.pop("name")

        content_hash = d.pop("content_hash")

        note = d.pop("note")

        author = Actor.from_dict(d.pop("author"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        description = d.pop("description")

        area = AreaEnum(d.pop("area"))

        def _parse_supersedes(data: object) -> Named | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                supersedes_type_0 = Named.from_dict(data)

                return supersedes_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Named | None, data)

        supersedes = _parse_supersedes(d.pop("supersedes"))

        content = d.pop("content")

        def _parse_effective_from(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                effective_from_type_0 = datetime.datetime.fromisoformat(data)

                return effective_from_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        effective_from = _parse_effective_from(d.pop("effective_from"))

        def _parse_review_by(data: object) -> datetime.date | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                review_by_type_0 = datetime.date.fromisoformat(data)

                return review_by_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None, data)

        review_by = _parse_review_by(d.pop("review_by"))

        revision = cls(
            number=number,
            name=name,
            content_hash=content_hash,
            note=note,
            author=author,
            created_at=created_at,
            description=description,
            area=area,
            supersedes=supersedes,
            content=content,
            effective_from=effective_from,
            review_by=review_by,
        )

        revision.additional_properties = d
        return revision

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
