# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.request_state_enum import RequestStateEnum

if TYPE_CHECKING:
    from ..models.actor import Actor


T = TypeVar("T", bound="PastDecision")


@_attrs_define
class PastDecision:
    """A decision made before, masked as lists are."""

    id: str
    state: RequestStateEnum
    """ * `pending` - pending
    * `approved` - approved
    * `denied` - denied
    * `expired` - expired
    * `cancelled` - cancelled """
    summary: str
    directory: str
    agent: str
    decided_at: datetime.datetime
    decided_by: Actor
    """ Who did something, as it was recorded then. """
    decision_message: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        state = self.state.value

        summary = self.summary

        directory = self.directory

        agent = self.agent

        decided_at = self.decided_at.isoformat()

        decided_by = self.decided_by.to_dict()

        decision_message = self.decision_message

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "state": state,
                "summary": summary,
                "directory": directory,
                "agent": agent,
                "decided_at": decided_at,
                "decided_by": decided_by,
                "decision_message": decision_message,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.actor import Actor  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        state = RequestStateEnum(d.pop("state"))

        summary = d.pop("summary")

        directory = d.pop("directory")

        agent = d.pop("agent")

        decided_at = datetime.datetime.fromisoformat(d.pop("decided_at"))

        decided_by = Actor.from_dict(d.pop("decided_by"))

        decision_message = d.pop("decision_message")

        past_decision = cls(
            id=id,
            state=state,
            summary=summary,
            directory=directory,
            agent=agent,
            decided_at=decided_at,
            decided_by=decided_by,
            decision_message=decision_message,
        )

        past_decision.additional_properties = d
        return past_decision

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
