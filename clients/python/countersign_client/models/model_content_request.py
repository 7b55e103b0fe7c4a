# Generated from docs/openapi.yaml by `make schema`: do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.model_status_enum import ModelStatusEnum
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.capabilities_request import CapabilitiesRequest
    from ..models.model_content_request_options import ModelContentRequestOptions
    from ..models.model_content_request_sources import ModelContentRequestSources
    from ..models.price_tier_request import PriceTierRequest


T = TypeVar("T", bound="ModelContentRequest")


@_attrs_define
class ModelContentRequest:
    """A model of a provider."""

    provider: str
    """ a-z, 0-9, - and _, beginning with a letter or digit, at most 64 characters. """
    identifier: str
    """ The provider's own name for it. """
    price_input_usd_per_million: None | str | Unset = UNSET
    price_output_usd_per_million: None | str | Unset = UNSET
    price_cache_read_usd_per_million: None | str | Unset = UNSET
    price_cache_write_usd_per_million: None | str | Unset = UNSET
    name: str | Unset = UNSET
    """ For people; empty takes the identifier. """
    family: str | Unset = UNSET
    context_limit_tokens: int | None | Unset = UNSET
    input_limit_tokens: int | None | Unset = UNSET
    output_limit_tokens: int | None | Unset = UNSET
    price_tiers: list[PriceTierRequest] | Unset = UNSET
    capabilities: CapabilitiesRequest | Unset = UNSET
    """ What a model can do; what is missing is not known. """
    variants: list[str] | Unset = UNSET
    status: ModelStatusEnum | Unset = UNSET
    """ * `alpha` - alpha
    * `beta` - beta
    * `active` - active
    * `deprecated` - deprecated """
    release_date: str | Unset = UNSET
    env_names: list[str] | Unset = UNSET
    is_enabled: bool | Unset = UNSET
    options: ModelContentRequestOptions | Unset = UNSET
    sources: ModelContentRequestSources | Unset = UNSET
    overridden: list[str] | Unset = UNSET
    """ Fields that people have set against their source. """

    def to_dict(self) -> dict[str, Any]:
        provider = self.provider

        identifier = self.identifier

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

        name = self.name

        family = self.family

        context_limit_tokens: int | None | Unset
        if isinstance(self.context_limit_tokens, Unset):
            context_limit_tokens = UNSET
        else:
            context_limit_tokens = self.context_limit_tokens

        input_limit_tokens: int | None | Unset
        if isinstance(self.input_limit_tokens, Unset):
            input_limit_tokens = UNSET
        else:
            input_limit_tokens = self.input_limit_tokens

        output_limit_tokens: int | None | Unset
        if isinstance(self.output_limit_tokens, Unset):
            output_limit_tokens = UNSET
        else:
            output_limit_tokens = self.output_limit_tokens

        price_tiers: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.price_tiers, Unset):
            price_tiers = []
            for price_tiers_item_data in self.price_tiers:
                price_tiers_item = price_tiers_item_data.to_dict()
                price_tiers.append(price_tiers_item)

        capabilities: dict[str, Any] | Unset = UNSET
        if not isinstance(self.capabilities, Unset):
            capabilities = self.capabilities.to_dict()

        variants: list[str] | Unset = UNSET
        if not isinstance(self.variants, Unset):
            variants = self.variants

        status: str | Unset = UNSET
        if not isinstance(self.status, Unset):
            status = self.status.value

        release_date = self.release_date

        env_names: list[str] | Unset = UNSET
        if not isinstance(self.env_names, Unset):
            env_names = self.env_names

        is_enabled = self.is_enabled

        options: dict[str, Any] | Unset = UNSET
        if not isinstance(self.options, Unset):
            options = self.options.to_dict()

        sources: dict[str, Any] | Unset = UNSET
        if not isinstance(self.sources, Unset):
            sources = self.sources.to_dict()

        overridden: list[str] | Unset = UNSET
        if not isinstance(self.overridden, Unset):
            overridden = self.overridden

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "provider": provider,
                "identifier": identifier,
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
        if name is not UNSET:
            field_dict["name"] = name
        if family is not UNSET:
            field_dict["family"] = family
        if context_limit_tokens is not UNSET:
            field_dict["context_limit_tokens"] = context_limit_tokens
        if input_limit_tokens is not UNSET:
            field_dict["input_limit_tokens"] = input_limit_tokens
        if output_limit_tokens is not UNSET:
            field_dict["output_limit_tokens"] = output_limit_tokens
        if price_tiers is not UNSET:
            field_dict["price_tiers"] = price_tiers
        if capabilities is not UNSET:
            field_dict["capabilities"] = capabilities
        if variants is not UNSET:
            field_dict["variants"] = variants
        if status is not UNSET:
            field_dict["status"] = status
        if release_date is not UNSET:
            field_dict["release_date"] = release_date
        if env_names is not UNSET:
            field_dict["env_names"] = env_names
        if is_enabled is not UNSET:
            field_dict["is_enabled"] = is_enabled
        if options is not UNSET:
            field_dict["options"] = options
        if sources is not UNSET:
            field_dict["sources"] = sources
        if overridden is not UNSET:
            field_dict["overridden"] = overridden

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.capabilities_request import CapabilitiesRequest  # noqa: PLC0415
        from ..models.model_content_request_options import ModelContentRequestOptions  # noqa: PLC0415
        from ..models.model_content_request_sources import ModelContentRequestSources  # noqa: PLC0415
        from ..models.price_tier_request import PriceTierRequest  # noqa: PLC0415

        d = dict(src_dict)
        provider = d.pop("provider")

        identifier = d.pop("identifier")

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

        name = d.pop("name", UNSET)

        family = d.pop("family", UNSET)

        def _parse_context_limit_tokens(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        context_limit_tokens = _parse_context_limit_tokens(d.pop("context_limit_tokens", UNSET))

        def _parse_input_limit_tokens(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        input_limit_tokens = _parse_input_limit_tokens(d.pop("input_limit_tokens", UNSET))

        def _parse_output_limit_tokens(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        output_limit_tokens = _parse_output_limit_tokens(d.pop("output_limit_tokens", UNSET))

        _price_tiers = d.pop("price_tiers", UNSET)
        price_tiers: list[PriceTierRequest] | Unset = UNSET
        if _price_tiers is not UNSET:
            price_tiers = []
            for price_tiers_item_data in _price_tiers:
                price_tiers_item = PriceTierRequest.from_dict(price_tiers_item_data)

                price_tiers.append(price_tiers_item)

        _capabilities = d.pop("capabilities", UNSET)
        capabilities: CapabilitiesRequest | Unset
        if isinstance(_capabilities, Unset):
            capabilities = UNSET
        else:
            capabilities = CapabilitiesRequest.from_dict(_capabilities)

        variants = cast(list[str], d.pop("variants", UNSET))

        _status = d.pop("status", UNSET)
        status: ModelStatusEnum | Unset
        if isinstance(_status, Unset):
            status = UNSET
        else:
            status = ModelStatusEnum(_status)

        release_date = d.pop("release_date", UNSET)

        env_names = cast(list[str], d.pop("env_names", UNSET))

        is_enabled = d.pop("is_enabled", UNSET)

        _options = d.pop("options", UNSET)
        options: ModelContentRequestOptions | Unset
        if isinstance(_options, Unset):
            options = UNSET
        else:
            options = ModelContentRequestOptions.from_dict(_options)

        _sources = d.pop("sources", UNSET)
        sources: ModelContentRequestSources | Unset
        if isinstance(_sources, Unset):
            sources = UNSET
        else:
            sources = ModelContentRequestSources.from_dict(_sources)

        overridden = cast(list[str], d.pop("overridden", UNSET))

        model_content_request = cls(
            provider=provider,
            identifier=identifier,
            price_input_usd_per_million=price_input_usd_per_million,
            price_output_usd_per_million=price_output_usd_per_million,
            price_cache_read_usd_per_million=price_cache_read_usd_per_million,
            price_cache_write_usd_per_million=price_cache_write_usd_per_million,
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

        return model_content_request
