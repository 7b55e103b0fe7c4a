# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="LabelOutcome")


@_attrs_define
class LabelOutcome:
    """What became of a move: labels moved, or it waits for somebody else's approval."""

    label: str
    moved: int
    """ How many labels stand elsewhere now. """
    change_request: None | str
    """ The id of the review that it waits for; null: nothing waits. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        label = self.label

        moved = self.moved

        change_request: None | str
        change_request = self.change_request

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "label": label,
                "moved": moved,
                "change_request": change_request,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        label = d.pop("label")

        moved = d.pop("moved")

        def _parse_change_request(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        change_request = _parse_change_request(d.pop("change_request"))

        label_outcome = cls(
            label=label,
            moved=moved,
            change_request=change_request,
        )

        label_outcome.additional_properties = d
        return label_outcome

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
