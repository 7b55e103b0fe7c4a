# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.one_move_request import OneMoveRequest


T = TypeVar("T", bound="MovesRequest")


@_attrs_define
class MovesRequest:
    """One label, moved on many things of one team, all or none."""

    label: str
    moves: list[OneMoveRequest]
    reason: str | Unset = UNSET
    """ Why; for its history. """

    def to_dict(self) -> dict[str, Any]:
        label = self.label

        moves = []
        for moves_item_data in self.moves:
            moves_item = moves_item_data.to_dict()
            moves.append(moves_item)

        reason = self.reason

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "label": label,
                "moves": moves,
            }
        )
        if reason is not UNSET:
            field_dict["reason"] = reason

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.one_move_request import OneMoveRequest  # noqa: PLC0415

        d = dict(src_dict)
        label = d.pop("label")

        moves = []
        _moves = d.pop("moves")
        for moves_item_data in _moves:
            moves_item = OneMoveRequest.from_dict(moves_item_data)

            moves.append(moves_item)

        reason = d.pop("reason", UNSET)

        moves_request = cls(
            label=label,
            moves=moves,
            reason=reason,
        )

        return moves_request
