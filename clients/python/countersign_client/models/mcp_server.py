# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.mcp_server_state_enum import McpServerStateEnum

if TYPE_CHECKING:
    from ..models.actor import Actor
    from ..models.named import Named


T = TypeVar("T", bound="McpServer")


@_attrs_define
class McpServer:
    """A server as lists show it."""

    id: str
    team: Named
    """ A team, an engine: what a list shows of another thing. """
    name: str
    """ Agents know its tools as `NAME_tool`. """
    state: McpServerStateEnum
    """ * `requested` - requested
    * `checking` - being checked
    * `needs_review` - needs review
    * `trial` - on trial
    * `approved` - approved
    * `active` - active
    * `drifted` - drifted
    * `suspended` - suspended
    * `revoked` - revoked
    * `rejected` - rejected
    * `withdrawn` - withdrawn """
    state_reason: str
    """ Empty for owners outside the team. """
    tools: list[str]
    has_drifted: bool
    requested_by: Actor
    """ Who did something, as it was recorded then. """
    approved_by: Actor | None
    approved_at: datetime.datetime | None
    expires_at: datetime.datetime | None
    created_at: datetime.datetime
    changed_at: datetime.datetime
    retired_at: datetime.datetime | None
    """ Its name is free since then. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.actor import Actor  # noqa: PLC0415

        id = self.id

        team = self.team.to_dict()

        name = self.name

        state = self.state.value

        state_reason = self.state_reason

        tools = self.tools

        has_drifted = self.has_drifted

        requested_by = self.requested_by.to_dict()

        approved_by: dict[str, Any] | None
        if isinstance(self.approved_by, Actor):
            approved_by = self.approved_by.to_dict()
        else:
            approved_by = self.approved_by

        approved_at: None | str
        if isinstance(self.approved_at, datetime.datetime):
            approved_at = self.approved_at.isoformat()
        else:
            approved_at = self.approved_at

        expires_at: None | str
        if isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

        created_at = self.created_at.isoformat()

        changed_at = self.changed_at.isoformat()

        retired_at: None | str
        if isinstance(self.retired_at, datetime.datetime):
            retired_at = self.retired_at.isoformat()
        else:
            retired_at = self.retired_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "team": team,
                "name": name,
                "state": state,
                "state_reason": state_reason,
                "tools": tools,
                "has_drifted": has_drifted,
                "requested_by": requested_by,
                "approved_by": approved_by,
                "approved_at": approved_at,
                "expires_at": expires_at,
                "created_at": created_at,
                "changed_at": changed_at,
                "retired_at": retired_at,
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

        name = d.pop("name")

        state = McpServerStateEnum(d.pop("state"))

        state_reason = d.pop("state_reason")

        tools = cast(list[str], d.pop("tools"))

        has_drifted = d.pop("has_drifted")

        requested_by = Actor.from_dict(d.pop("requested_by"))

        def _parse_approved_by(data: object) -> Actor | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                approved_by_type_0 = Actor.from_dict(data)

                return approved_by_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Actor | None, data)

        approved_by = _parse_approved_by(d.pop("approved_by"))

        def _parse_approved_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                approved_at_type_0 = datetime.datetime.fromisoformat(data)

                return approved_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        approved_at = _parse_approved_at(d.pop("approved_at"))

        def _parse_expires_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                expires_at_type_0 = datetime.datetime.fromisoformat(data)

                return expires_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        expires_at = _parse_expires_at(d.pop("expires_at"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        changed_at = datetime.datetime.fromisoformat(d.pop("changed_at"))

        def _parse_retired_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                retired_at_type_0 = datetime.datetime.fromisoformat(data)

                return retired_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        retired_at = _parse_retired_at(d.pop("retired_at"))

        mcp_server = cls(
            id=id,
            team=team,
            name=name,
            state=state,
            state_reason=state_reason,
            tools=tools,
            has_drifted=has_drifted,
            requested_by=requested_by,
            approved_by=approved_by,
            approved_at=approved_at,
            expires_at=expires_at,
            created_at=created_at,
            changed_at=changed_at,
            retired_at=retired_at,
        )

        mcp_server.additional_properties = d
        return mcp_server

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
