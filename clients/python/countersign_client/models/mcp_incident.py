# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.mcp_incident_kind_enum import McpIncidentKindEnum
from ..models.mcp_incident_state_enum import McpIncidentStateEnum

if TYPE_CHECKING:
    from ..models.actor import Actor
    from ..models.named import Named


T = TypeVar("T", bound="McpIncident")


@_attrs_define
class McpIncident:
    """That an engine had a server otherwise than approved."""

    id: str
    team: Named
    """ A team, an engine: what a list shows of another thing. """
    engine: Named
    """ A team, an engine: what a list shows of another thing. """
    server: Named | None
    kind: McpIncidentKindEnum
    """ * `unknown_server` - a server that nobody approved
    * `switched_on` - a server that shall be off runs
    * `changed` - a server is not what was approved
    * `not_stopped` - a server could not be switched off """
    name: str
    """ The engine's word for it. """
    what: str
    action: str
    """ What was done about it. """
    state: McpIncidentStateEnum
    """ * `open` - open
    * `acknowledged` - acknowledged """
    times: int
    at: datetime.datetime
    last_at: datetime.datetime
    acknowledged_by: Actor | None
    acknowledged_at: datetime.datetime | None
    note: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.actor import Actor  # noqa: PLC0415
        from ..models.named import Named  # noqa: PLC0415

        id = self.id

        team = self.team.to_dict()

        engine = self.engine.to_dict()

        server: dict[str, Any] | None
        if isinstance(self.server, Named):
            server = self.server.to_dict()
        else:
            server = self.server

        kind = self.kind.value

        name = self.name

        what = self.what

        action = self.action

        state = self.state.value

        times = self.times

        at = self.at.isoformat()

        last_at = self.last_at.isoformat()

        acknowledged_by: dict[str, Any] | None
        if isinstance(self.acknowledged_by, Actor):
            acknowledged_by = self.acknowledged_by.to_dict()
        else:
            acknowledged_by = self.acknowledged_by

        acknowledged_at: None | str
        if isinstance(self.acknowledged_at, datetime.datetime):
            acknowledged_at = self.acknowledged_at.isoformat()
        else:
            acknowledged_at = self.acknowledged_at

        note = self.note

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "team": team,
                "engine": engine,
                "server": server,
                "kind": kind,
                "name": name,
                "what": what,
                "action": action,
                "state": state,
                "times": times,
                "at": at,
                "last_at": last_at,
                "acknowledged_by": acknowledged_by,
                "acknowledged_at": acknowledged_at,
                "note": note,
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

        engine = Named.from_dict(d.pop("engine"))

        def _parse_server(data: object) -> Named | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                server_type_0 = Named.from_dict(data)

                return server_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Named | None, data)

        server = _parse_server(d.pop("server"))

        kind = McpIncidentKindEnum(d.pop("kind"))

        name = d.pop("name")

        what = d.pop("what")

        action = d.pop("action")

        state = McpIncidentStateEnum(d.pop("state"))

        times = d.pop("times")

        at = datetime.datetime.fromisoformat(d.pop("at"))

        last_at = datetime.datetime.fromisoformat(d.pop("last_at"))

        def _parse_acknowledged_by(data: object) -> Actor | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                acknowledged_by_type_0 = Actor.from_dict(data)

                return acknowledged_by_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Actor | None, data)

        acknowledged_by = _parse_acknowledged_by(d.pop("acknowledged_by"))

        def _parse_acknowledged_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                acknowledged_at_type_0 = datetime.datetime.fromisoformat(data)

                return acknowledged_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        acknowledged_at = _parse_acknowledged_at(d.pop("acknowledged_at"))

        note = d.pop("note")

        mcp_incident = cls(
            id=id,
            team=team,
            engine=engine,
            server=server,
            kind=kind,
            name=name,
            what=what,
            action=action,
            state=state,
            times=times,
            at=at,
            last_at=last_at,
            acknowledged_by=acknowledged_by,
            acknowledged_at=acknowledged_at,
            note=note,
        )

        mcp_incident.additional_properties = d
        return mcp_incident

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
