# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.component_enum import ComponentEnum
from ..models.health_state_enum import HealthStateEnum

if TYPE_CHECKING:
    from ..models.health_check_facts import HealthCheckFacts
    from ..models.named import Named


T = TypeVar("T", bound="HealthCheck")


@_attrs_define
class HealthCheck:
    """One part. What nobody looks at is `offline`, whatever it was when last seen."""

    id: str
    component: ComponentEnum
    """ * `database` - database
    * `channel_layer` - hints between processes
    * `engine` - engine
    * `event_stream` - event stream
    * `gate` - gate
    * `relay` - relay
    * `task` - background task
    * `cao` - CAO server
    * `disk` - disk
    * `mcp_server` - MCP server """
    subject_id: str
    """ The engine, MCP server … that it is about; empty where there is one such part. """
    team: Named | None
    """ Null: the deployment's own part, for owners. """
    name: str
    state: HealthStateEnum
    """ * `starting` - starting
    * `ready` - ready
    * `degraded` - degraded
    * `offline` - offline
    * `error` - error """
    since: datetime.datetime
    """ When it came into the state it was last found in. """
    last_ping_at: datetime.datetime | None
    """ When it was last looked at. """
    last_ready_at: datetime.datetime | None
    is_current: bool
    """ False: nobody has looked for a while. """
    detail: str
    facts: HealthCheckFacts
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.named import Named  # noqa: PLC0415

        id = self.id

        component = self.component.value

        subject_id = self.subject_id

        team: dict[str, Any] | None
        if isinstance(self.team, Named):
            team = self.team.to_dict()
        else:
            team = self.team

        name = self.name

        state = self.state.value

        since = self.since.isoformat()

        last_ping_at: None | str
        if isinstance(self.last_ping_at, datetime.datetime):
            last_ping_at = self.last_ping_at.isoformat()
        else:
            last_ping_at = self.last_ping_at

        last_ready_at: None | str
        if isinstance(self.last_ready_at, datetime.datetime):
            last_ready_at = self.last_ready_at.isoformat()
        else:
            last_ready_at = self.last_ready_at

        is_current = self.is_current

        detail = self.detail

        facts = self.facts.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "component": component,
                "subject_id": subject_id,
                "team": team,
                "name": name,
                "state": state,
                "since": since,
                "last_ping_at": last_ping_at,
                "last_ready_at": last_ready_at,
                "is_current": is_current,
                "detail": detail,
                "facts": facts,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.health_check_facts import HealthCheckFacts  # noqa: PLC0415
        from ..models.named import Named  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        component = ComponentEnum(d.pop("component"))

        subject_id = d.pop("subject_id")

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

        name = d.pop("name")

        state = HealthStateEnum(d.pop("state"))

        since = datetime.datetime.fromisoformat(d.pop("since"))

        def _parse_last_ping_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_ping_at_type_0 = datetime.datetime.fromisoformat(data)

                return last_ping_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        last_ping_at = _parse_last_ping_at(d.pop("last_ping_at"))

        def _parse_last_ready_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_ready_at_type_0 = datetime.datetime.fromisoformat(data)

                return last_ready_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        last_ready_at = _parse_last_ready_at(d.pop("last_ready_at"))

        is_current = d.pop("is_current")

        detail = d.pop("detail")

        facts = HealthCheckFacts.from_dict(d.pop("facts"))

        health_check = cls(
            id=id,
            component=component,
            subject_id=subject_id,
            team=team,
            name=name,
            state=state,
            since=since,
            last_ping_at=last_ping_at,
            last_ready_at=last_ready_at,
            is_current=is_current,
            detail=detail,
            facts=facts,
        )

        health_check.additional_properties = d
        return health_check

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
