# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Use")


@_attrs_define
class Use:
    """How often it decided, and how often it would have while it was only observed."""

    uses: int
    observed: int
    last_hit_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        uses = self.uses

        observed = self.observed

        last_hit_at: None | str
        if isinstance(self.last_hit_at, datetime.datetime):
            last_hit_at = self.last_hit_at.isoformat()
        else:
            last_hit_at = self.last_hit_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "uses": uses,
                "observed": observed,
                "last_hit_at": last_hit_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        uses = d.pop("uses")

        observed = d.pop("observed")

        def _parse_last_hit_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_hit_at_type_0 = datetime.datetime.fromisoformat(data)

                return last_hit_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        last_hit_at = _parse_last_hit_at(d.pop("last_hit_at"))

        use = cls(
            uses=uses,
            observed=observed,
            last_hit_at=last_hit_at,
        )

        use.additional_properties = d
        return use

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
