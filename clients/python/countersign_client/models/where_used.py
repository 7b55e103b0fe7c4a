# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.config_use import ConfigUse


T = TypeVar("T", bound="WhereUsed")


@_attrs_define
class WhereUsed:
    """Where it is used."""

    uses: list[ConfigUse]
    others: int
    """ Those of teams that the caller does not see. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        uses = []
        for uses_item_data in self.uses:
            uses_item = uses_item_data.to_dict()
            uses.append(uses_item)

        others = self.others

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "uses": uses,
                "others": others,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.config_use import ConfigUse  # noqa: PLC0415

        d = dict(src_dict)
        uses = []
        _uses = d.pop("uses")
        for uses_item_data in _uses:
            uses_item = ConfigUse.from_dict(uses_item_data)

            uses.append(uses_item)

        others = d.pop("others")

        where_used = cls(
            uses=uses,
            others=others,
        )

        where_used.additional_properties = d
        return where_used

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
