# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="GateReportRequest")


@_attrs_define
class GateReportRequest:
    """The plugin has loaded in a folder. `process` and `instance` are names it has made up for itself."""

    process: str
    instance: str
    directory: str
    plugin_version: str | Unset = ""
    engine_version: str | Unset = ""

    def to_dict(self) -> dict[str, Any]:
        process = self.process

        instance = self.instance

        directory = self.directory

        plugin_version = self.plugin_version

        engine_version = self.engine_version

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "process": process,
                "instance": instance,
                "directory": directory,
            }
        )
        if plugin_version is not UNSET:
            field_dict["plugin_version"] = plugin_version
        if engine_version is not UNSET:
            field_dict["engine_version"] = engine_version

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        process = d.pop("process")

        instance = d.pop("instance")

        directory = d.pop("directory")

        plugin_version = d.pop("plugin_version", UNSET)

        engine_version = d.pop("engine_version", UNSET)

        gate_report_request = cls(
            process=process,
            instance=instance,
            directory=directory,
            plugin_version=plugin_version,
            engine_version=engine_version,
        )

        return gate_report_request
