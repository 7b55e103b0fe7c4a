# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.option_wish_request import OptionWishRequest


T = TypeVar("T", bound="ItemWishRequest")


@_attrs_define
class ItemWishRequest:
    """One of the things to ask together."""

    question: str
    header: str | Unset = ""
    options: list[OptionWishRequest] | Unset = UNSET
    multiple: bool | Unset = False
    custom: bool | Unset = True

    def to_dict(self) -> dict[str, Any]:
        question = self.question

        header = self.header

        options: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.options, Unset):
            options = []
            for options_item_data in self.options:
                options_item = options_item_data.to_dict()
                options.append(options_item)

        multiple = self.multiple

        custom = self.custom

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "question": question,
            }
        )
        if header is not UNSET:
            field_dict["header"] = header
        if options is not UNSET:
            field_dict["options"] = options
        if multiple is not UNSET:
            field_dict["multiple"] = multiple
        if custom is not UNSET:
            field_dict["custom"] = custom

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.option_wish_request import OptionWishRequest  # noqa: PLC0415

        d = dict(src_dict)
        question = d.pop("question")

        header = d.pop("header", UNSET)

        _options = d.pop("options", UNSET)
        options: list[OptionWishRequest] | Unset = UNSET
        if _options is not UNSET:
            options = []
            for options_item_data in _options:
                options_item = OptionWishRequest.from_dict(options_item_data)

                options.append(options_item)

        multiple = d.pop("multiple", UNSET)

        custom = d.pop("custom", UNSET)

        item_wish_request = cls(
            question=question,
            header=header,
            options=options,
            multiple=multiple,
            custom=custom,
        )

        return item_wish_request
