# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.cause_enum import CauseEnum
from ..models.mcp_probe_state_enum import McpProbeStateEnum

T = TypeVar("T", bound="McpProbe")


@_attrs_define
class McpProbe:
    """How far a look at what the server offers is."""

    id: str
    cause: CauseEnum
    """ * `request` - a request
    * `trial` - a trial
    * `engine_start` - an engine's start
    * `tools_changed` - an engine saw other tools
    * `by_hand` - by hand """
    state: McpProbeStateEnum
    """ * `queued` - waiting
    * `fetching` - fetching the package
    * `starting` - starting the server
    * `listing` - listing what it offers
    * `done` - done
    * `failed` - failed
    * `not_run` - not run """
    step: str
    error: str
    created_at: datetime.datetime
    ended_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        cause = self.cause.value

        state = self.state.value

        step = self.step

        error = self.error

        created_at = self.created_at.isoformat()

        ended_at: None | str
        if isinstance(self.ended_at, datetime.datetime):
            ended_at = self.ended_at.isoformat()
        else:
            ended_at = self.ended_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "cause": cause,
                "state": state,
                "step": step,
                "error": error,
                "created_at": created_at,
                "ended_at": ended_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        cause = CauseEnum(d.pop("cause"))

        state = McpProbeStateEnum(d.pop("state"))

        step = d.pop("step")

        error = d.pop("error")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_ended_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                ended_at_type_0 = datetime.datetime.fromisoformat(data)

                return ended_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        ended_at = _parse_ended_at(d.pop("ended_at"))

        mcp_probe = cls(
            id=id,
            cause=cause,
            state=state,
            step=step,
            error=error,
            created_at=created_at,
            ended_at=ended_at,
        )

        mcp_probe.additional_properties = d
        return mcp_probe

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
