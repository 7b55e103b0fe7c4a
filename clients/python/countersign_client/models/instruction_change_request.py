# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.instruction_content_request import InstructionContentRequest


T = TypeVar("T", bound="InstructionChangeRequest")


@_attrs_define
class InstructionChangeRequest:
    """All that the instruction file shall say."""

    content: InstructionContentRequest
    """ A file that every agent reads. """
    note: str | Unset = UNSET
    """ Why; for its history. """

    def to_dict(self) -> dict[str, Any]:
        content = self.content.to_dict()

        note = self.note

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "content": content,
            }
        )
        if note is not UNSET:
            field_dict["note"] = note

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.instruction_content_request import InstructionContentRequest  # noqa: PLC0415

        d = dict(src_dict)
        content = InstructionContentRequest.from_dict(d.pop("content"))

        note = d.pop("note", UNSET)

        instruction_change_request = cls(
            content=content,
            note=note,
        )

        return instruction_change_request
