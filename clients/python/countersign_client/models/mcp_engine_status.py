# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.wanted_enum import WantedEnum

if TYPE_CHECKING:
    from ..models.named import Named


T = TypeVar("T", bound="McpEngineStatus")


@_attrs_define
class McpEngineStatus:
    """How it stands on one engine."""

    engine: Named
    """ A team, an engine: what a list shows of another thing. """
    wanted: WantedEnum
    """ * `on` - on
    * `off` - off """
    release: None | str
    status: str
    """ The engine's word; empty before it was seen. """
    error: str
    seen_at: datetime.datetime | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        engine = self.engine.to_dict()

        wanted = self.wanted.value

        release: None | str
        release = self.release

        status = self.status

        error = self.error

        seen_at: None | str
        if isinstance(self.seen_at, datetime.datetime):
            seen_at = self.seen_at.isoformat()
        else:
            seen_at = self.seen_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "engine": engine,
                "wanted": wanted,
                "release": release,
                "status": status,
                "error": error,
                "seen_at": seen_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.named import Named  # noqa: PLC0415

        d = dict(src_dict)
        engine = Named.from_dict(d.pop("engine"))

        wanted = WantedEnum(d.pop("wanted"))

        def _parse_release(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        release = _parse_release(d.pop("release"))

        status = d.pop("status")

        error = d.pop("error")

        def _parse_seen_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                seen_at_type_0 = datetime.datetime.fromisoformat(data)

                return seen_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        seen_at = _parse_seen_at(d.pop("seen_at"))

        mcp_engine_status = cls(
            engine=engine,
            wanted=wanted,
            release=release,
            status=status,
            error=error,
            seen_at=seen_at,
        )

        mcp_engine_status.additional_properties = d
        return mcp_engine_status

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
