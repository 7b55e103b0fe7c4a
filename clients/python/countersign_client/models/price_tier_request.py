# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="PriceTierRequest")


@_attrs_define
class PriceTierRequest:
    """The prices once a request's context is longer."""

    above_tokens: int
    price_input_usd_per_million: None | str | Unset = UNSET
    price_output_usd_per_million: None | str | Unset = UNSET
    price_cache_read_usd_per_million: None | str | Unset = UNSET
    price_cache_write_usd_per_million: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        above_tokens = self.above_tokens

        price_input_usd_per_million: None | str | Unset
        if isinstance(self.price_input_usd_per_million, Unset):
            price_input_usd_per_million = UNSET
        else:
            price_input_usd_per_million = self.price_input_usd_per_million

        price_output_usd_per_million: None | str | Unset
        if isinstance(self.price_output_usd_per_million, Unset):
            price_output_usd_per_million = UNSET
        else:
            price_output_usd_per_million = self.price_output_usd_per_million

        price_cache_read_usd_per_million: None | str | Unset
        if isinstance(self.price_cache_read_usd_per_million, Unset):
            price_cache_read_usd_per_million = UNSET
        else:
            price_cache_read_usd_per_million = self.price_cache_read_usd_per_million

        price_cache_write_usd_per_million: None | str | Unset
        if isinstance(self.price_cache_write_usd_per_million, Unset):
            price_cache_write_usd_per_million = UNSET
        else:
            price_cache_write_usd_per_million = self.price_cache_write_usd_per_million

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "above_tokens": above_tokens,
            }
        )
        if price_input_usd_per_million is not UNSET:
            field_dict["price_input_usd_per_million"] = price_input_usd_per_million
        if price_output_usd_per_million is not UNSET:
            field_dict["price_output_usd_per_million"] = price_output_usd_per_million
        if price_cache_read_usd_per_million is not UNSET:
            field_dict["price_cache_read_usd_per_million"] = price_cache_read_usd_per_million
        if price_cache_write_usd_per_million is not UNSET:
            field_dict["price_cache_write_usd_per_million"] = price_cache_write_usd_per_million

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        above_tokens = d.pop("above_tokens")

        def _parse_price_input_usd_per_million(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        price_input_usd_per_million = _parse_price_input_usd_per_million(
            d.pop("price_input_usd_per_million", UNSET)
        )

        def _parse_price_output_usd_per_million(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        price_output_usd_per_million = _parse_price_output_usd_per_million(
            d.pop("price_output_usd_per_million", UNSET)
        )

        def _parse_price_cache_read_usd_per_million(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        price_cache_read_usd_per_million = _parse_price_cache_read_usd_per_million(
            d.pop("price_cache_read_usd_per_million", UNSET)
        )

        def _parse_price_cache_write_usd_per_million(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        price_cache_write_usd_per_million = _parse_price_cache_write_usd_per_million(
            d.pop("price_cache_write_usd_per_million", UNSET)
        )

        price_tier_request = cls(
            above_tokens=above_tokens,
            price_input_usd_per_million=price_input_usd_per_million,
            price_output_usd_per_million=price_output_usd_per_million,
            price_cache_read_usd_per_million=price_cache_read_usd_per_million,
            price_cache_write_usd_per_million=price_cache_write_usd_per_million,
        )

        return price_tier_request
