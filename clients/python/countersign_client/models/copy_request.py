# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="CopyRequest")


@_attrs_define
class CopyRequest:
    """What the copy is called and whose it is."""

    name: str | Unset = UNSET
    """ Left out: a free one is found. """
    team: None | str | Unset = UNSET
    """ Needed when the caller writes for several teams; null: everybody's, for owners. """
    note: str | Unset = UNSET
    """ Why; for its history. """

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        team: None | str | Unset
        if isinstance(self.team, Unset):
            team = UNSET
        else:
            team = self.team

        note = self.note

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if name is not UNSET:
            field_dict["name"] = name
        if team is not UNSET:
            field_dict["team"] = team
        if note is not UNSET:
            field_dict["note"] = note

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name", UNSET)

        def _parse_team(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        team = _parse_team(d.pop("team", UNSET))

        note = d.pop("note", UNSET)

        copy_request = cls(
            name=name,
            team=team,
            note=note,
        )

        return copy_request
