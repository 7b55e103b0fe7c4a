# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.past_decision import PastDecision


T = TypeVar("T", bound="Similar")


@_attrs_define
class Similar:
    """What was decided before on the same words; the counts are of the newest `looked_at` requests."""

    near: list[PastDecision]
    far: list[PastDecision]
    approved: int
    denied: int
    looked_at: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        near = []
        for near_item_data in self.near:
            near_item = near_item_data.to_dict()
            near.append(near_item)

        far = []
        for far_item_data in self.far:
            far_item = far_item_data.to_dict()
            far.append(far_item)

        approved = self.approved

        denied = self.denied

        looked_at = self.looked_at

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "near": near,
                "far": far,
                "approved": approved,
                "denied": denied,
                "looked_at": looked_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.past_decision import PastDecision  # noqa: PLC0415

        d = dict(src_dict)
        near = []
        _near = d.pop("near")
        for near_item_data in _near:
            near_item = PastDecision.from_dict(near_item_data)

            near.append(near_item)

        far = []
        _far = d.pop("far")
        for far_item_data in _far:
            far_item = PastDecision.from_dict(far_item_data)

            far.append(far_item)

        approved = d.pop("approved")

        denied = d.pop("denied")

        looked_at = d.pop("looked_at")

        similar = cls(
            near=near,
            far=far,
            approved=approved,
            denied=denied,
            looked_at=looked_at,
        )

        similar.additional_properties = d
        return similar

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
