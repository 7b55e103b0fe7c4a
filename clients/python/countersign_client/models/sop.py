# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.area_enum import AreaEnum
from ..models.sop_state_enum import SopStateEnum

if TYPE_CHECKING:
    from ..models.actor import Actor
    from ..models.named import Named


T = TypeVar("T", bound="Sop")


@_attrs_define
class Sop:
    """A procedure as lists show it."""

    id: str
    team: Named
    """ A team, an engine: what a list shows of another thing. """
    slug: str
    name: str
    area: AreaEnum
    """ * `general` - general
    * `development` - development
    * `deployment` - deployment
    * `operations` - operations
    * `incident` - incidents
    * `security` - security
    * `data` - data """
    state: SopStateEnum
    """ * `live` - live
    * `superseded` - superseded
    * `revoked` - revoked """
    version: int
    """ The number of the latest one. """
    review_by: datetime.date | None
    superseded_by: Named | None
    superseded_from: datetime.datetime | None
    """ It holds until then. """
    revoked_at: datetime.datetime | None
    revoked_by: Actor | None
    revoked_reason: str
    """ Empty for owners outside the team. """
    created_at: datetime.datetime
    changed_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.actor import Actor  # noqa: PLC0415
        from ..models.named import Named  # noqa: PLC0415

        id = self.id

        team = self.team.to_dict()

        slug = self.slug

        name = self.name

        area = self.area.value

        state = self.state.value

        version = self.version

        review_by: None | str
        if isinstance(self.review_by, datetime.date):
            review_by = self.review_by.isoformat()
        else:
            review_by = self.review_by

        superseded_by: dict[str, Any] | None
        if isinstance(self.superseded_by, Named):
            superseded_by = self.superseded_by.to_dict()
        else:
            superseded_by = self.superseded_by

        superseded_from: None | str
        if isinstance(self.superseded_from, datetime.datetime):
            superseded_from = self.superseded_from.isoformat()
        else:
            superseded_from = self.superseded_from

        revoked_at: None | str
        if isinstance(self.revoked_at, datetime.datetime):
            revoked_at = self.revoked_at.isoformat()
        else:
            revoked_at = self.revoked_at

        revoked_by: dict[str, Any] | None
        if isinstance(self.revoked_by, Actor):
            revoked_by = self.revoked_by.to_dict()
        else:
            revoked_by = self.revoked_by

        revoked_reason = self.revoked_reason

        created_at = self.created_at.isoformat()

        changed_at = self.changed_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "team": team,
                "slug": slug,
                "name": name,
                "area": area,
                "state": state,
                "version": version,
                "review_by": review_by,
                "superseded_by": superseded_by,
                "superseded_from": superseded_from,
                "revoked_at": revoked_at,
                "revoked_by": revoked_by,
                "revoked_reason": revoked_reason,
                "created_at": created_at,
                "changed_at": changed_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.actor import Actor  # noqa: PLC0415
        from ..models.named import Named  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        team = Named.from_dict(d.pop("team"))

        slug = d.pop("slug")

        name = d.pop("name")

        area = AreaEnum(d.pop("area"))

        state = SopStateEnum(d.pop("state"))

        version = d.pop("version")

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

        def _parse_superseded_by(data: object) -> Named | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                superseded_by_type_0 = Named.from_dict(data)

                return superseded_by_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Named | None, data)

        superseded_by = _parse_superseded_by(d.pop("superseded_by"))

        def _parse_superseded_from(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                superseded_from_type_0 = datetime.datetime.fromisoformat(data)

                return superseded_from_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        superseded_from = _parse_superseded_from(d.pop("superseded_from"))

        def _parse_revoked_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                revoked_at_type_0 = datetime.datetime.fromisoformat(data)

                return revoked_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        revoked_at = _parse_revoked_at(d.pop("revoked_at"))

        def _parse_revoked_by(data: object) -> Actor | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                revoked_by_type_0 = Actor.from_dict(data)

                return revoked_by_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Actor | None, data)

        revoked_by = _parse_revoked_by(d.pop("revoked_by"))

        revoked_reason = d.pop("revoked_reason")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        changed_at = datetime.datetime.fromisoformat(d.pop("changed_at"))

        sop = cls(
            id=id,
            team=team,
            slug=slug,
            name=name,
            area=area,
            state=state,
            version=version,
            review_by=review_by,
            superseded_by=superseded_by,
            superseded_from=superseded_from,
            revoked_at=revoked_at,
            revoked_by=revoked_by,
            revoked_reason=revoked_reason,
            created_at=created_at,
            changed_at=changed_at,
        )

        sop.additional_properties = d
        return sop

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
