# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.file_difference import FileDifference


T = TypeVar("T", bound="ReleaseDifference")


@_attrs_define
class ReleaseDifference:
    """What publishing it on top of another one changes."""

    against: None | str
    """ The other release's id; null: nothing. """
    files: list[FileDifference]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        against: None | str
        against = self.against

        files = []
        for files_item_data in self.files:
            files_item = files_item_data.to_dict()
            files.append(files_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "against": against,
                "files": files,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.file_difference import FileDifference  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_against(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        against = _parse_against(d.pop("against"))

        files = []
        _files = d.pop("files")
        for files_item_data in _files:
            files_item = FileDifference.from_dict(files_item_data)

            files.append(files_item)

        release_difference = cls(
            against=against,
            files=files,
        )

        release_difference.additional_properties = d
        return release_difference

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
