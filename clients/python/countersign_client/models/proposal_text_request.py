# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.area_enum import AreaEnum
from ..types import UNSET, Unset

T = TypeVar("T", bound="ProposalTextRequest")


@_attrs_define
class ProposalTextRequest:
    """What a procedure shall say. Who wrote it is told by the token or session, and can't be said here."""

    name: str
    content: str
    """ Markdown. """
    description: str | Unset = ""
    """ What agents are shown of it before they read it. """
    area: AreaEnum | Unset = AreaEnum.GENERAL
    """ * `general` - general
    * `development` - development
    * `deployment` - deployment
    * `operations` - operations
    * `incident` - incidents
    * `security` - security
    * `data` - data """
    supersedes: None | str | Unset = UNSET
    """ The id of a live procedure. """
    effective_from: datetime.datetime | None | Unset = UNSET
    """ Null: as soon as it is approved. """
    review_by: datetime.date | None | Unset = UNSET
    note: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        content = self.content

        description = self.description

        area: str | Unset = UNSET
        if not isinstance(self.area, Unset):
            area = self.area.value

        supersedes: None | str | Unset
        if isinstance(self.supersedes, Unset):
            supersedes = UNSET
        else:
            supersedes = self.supersedes

        effective_from: None | str | Unset
        if isinstance(self.effective_from, Unset):
            effective_from = UNSET
        elif isinstance(self.effective_from, datetime.datetime):
            effective_from = self.effective_from.isoformat()
        else:
            effective_from = self.effective_from

        review_by: None | str | Unset
        if isinstance(self.review_by, Unset):
            review_by = UNSET
        elif isinstance(self.review_by, datetime.date):
            review_by = self.review_by.isoformat()
        else:
            review_by = self.review_by

        note = self.note

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "content": content,
            }
        )
        if description is not UNSET:
            field_dict["description"] = description
        if area is not UNSET:
            field_dict["area"] = area
        if supersedes is not UNSET:
            field_dict["supersedes"] = supersedes
        if effective_from is not UNSET:
            field_dict["effective_from"] = effective_from
        if review_by is not UNSET:
            field_dict["review_by"] = review_by
        if note is not UNSET:
            field_dict["note"] = note

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        content = d.pop("content")

        description = d.pop("description", UNSET)

        _area = d.pop("area", UNSET)
        area: AreaEnum | Unset
        if isinstance(_area, Unset):
            area = UNSET
        else:
            area = AreaEnum(_area)

        def _parse_supersedes(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        supersedes = _parse_supersedes(d.pop("supersedes", UNSET))

        def _parse_effective_from(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                effective_from_type_0 = datetime.datetime.fromisoformat(data)

                return effective_from_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        effective_from = _parse_effective_from(d.pop("effective_from", UNSET))

        def _parse_review_by(data: object) -> datetime.date | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                review_by_type_0 = datetime.date.fromisoformat(data)

                return review_by_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None | Unset, data)

        review_by = _parse_review_by(d.pop("review_by", UNSET))

        note = d.pop("note", UNSET)

        proposal_text_request = cls(
            name=name,
            content=content,
            description=description,
            area=area,
            supersedes=supersedes,
            effective_from=effective_from,
            review_by=review_by,
            note=note,
        )

        return proposal_text_request
