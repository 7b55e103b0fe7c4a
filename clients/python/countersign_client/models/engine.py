# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.control_enum import ControlEnum
from ..models.engine_kind_enum import EngineKindEnum
from ..models.engine_state_enum import EngineStateEnum

if TYPE_CHECKING:
    from ..models.named import Named


T = TypeVar("T", bound="Engine")


@_attrs_define
class Engine:
    """An engine as the relay last saw it; never its credentials."""

    id: str
    name: str
    team: Named
    """ A team, an engine: what a list shows of another thing. """
    kind: EngineKindEnum
    """ * `opencode` - OpenCode """
    address: str
    version: str
    state: EngineStateEnum
    """ * `unknown` - not seen yet
    * `connecting` - connecting
    * `online` - online
    * `degraded` - degraded
    * `offline` - offline
    * `unauthorized` - credentials refused """
    state_reason: str
    state_since: datetime.datetime
    last_seen_at: datetime.datetime | None
    control: ControlEnum
    """ * `child` - Countersign starts it
    * `agent` - an agent beside it
    * `none` - by hand """
    is_enabled: bool
    directories: list[str]
    request_timeout_s: int
    created_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        name = self.name

        team = self.team.to_dict()

        kind = self.kind.value

        address = self.address

        version = self.version

        state = self.state.value

        state_reason = self.state_reason

        state_since = self.state_since.isoformat()

        last_seen_at: None | str
        if isinstance(self.last_seen_at, datetime.datetime):
            last_seen_at = self.last_seen_at.isoformat()
        else:
            last_seen_at = self.last_seen_at

        control = self.control.value

        is_enabled = self.is_enabled

        directories = self.directories

        request_timeout_s = self.request_timeout_s

        created_at = self.created_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "name": name,
                "team": team,
                "kind": kind,
                "address": address,
                "version": version,
                "state": state,
                "state_reason": state_reason,
                "state_since": state_since,
                "last_seen_at": last_seen_at,
                "control": control,
                "is_enabled": is_enabled,
                "directories": directories,
                "request_timeout_s": request_timeout_s,
                "created_at": created_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.named import Named  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        name = d.pop("name")

        team = Named.from_dict(d.pop("team"))

        kind = EngineKindEnum(d.pop("kind"))

        address = d.pop("address")

        version = d.pop("version")

        state = EngineStateEnum(d.pop("state"))

        state_reason = d.pop("state_reason")

        state_since = datetime.datetime.fromisoformat(d.pop("state_since"))

        def _parse_last_seen_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_seen_at_type_0 = datetime.datetime.fromisoformat(data)

                return last_seen_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        last_seen_at = _parse_last_seen_at(d.pop("last_seen_at"))

        control = ControlEnum(d.pop("control"))

        is_enabled = d.pop("is_enabled")

        directories = cast(list[str], d.pop("directories"))

        request_timeout_s = d.pop("request_timeout_s")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        engine = cls(
            id=id,
            name=name,
            team=team,
            kind=kind,
            address=address,
            version=version,
            state=state,
            state_reason=state_reason,
            state_since=state_since,
            last_seen_at=last_seen_at,
            control=control,
            is_enabled=is_enabled,
            directories=directories,
            request_timeout_s=request_timeout_s,
            created_at=created_at,
        )

        engine.additional_properties = d
        return engine

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
