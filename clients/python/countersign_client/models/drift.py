# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.drift_state_enum import DriftStateEnum

if TYPE_CHECKING:
    from ..models.drift_difference import DriftDifference
    from ..models.named import Named


T = TypeVar("T", bound="Drift")


@_attrs_define
class Drift:
    """What an engine runs, held against its live release."""

    engine: Named
    """ A team, an engine: what a list shows of another thing. """
    state: DriftStateEnum
    """ * `unknown` - not known
    * `same` - as released
    * `different` - differs from the release """
    reason: str
    """ Why it is not known. """
    differences: list[DriftDifference]
    checked_at: datetime.datetime | None
    since: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        engine = self.engine.to_dict()

        state = self.state.value

        reason = self.reason

        differences = []
        for differences_item_data in self.differences:
            differences_item = differences_item_data.to_dict()
            differences.append(differences_item)

        checked_at: None | str
        if isinstance(self.checked_at, datetime.datetime):
            checked_at = self.checked_at.isoformat()
        else:
            checked_at = self.checked_at

        since = self.since.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "engine": engine,
                "state": state,
                "reason": reason,
                "differences": differences,
                "checked_at": checked_at,
                "since": since,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.drift_difference import DriftDifference  # noqa: PLC0415
        from ..models.named import Named  # noqa: PLC0415

        d = dict(src_dict)
        engine = Named.from_dict(d.pop("engine"))

        state = DriftStateEnum(d.pop("state"))

        reason = d.pop("reason")

        differences = []
        _differences = d.pop("differences")
        for differences_item_data in _differences:
            differences_item = DriftDifference.from_dict(differences_item_data)

            differences.append(differences_item)

        def _parse_checked_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                checked_at_type_0 = datetime.datetime.fromisoformat(data)

                return checked_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        checked_at = _parse_checked_at(d.pop("checked_at"))

        since = datetime.datetime.fromisoformat(d.pop("since"))

        drift = cls(
            engine=engine,
            state=state,
            reason=reason,
            differences=differences,
            checked_at=checked_at,
            since=since,
        )

        drift.additional_properties = d
        return drift

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
