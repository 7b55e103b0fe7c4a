# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.mcp_content import McpContent


T = TypeVar("T", bound="ImportedServer")


@_attrs_define
class ImportedServer:
    """What was made of an entry. `secrets`: the names of values that were in it."""

    content: McpContent
    """ What a server is. A local one has `package` or `program`; a remote one has `url`. """
    secrets: list[str]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        content = self.content.to_dict()

        secrets = self.secrets

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "content": content,
                "secrets": secrets,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.mcp_content import McpContent  # noqa: PLC0415

        d = dict(src_dict)
        content = McpContent.from_dict(d.pop("content"))

        secrets = cast(list[str], d.pop("secrets"))

        imported_server = cls(
            content=content,
            secrets=secrets,
        )

        imported_server.additional_properties = d
        return imported_server

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
