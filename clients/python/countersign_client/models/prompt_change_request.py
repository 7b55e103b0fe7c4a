# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.prompt_content_request import PromptContentRequest


T = TypeVar("T", bound="PromptChangeRequest")


@_attrs_define
class PromptChangeRequest:
    """All that the prompt shall say."""

    content: PromptContentRequest
    """ A text for agents; `{{name}}` in it stands for a variable. """
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
        from ..models.prompt_content_request import PromptContentRequest  # noqa: PLC0415

        d = dict(src_dict)
        content = PromptContentRequest.from_dict(d.pop("content"))

        note = d.pop("note", UNSET)

        prompt_change_request = cls(
            content=content,
            note=note,
        )

        return prompt_change_request
