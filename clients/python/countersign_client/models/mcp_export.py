# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.exported_file import ExportedFile
    from ..models.import_finding import ImportFinding


T = TypeVar("T", bound="McpExport")


@_attrs_define
class McpExport:
    """A server in somebody else's format: secrets as references by name, never as values."""

    format_: str
    files: list[ExportedFile]
    findings: list[ImportFinding]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        format_ = self.format_

        files = []
        for files_item_data in self.files:
            files_item = files_item_data.to_dict()
            files.append(files_item)

        findings = []
        for findings_item_data in self.findings:
            findings_item = findings_item_data.to_dict()
            findings.append(findings_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "format": format_,
                "files": files,
                "findings": findings,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.exported_file import ExportedFile  # noqa: PLC0415
        from ..models.import_finding import ImportFinding  # noqa: PLC0415

        d = dict(src_dict)
        format_ = d.pop("format")

        files = []
        _files = d.pop("files")
        for files_item_data in _files:
            files_item = ExportedFile.from_dict(files_item_data)

            files.append(files_item)

        findings = []
        _findings = d.pop("findings")
        for findings_item_data in _findings:
            findings_item = ImportFinding.from_dict(findings_item_data)

            findings.append(findings_item)

        mcp_export = cls(
            format_=format_,
            files=files,
            findings=findings,
        )

        mcp_export.additional_properties = d
        return mcp_export

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
