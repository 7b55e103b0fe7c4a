# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.import_finding import ImportFinding
    from ..models.imported_server import ImportedServer
    from ..models.mcp_request import McpRequest


T = TypeVar("T", bound="McpImported")


@_attrs_define
class McpImported:
    """What was read and, unless it was a dry run, asked for."""

    format_: str
    servers: list[ImportedServer]
    findings: list[ImportFinding]
    requests: list[McpRequest]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        format_ = self.format_

        servers = []
        for servers_item_data in self.servers:
            servers_item = servers_item_data.to_dict()
            servers.append(servers_item)

        findings = []
        for findings_item_data in self.findings:
            findings_item = findings_item_data.to_dict()
            findings.append(findings_item)

        requests = []
        for requests_item_data in self.requests:
            requests_item = requests_item_data.to_dict()
            requests.append(requests_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "format": format_,
                "servers": servers,
                "findings": findings,
                "requests": requests,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.import_finding import ImportFinding  # noqa: PLC0415
        from ..models.imported_server import ImportedServer  # noqa: PLC0415
        from ..models.mcp_request import McpRequest  # noqa: PLC0415

        d = dict(src_dict)
        format_ = d.pop("format")

        servers = []
        _servers = d.pop("servers")
        for servers_item_data in _servers:
            servers_item = ImportedServer.from_dict(servers_item_data)

            servers.append(servers_item)

        findings = []
        _findings = d.pop("findings")
        for findings_item_data in _findings:
            findings_item = ImportFinding.from_dict(findings_item_data)

            findings.append(findings_item)

        requests = []
        _requests = d.pop("requests")
        for requests_item_data in _requests:
            requests_item = McpRequest.from_dict(requests_item_data)

            requests.append(requests_item)

        mcp_imported = cls(
            format_=format_,
            servers=servers,
            findings=findings,
            requests=requests,
        )

        mcp_imported.additional_properties = d
        return mcp_imported

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
