# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="SignedHead")


@_attrs_define
class SignedHead:
    """The chain's head at one hour, signed with the deployment's key."""

    n: int
    hash_: str
    at: datetime.datetime
    key_id: str
    signature: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        n = self.n

        hash_ = self.hash_

        at = self.at.isoformat()

        key_id = self.key_id

        signature = self.signature

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "n": n,
                "hash": hash_,
                "at": at,
                "key_id": key_id,
                "signature": signature,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        n = d.pop("n")

        hash_ = d.pop("hash")

        at = datetime.datetime.fromisoformat(d.pop("at"))

        key_id = d.pop("key_id")

        signature = d.pop("signature")

        signed_head = cls(
            n=n,
            hash_=hash_,
            at=at,
            key_id=key_id,
            signature=signature,
        )

        signed_head.additional_properties = d
        return signed_head

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
