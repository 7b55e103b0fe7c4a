# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Stopped")


@_attrs_define
class Stopped:
    """How much was at work. It is stopped by whoever works for its source; `stop_error` says what resists."""

    has_turn: bool
    """ The turn of a chat's own agent. """
    delegations: int
    requests: int
    """ Open permission requests; they are closed. """
    questions: int
    """ Open questions; they are closed. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        has_turn = self.has_turn

        delegations = self.delegations

        requests = self.requests

        questions = self.questions

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "has_turn": has_turn,
                "delegations": delegations,
                "requests": requests,
                "questions": questions,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        has_turn = d.pop("has_turn")

        delegations = d.pop("delegations")

        requests = d.pop("requests")

        questions = d.pop("questions")

        stopped = cls(
            has_turn=has_turn,
            delegations=delegations,
            requests=requests,
            questions=questions,
        )

        stopped.additional_properties = d
        return stopped

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
