# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.mcp_secret_kind_enum import McpSecretKindEnum

if TYPE_CHECKING:
    from ..models.actor import Actor


T = TypeVar("T", bound="McpSecret")


@_attrs_define
class McpSecret:
    """That a secret is set. Its value is shown to nobody here."""

    id: str
    kind: McpSecretKindEnum
    """ * `env` - environment variable
    * `header` - header """
    name: str
    last_four: str
    """ Empty for a short one. """
    request: None | str
    """ Not in use before this request is approved. """
    set_by: Actor | None
    set_at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.actor import Actor  # noqa: PLC0415

        id = self.id

        kind = self.kind.value

        name = self.name

        last_four = self.last_four

        request: None | str
        request = self.request

        set_by: dict[str, Any] | None
        if isinstance(self.set_by, Actor):
            set_by = self.set_by.to_dict()
        else:
            set_by = self.set_by

        set_at = self.set_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "kind": kind,
                "name": name,
                "last_four": last_four,
                "request": request,
                "set_by": set_by,
                "set_at": set_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.actor import Actor  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        kind = McpSecretKindEnum(d.pop("kind"))

        name = d.pop("name")

        last_four = d.pop("last_four")

        def _parse_request(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        request = _parse_request(d.pop("request"))

        def _parse_set_by(data: object) -> Actor | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                set_by_type_0 = Actor.from_dict(data)

                return set_by_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Actor | None, data)

        set_by = _parse_set_by(d.pop("set_by"))

        set_at = datetime.datetime.fromisoformat(d.pop("set_at"))

        mcp_secret = cls(
            id=id,
            kind=kind,
            name=name,
            last_four=last_four,
            request=request,
            set_by=set_by,
            set_at=set_at,
        )

        mcp_secret.additional_properties = d
        return mcp_secret

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
