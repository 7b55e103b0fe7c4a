# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.signed_head import SignedHead


T = TypeVar("T", bound="AuditHead")


@_attrs_define
class AuditHead:
    """Where the chain stands; `hash` is that of entry `n`. Kept elsewhere, it makes a cut tail visible."""

    n: int
    hash_: str
    signed: None | SignedHead
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.signed_head import SignedHead  # noqa: PLC0415

        n = self.n

        hash_ = self.hash_

        signed: dict[str, Any] | None
        if isinstance(self.signed, SignedHead):
            signed = self.signed.to_dict()
        else:
            signed = self.signed

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "n": n,
                "hash": hash_,
                "signed": signed,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.signed_head import SignedHead  # noqa: PLC0415

        d = dict(src_dict)
        n = d.pop("n")

        hash_ = d.pop("hash")

        def _parse_signed(data: object) -> None | SignedHead:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                signed_type_0 = SignedHead.from_dict(data)

                return signed_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SignedHead, data)

        signed = _parse_signed(d.pop("signed"))

        audit_head = cls(
            n=n,
            hash_=hash_,
            signed=signed,
        )

        audit_head.additional_properties = d
        return audit_head

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
