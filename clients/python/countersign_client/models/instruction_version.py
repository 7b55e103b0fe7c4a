# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.actor import Actor
    from ..models.instruction_content import InstructionContent


T = TypeVar("T", bound="InstructionVersion")


@_attrs_define
class InstructionVersion:
    """What a version of one instruction file says."""

    number: int
    content_hash: str
    """ SHA-256, hex, over the content's RFC 8785 text. """
    note: str
    author: Actor
    """ Who did something, as it was recorded then. """
    based_on: int | None
    """ The version its author had read, or restored. """
    created_at: datetime.datetime
    content: InstructionContent
    """ A file that every agent reads. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        number = self.number

        content_hash = self.content_hash

        note = self.note

        author = self.author.to_dict()

        based_on: int | None
        based_on = self.based_on

        created_at = self.created_at.isoformat()

        content = self.content.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "number": number,
                "content_hash": content_hash,
                "note": note,
                "author": author,
                "based_on": based_on,
                "created_at": created_at,
                "content": content,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.actor import Actor  # noqa: PLC0415
        from ..models.instruction_content import InstructionContent  # noqa: PLC0415

        d = dict(src_dict)
        number = d.pop("number")

        content_hash = d.pop("content_hash")

        note = d.pop("note")

        author = Actor.from_dict(d.pop("author"))

        def _parse_based_on(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        based_on = _parse_based_on(d.pop("based_on"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        content = InstructionContent.from_dict(d.pop("content"))

        instruction_version = cls(
            number=number,
            content_hash=content_hash,
            note=note,
            author=author,
            based_on=based_on,
            created_at=created_at,
            content=content,
        )

        instruction_version.additional_properties = d
        return instruction_version

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
