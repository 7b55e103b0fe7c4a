# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.field_difference import FieldDifference


T = TypeVar("T", bound="RevisionDifference")


@_attrs_define
class RevisionDifference:
    """What lies between two revisions, or between the live procedure and one; no field when they agree."""

    from_revision: int | None
    """ Null: not compared with a revision. """
    from_version: int | None
    """ The live procedure's version; null: not compared with one. """
    to_revision: int
    fields_changed: list[FieldDifference]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from_revision: int | None
        from_revision = self.from_revision

        from_version: int | None
        from_version = self.from_version

        to_revision = self.to_revision

        fields_changed = []
        for fields_changed_item_data in self.fields_changed:
            fields_changed_item = fields_changed_item_data.to_dict()
            fields_changed.append(fields_changed_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "from_revision": from_revision,
                "from_version": from_version,
                "to_revision": to_revision,
                "fields_changed": fields_changed,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.field_difference import FieldDifference  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_from_revision(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        from_revision = _parse_from_revision(d.pop("from_revision"))

        def _parse_from_version(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        from_version = _parse_from_version(d.pop("from_version"))

        to_revision = d.pop("to_revision")

        fields_changed = []
        _fields_changed = d.pop("fields_changed")
        for fields_changed_item_data in _fields_changed:
            fields_changed_item = FieldDifference.from_dict(fields_changed_item_data)

            fields_changed.append(fields_changed_item)

        revision_difference = cls(
            from_revision=from_revision,
            from_version=from_version,
            to_revision=to_revision,
            fields_changed=fields_changed,
        )

        revision_difference.additional_properties = d
        return revision_difference

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
