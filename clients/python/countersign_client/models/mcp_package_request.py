# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.blank_enum import BlankEnum
from ..models.mcp_package_kind_enum import McpPackageKindEnum
from ..models.runtime_hint_enum import RuntimeHintEnum
from ..types import UNSET, Unset

T = TypeVar("T", bound="McpPackageRequest")


@_attrs_define
class McpPackageRequest:
    """Where the program comes from; it is fetched and checked, never run from an index by name."""

    kind: McpPackageKindEnum
    """ * `pypi` - pypi
    * `npm` - npm
    * `oci` - oci """
    identifier: str
    version: str | Unset = UNSET
    """ The exact one, of an image (`oci`) its digest, `sha256:…`; others are findings. """
    registry: str | Unset = UNSET
    """ Where it was said to come from; never fetched from. """
    entry_point: str | Unset = UNSET
    """ Which of the package's programs, when it has several. """
    runtime_hint: BlankEnum | RuntimeHintEnum | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind.value

        identifier = self.identifier

        version = self.version

        registry = self.registry

        entry_point = self.entry_point

        runtime_hint: str | Unset
        if isinstance(self.runtime_hint, Unset):
            runtime_hint = UNSET
        elif isinstance(self.runtime_hint, RuntimeHintEnum):
            runtime_hint = self.runtime_hint.value
        else:
            runtime_hint = self.runtime_hint.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "kind": kind,
                "identifier": identifier,
            }
        )
        if version is not UNSET:
            field_dict["version"] = version
        if registry is not UNSET:
            field_dict["registry"] = registry
        if entry_point is not UNSET:
            field_dict["entry_point"] = entry_point
        if runtime_hint is not UNSET:
            field_dict["runtime_hint"] = runtime_hint

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        kind = McpPackageKindEnum(d.pop("kind"))

        identifier = d.pop("identifier")

        version = d.pop("version", UNSET)

        registry = d.pop("registry", UNSET)

        entry_point = d.pop("entry_point", UNSET)

        def _parse_runtime_hint(data: object) -> BlankEnum | RuntimeHintEnum | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                runtime_hint_type_0 = RuntimeHintEnum(data)

                return runtime_hint_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, str):
                raise TypeError()
            runtime_hint_type_1 = BlankEnum(data)

            return runtime_hint_type_1

        runtime_hint = _parse_runtime_hint(d.pop("runtime_hint", UNSET))

        mcp_package_request = cls(
            kind=kind,
            identifier=identifier,
            version=version,
            registry=registry,
            entry_point=entry_point,
            runtime_hint=runtime_hint,
        )

        return mcp_package_request
