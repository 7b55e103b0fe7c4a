# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="PriceTier")


@_attrs_define
class PriceTier:
    """The prices once a request's context is longer."""

    price_input_usd_per_million: None | str
    price_output_usd_per_million: None | str
    price_cache_read_usd_per_million: None | str
    price_cache_write_usd_per_million: None | str
    above_tokens: int

    def to_dict(self) -> dict[str, Any]:
        price_input_usd_per_million: None | str
        price_input_usd_per_million = self.price_input_usd_per_million

        price_output_usd_per_million: None | str
        price_output_usd_per_million = self.price_output_usd_per_million

        price_cache_read_usd_per_million: None | str
        price_cache_read_usd_per_million = self.price_cache_read_usd_per_million

        price_cache_write_usd_per_million: None | str
        price_cache_write_usd_per_million = self.price_cache_write_usd_per_million

        above_tokens = self.above_tokens

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "price_input_usd_per_million": price_input_usd_per_million,
                "price_output_usd_per_million": price_output_usd_per_million,
                "price_cache_read_usd_per_million": price_cache_read_usd_per_million,
                "price_cache_write_usd_per_million": price_cache_write_usd_per_million,
                "above_tokens": above_tokens,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_price_input_usd_per_million(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        price_input_usd_per_million = _parse_price_input_usd_per_million(d.pop("price_input_usd_per_million"))

        def _parse_price_output_usd_per_million(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        price_output_usd_per_million = _parse_price_output_usd_per_million(
            d.pop("price_output_usd_per_million")
        )

        def _parse_price_cache_read_usd_per_million(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        price_cache_read_usd_per_million = _parse_price_cache_read_usd_per_million(
            d.pop("price_cache_read_usd_per_million")
        )

        def _parse_price_cache_write_usd_per_million(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        price_cache_write_usd_per_million = _parse_price_cache_write_usd_per_million(
            d.pop("price_cache_write_usd_per_million")
        )

        above_tokens = d.pop("above_tokens")

        price_tier = cls(
            price_input_usd_per_million=price_input_usd_per_million,
            price_output_usd_per_million=price_output_usd_per_million,
            price_cache_read_usd_per_million=price_cache_read_usd_per_million,
            price_cache_write_usd_per_million=price_cache_write_usd_per_million,
            above_tokens=above_tokens,
        )

        return price_tier
