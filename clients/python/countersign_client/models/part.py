# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.type_enum import TypeEnum
from ..types import UNSET, Unset

T = TypeVar("T", bound="Part")


@_attrs_define
class Part:
    """A text part (`text`), or a tool part (`tool`, `callID`, `status`)."""

    id: str
    type_: TypeEnum
    """ * `text` - text
    * `tool` - tool """
    text: str | Unset = UNSET
    tool: str | Unset = UNSET
    call_id: str | Unset = UNSET
    status: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        type_ = self.type_.value

        text = self.text

        tool = self.tool

        call_id = self.call_id

        status = self.status

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "type": type_,
            }
        )
        if text is not UNSET:
            field_dict["text"] = text
        if tool is not UNSET:
            field_dict["tool"] = tool
        if call_id is not UNSET:
            field_dict["callID"] = call_id
        if status is not UNSET:
            field_dict["status"] = status

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        type_ = TypeEnum(d.pop("type"))

        text = d.pop("text", UNSET)

        tool = d.pop("tool", UNSET)

        call_id = d.pop("callID", UNSET)

        status = d.pop("status", UNSET)

        part = cls(
            id=id,
            type_=type_,
            text=text,
            tool=tool,
            call_id=call_id,
            status=status,
        )

        part.additional_properties = d
        return part

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
