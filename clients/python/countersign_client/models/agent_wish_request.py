# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.agent_content_request import AgentContentRequest


T = TypeVar("T", bound="AgentWishRequest")


@_attrs_define
class AgentWishRequest:
    """A new agent."""

    content: AgentContentRequest
    """ An agent; what is left out has its default. """
    team: None | str | Unset = UNSET
    """ Needed when the caller writes for several teams; null: everybody's, for owners. """
    note: str | Unset = UNSET
    """ Why; for its history. """

    def to_dict(self) -> dict[str, Any]:
        content = self.content.to_dict()

        team: None | str | Unset
        if isinstance(self.team, Unset):
            team = UNSET
        else:
            team = self.team

        note = self.note

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "content": content,
            }
        )
        if team is not UNSET:
            field_dict["team"] = team
        if note is not UNSET:
            field_dict["note"] = note

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.agent_content_request import AgentContentRequest  # noqa: PLC0415

        d = dict(src_dict)
        content = AgentContentRequest.from_dict(d.pop("content"))

        def _parse_team(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        team = _parse_team(d.pop("team", UNSET))

        note = d.pop("note", UNSET)

        agent_wish_request = cls(
            content=content,
            team=team,
            note=note,
        )

        return agent_wish_request
