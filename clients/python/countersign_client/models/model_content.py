# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.model_status_enum import ModelStatusEnum

if TYPE_CHECKING:
    from ..models.capabilities import Capabilities
    from ..models.model_content_options import ModelContentOptions
    from ..models.model_content_sources import ModelContentSources
    from ..models.price_tier import PriceTier


T = TypeVar("T", bound="ModelContent")


@_attrs_define
class ModelContent:
    """A model of a provider."""

    price_input_usd_per_million: None | str
    price_output_usd_per_million: None | str
    price_cache_read_usd_per_million: None | str
    price_cache_write_usd_per_million: None | str
    provider: str
    """ a-z, 0-9, - and _, beginning with a letter or digit, at most 64 characters. """
    identifier: str
    """ The provider's own name for it. """
    name: str
    """ For people; empty takes the identifier. """
    family: str
    context_limit_tokens: int | None
    input_limit_tokens: int | None
    output_limit_tokens: int | None
    price_tiers: list[PriceTier]
    capabilities: Capabilities
    """ What a model can do; what is missing is not known. """
    variants: list[str]
    status: ModelStatusEnum
    """ * `alpha` - alpha
    * `beta` - beta
    * `active` - active
    * `deprecated` - deprecated """
    release_date: str
    env_names: list[str]
    is_enabled: bool
    options: ModelContentOptions
    sources: ModelContentSources
    overridden: list[str]
    """ Fields that people have set against their source. """

    def to_dict(self) -> dict[str, Any]:
        price_input_usd_per_million: None | str
        price_input_usd_per_million = self.price_input_usd_per_million

        price_output_usd_per_million: None | str
        price_output_usd_per_million = self.price_output_usd_per_million

        price_cache_read_usd_per_million: None | str
        price_cache_read_usd_per_million = self.price_cache_read_usd_per_million

        price_cache_write_usd_per_million: None | str
        price_cache_write_usd_per_million = self.price_cache_write_usd_per_million

        provider = self.provider

        identifier = self.identifier

        name = self.name

        family = self.family

        context_limit_tokens: int | None
        context_limit_tokens = self.context_limit_tokens

        input_limit_tokens: int | None
        input_limit_tokens = self.input_limit_tokens

        output_limit_tokens: int | None
        output_limit_tokens = self.output_limit_tokens

        price_tiers = []
        for price_tiers_item_data in self.price_tiers:
            price_tiers_item = price_tiers_item_data.to_dict()
            price_tiers.append(price_tiers_item)

        capabilities = self.capabilities.to_dict()

        variants = self.variants

        status = self.status.value

        release_date = self.release_date

        env_names = self.env_names

        is_enabled = self.is_enabled

        options = self.options.to_dict()

        sources = self.sources.to_dict()

        overridden = self.overridden

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "price_input_usd_per_million": price_input_usd_per_million,
                "price_output_usd_per_million": price_output_usd_per_million,
                "price_cache_read_usd_per_million": price_cache_read_usd_per_million,
                "price_cache_write_usd_per_million": price_cache_write_usd_per_million,
                "provider": provider,
                "identifier": identifier,
                "name": name,
                "family": family,
                "context_limit_tokens": context_limit_tokens,
                "input_limit_tokens": input_limit_tokens,
                "output_limit_tokens": output_limit_tokens,
                "price_tiers": price_tiers,
                "capabilities": capabilities,
                "variants": variants,
                "status": status,
                "release_date": release_date,
                "env_names": env_names,
                "is_enabled": is_enabled,
                "options": options,
                "sources": sources,
                "overridden": overridden,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.capabilities import Capabilities  # noqa: PLC0415
        from ..models.model_content_options import ModelContentOptions  # noqa: PLC0415
        from ..models.model_content_sources import ModelContentSources  # noqa: PLC0415
        from ..models.price_tier import PriceTier  # noqa: PLC0415

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

        provider = d.pop("provider")

        identifier = d.pop("identifier")

        name = d.pop("name")

        family = d.pop("family")

        def _parse_context_limit_tokens(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        context_limit_tokens = _parse_context_limit_tokens(d.pop("context_limit_tokens"))

        def _parse_input_limit_tokens(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        input_limit_tokens = _parse_input_limit_tokens(d.pop("input_limit_tokens"))

        def _parse_output_limit_tokens(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        output_limit_tokens = _parse_output_limit_tokens(d.pop("output_limit_tokens"))

        price_tiers = []
        _price_tiers = d.pop("price_tiers")
        for price_tiers_item_data in _price_tiers:
            price_tiers_item = PriceTier.from_dict(price_tiers_item_data)

            price_tiers.append(price_tiers_item)

        capabilities = Capabilities.from_dict(d.pop("capabilities"))

        variants = cast(list[str], d.pop("variants"))

        status = ModelStatusEnum(d.pop("status"))

        release_date = d.pop("release_date")

        env_names = cast(list[str], d.pop("env_names"))

        is_enabled = d.pop("is_enabled")

        options = ModelContentOptions.from_dict(d.pop("options"))

        sources = ModelContentSources.from_dict(d.pop("sources"))

        overridden = cast(list[str], d.pop("overridden"))

        model_content = cls(
            price_input_usd_per_million=price_input_usd_per_million,
            price_output_usd_per_million=price_output_usd_per_million,
            price_cache_read_usd_per_million=price_cache_read_usd_per_million,
            price_cache_write_usd_per_million=price_cache_write_usd_per_million,
            provider=provider,
            identifier=identifier,
            name=name,
            family=family,
            context_limit_tokens=context_limit_tokens,
            input_limit_tokens=input_limit_tokens,
            output_limit_tokens=output_limit_tokens,
            price_tiers=price_tiers,
            capabilities=capabilities,
            variants=variants,
            status=status,
            release_date=release_date,
            env_names=env_names,
            is_enabled=is_enabled,
            options=options,
            sources=sources,
            overridden=overridden,
        )

        return model_content
