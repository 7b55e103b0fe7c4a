# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="SopVersionRow")


@_attrs_define
class SopVersionRow:
    """One sealed version, without its text."""

    number: int
    name: str
    content_hash: str
    """ SHA-256, hex, of the text in UTF-8. """
    proposal: str
    revision: int
    """ The proposal's revision that was approved. """
    sealed_at: datetime.datetime
    effective_from: datetime.datetime
    review_by: datetime.date | None
    key_id: str
    signature: str
    """ Ed25519, base64; `verify/` says over what. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        number = self.number

        name = self.name

        content_hash = self.content_hash

        proposal = self.proposal

        revision = self.revision

        sealed_at = self.sealed_at.isoformat()

        effective_from = self.effective_from.isoformat()

        review_by: None | str
        if isinstance(self.review_by, datetime.date):
            review_by = self.review_by.isoformat()
        else:
            review_by = self.review_by

        key_id = self.key_id

        signature = self.signature

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "number": number,
                "name": name,
                "content_hash": content_hash,
                "proposal": proposal,
                "revision": revision,
                "sealed_at": sealed_at,
                "effective_from": effective_from,
                "review_by": review_by,
                "key_id": key_id,
                "signature": signature,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        number = d.pop("number")

        name = d.pop("name")

        content_hash = d.pop("content_hash")

        proposal = d.pop("proposal")

        revision = d.pop("revision")

        sealed_at = datetime.datetime.fromisoformat(d.pop("sealed_at"))

        effective_from = datetime.datetime.fromisoformat(d.pop("effective_from"))

        def _parse_review_by(data: object) -> datetime.date | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                review_by_type_0 = datetime.date.fromisoformat(data)

                return review_by_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None, data)

        review_by = _parse_review_by(d.pop("review_by"))

        key_id = d.pop("key_id")

        signature = d.pop("signature")

        sop_version_row = cls(
            number=number,
            name=name,
            content_hash=content_hash,
            proposal=proposal,
            revision=revision,
            sealed_at=sealed_at,
            effective_from=effective_from,
            review_by=review_by,
            key_id=key_id,
            signature=signature,
        )

        sop_version_row.additional_properties = d
        return sop_version_row

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
