# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.review_state_enum import ReviewStateEnum

if TYPE_CHECKING:
    from ..models.actor import Actor
    from ..models.move import Move
    from ..models.named import Named


T = TypeVar("T", bound="ChangeRequest")


@_attrs_define
class ChangeRequest:
    """A move of a protected label that waits, or waited, for somebody else. Its id is that of its review."""

    id: str
    state: ReviewStateEnum
    """ * `open` - open
    * `approved` - approved
    * `rejected` - rejected
    * `withdrawn` - withdrawn
    * `expired` - expired """
    label: str
    team: Named | None
    """ Null: it is about what is everybody's. """
    title: str
    reason: str
    """ Empty for service accounts and owners outside the team that reviews it. """
    moves: list[Move]
    requested_by: Actor
    """ Who did something, as it was recorded then. """
    decided_by: Actor | None
    decision_reason: str
    created_at: datetime.datetime
    decided_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.actor import Actor  # noqa: PLC0415
        from ..models.named import Named  # noqa: PLC0415

        id = self.id

        state = self.state.value

        label = self.label

        team: dict[str, Any] | None
        if isinstance(self.team, Named):
            team = self.team.to_dict()
        else:
            team = self.team

        title = self.title

        reason = self.reason

        moves = []
        for moves_item_data in self.moves:
            moves_item = moves_item_data.to_dict()
            moves.append(moves_item)

        requested_by = self.requested_by.to_dict()

        decided_by: dict[str, Any] | None
        if isinstance(self.decided_by, Actor):
            decided_by = self.decided_by.to_dict()
        else:
            decided_by = self.decided_by

        decision_reason = self.decision_reason

        created_at = self.created_at.isoformat()

        decided_at: None | str
        if isinstance(self.decided_at, datetime.datetime):
            decided_at = self.decided_at.isoformat()
        else:
            decided_at = self.decided_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "state": state,
                "label": label,
                "team": team,
                "title": title,
                "reason": reason,
                "moves": moves,
                "requested_by": requested_by,
                "decided_by": decided_by,
                "decision_reason": decision_reason,
                "created_at": created_at,
                "decided_at": decided_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.actor import Actor  # noqa: PLC0415
        from ..models.move import Move  # noqa: PLC0415
        from ..models.named import Named  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        state = ReviewStateEnum(d.pop("state"))

        label = d.pop("label")

        def _parse_team(data: object) -> Named | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                team_type_0 = Named.from_dict(data)

                return team_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Named | None, data)

        team = _parse_team(d.pop("team"))

        title = d.pop("title")

        reason = d.pop("reason")

        moves = []
        _moves = d.pop("moves")
        for moves_item_data in _moves:
            moves_item = Move.from_dict(moves_item_data)

            moves.append(moves_item)

        requested_by = Actor.from_dict(d.pop("requested_by"))

        def _parse_decided_by(data: object) -> Actor | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                decided_by_type_0 = Actor.from_dict(data)

                return decided_by_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Actor | None, data)

        decided_by = _parse_decided_by(d.pop("decided_by"))

        decision_reason = d.pop("decision_reason")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_decided_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                decided_at_type_0 = datetime.datetime.fromisoformat(data)

                return decided_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        decided_at = _parse_decided_at(d.pop("decided_at"))

        change_request = cls(
            id=id,
            state=state,
            label=label,
            team=team,
            title=title,
            reason=reason,
            moves=moves,
            requested_by=requested_by,
            decided_by=decided_by,
            decision_reason=decision_reason,
            created_at=created_at,
            decided_at=decided_at,
        )

        change_request.additional_properties = d
        return change_request

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
