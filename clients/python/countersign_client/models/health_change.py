# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.blank_enum import BlankEnum
from ..models.health_state_enum import HealthStateEnum

T = TypeVar("T", bound="HealthChange")


@_attrs_define
class HealthChange:
    """That it came from one state into another."""

    id: str
    before: BlankEnum | HealthStateEnum
    state: HealthStateEnum
    """ * `starting` - starting
    * `ready` - ready
    * `degraded` - degraded
    * `offline` - offline
    * `error` - error """
    detail: str
    at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        before: str
        if isinstance(self.before, HealthStateEnum):
            before = self.before.value
        else:
            before = self.before.value

        state = self.state.value

        detail = self.detail

        at = self.at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "before": before,
                "state": state,
                "detail": detail,
                "at": at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        def _parse_before(data: object) -> BlankEnum | HealthStateEnum:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                before_type_0 = HealthStateEnum(data)

                return before_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, str):
                raise TypeError()
            before_type_1 = BlankEnum(data)

            return before_type_1

        before = _parse_before(d.pop("before"))

        state = HealthStateEnum(d.pop("state"))

        detail = d.pop("detail")

        at = datetime.datetime.fromisoformat(d.pop("at"))

        health_change = cls(
            id=id,
            before=before,
            state=state,
            detail=detail,
            at=at,
        )

        health_change.additional_properties = d
        return health_change

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
