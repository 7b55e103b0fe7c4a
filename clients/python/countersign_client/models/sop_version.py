# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.area_enum import AreaEnum

if TYPE_CHECKING:
    from ..models.sop_version_approvers_item import SopVersionApproversItem


T = TypeVar("T", bound="SopVersion")


@_attrs_define
class SopVersion:
    """What was approved, word for word. Do not follow it unless `seal_problem` is empty."""

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
    description: str
    area: AreaEnum
    """ * `general` - general
    * `development` - development
    * `deployment` - deployment
    * `operations` - operations
    * `incident` - incidents
    * `security` - security
    * `data` - data """
    content: str
    """ Markdown. """
    approvers: list[SopVersionApproversItem]
    seal_problem: str
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

        description = self.description

        area = self.area.value

        content = self.content

        approvers = []
        for approvers_item_data in self.approvers:
            approvers_item = approvers_item_data.to_dict()
            approvers.append(approvers_item)

        seal_problem = self.seal_problem

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
                "description": description,
                "area": area,
                "content": content,
                "approvers": approvers,
                "seal_problem": seal_problem,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.sop_version_approvers_item import SopVersionApproversItem  # noqa: PLC0415

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

        description = d.pop("description")

        area = AreaEnum(d.pop("area"))

        content = d.pop("content")

        approvers = []
        _approvers = d.pop("approvers")
        for approvers_item_data in _approvers:
            approvers_item = SopVersionApproversItem.from_dict(approvers_item_data)

            approvers.append(approvers_item)

        seal_problem = d.pop("seal_problem")

        sop_version = cls(
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
            description=description,
            area=area,
            content=content,
            approvers=approvers,
            seal_problem=seal_problem,
        )

        sop_version.additional_properties = d
        return sop_version

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
