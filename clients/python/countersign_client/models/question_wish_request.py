# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.item_wish_request import ItemWishRequest


T = TypeVar("T", bound="QuestionWishRequest")


@_attrs_define
class QuestionWishRequest:
    """What an agent asks people."""

    items: list[ItemWishRequest]
    team: str | Unset = UNSET
    """ Needed when the caller belongs to several teams. """
    directory: str | Unset = ""
    agent: str | Unset = ""
    session_id: str | Unset = ""
    expires_in_s: int | Unset = UNSET
    """ After that nobody answers it. """

    def to_dict(self) -> dict[str, Any]:
        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        team = self.team

        directory = self.directory

        agent = self.agent

        session_id = self.session_id

        expires_in_s = self.expires_in_s

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "items": items,
            }
        )
        if team is not UNSET:
            field_dict["team"] = team
        if directory is not UNSET:
            field_dict["directory"] = directory
        if agent is not UNSET:
            field_dict["agent"] = agent
        if session_id is not UNSET:
            field_dict["session_id"] = session_id
        if expires_in_s is not UNSET:
            field_dict["expires_in_s"] = expires_in_s

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.item_wish_request import ItemWishRequest  # noqa: PLC0415

        d = dict(src_dict)
        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = ItemWishRequest.from_dict(items_item_data)

            items.append(items_item)

        team = d.pop("team", UNSET)

        directory = d.pop("directory", UNSET)

        agent = d.pop("agent", UNSET)

        session_id = d.pop("session_id", UNSET)

        expires_in_s = d.pop("expires_in_s", UNSET)

        question_wish_request = cls(
            items=items,
            team=team,
            directory=directory,
            agent=agent,
            session_id=session_id,
            expires_in_s=expires_in_s,
        )

        return question_wish_request
