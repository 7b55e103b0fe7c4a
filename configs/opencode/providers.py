"""The `provider` part of `opencode.json`: where models come from, and which of them may be used."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from configs.content import ConfigSet, ModelContent, PriceTier, ProviderContent
from configs.opencode.agent_file import to_number
from configs.opencode.config_json import EnvironmentReference, find_references

# The engine knows one further tier of prices, from this length of the context on.
TIER_TOKENS = 200_000
FLAGS = ("attachment", "reasoning", "temperature", "tool_call")


def build_providers(config_set: ConfigSet) -> dict[str, Any]:
    """Provider id → its entry, sorted; of models that are switched off nothing is said."""
    providers = {provider.name: provider for provider in config_set.providers.values()}
    models: dict[str, list[ModelContent]] = {}
    for model in config_set.models.values():
        models.setdefault(model.provider, []).append(model)
    return {
        name: build_provider(providers.get(name), models.get(name, []))
        for name in sorted({*providers, *models})
    }


def build_provider(provider: ProviderContent | None, models: Iterable[ModelContent]) -> dict[str, Any]:
    listed = sorted(models, key=lambda model: model.identifier)
    enabled = [model for model in listed if model.is_enabled]
    entry: dict[str, Any] = {}
    if provider is not None:
        entry = {
            "name": provider.display_name,
            "npm": provider.package,
            "options": build_provider_options(provider),
        }
    if listed:
        # The engine offers no others, of those it knows itself neither.
        entry["whitelist"] = [model.identifier for model in enabled]
    entry["models"] = {model.identifier: build_model(model) for model in enabled}
    return {key: value for key, value in entry.items() if key == "whitelist" or value not in ("", {})}


def build_provider_options(provider: ProviderContent) -> dict[str, Any]:
    options: dict[str, Any] = dict(find_references(provider.options))
    if provider.base_url:
        options["baseURL"] = provider.base_url
    if provider.api_key_env:
        options["apiKey"] = EnvironmentReference(provider.api_key_env)
    return dict(sorted(options.items()))


def build_model(model: ModelContent) -> dict[str, Any]:
    """What is known of it; what is not is left to the engine's own knowledge."""
    capabilities = model.capabilities
    entry: dict[str, Any] = {"name": model.name, "family": model.family, "release_date": model.release_date}
    entry |= {
        name: capabilities.get(name) for name in ("attachment", "reasoning", "temperature", "tool_call")
    }
    entry["cost"] = build_cost(model)
    entry["limit"] = build_limit(model)
    entry["modalities"] = {
        name: list(capabilities[name]) for name in ("input", "output") if name in capabilities
    }
    entry["status"] = model.status
    entry["options"] = find_references(dict(sorted(model.options.items())))
    return {key: value for key, value in entry.items() if value not in ("", None, {})}


def build_limit(model: ModelContent) -> dict[str, int]:
    """The engine takes limits only with both the context's and the output's."""
    if model.context_limit_tokens is None or model.output_limit_tokens is None:
        return {}
    limits = {
        "context": model.context_limit_tokens,
        "input": model.input_limit_tokens,
        "output": model.output_limit_tokens,
    }
    return {name: limit for name, limit in limits.items() if limit is not None}


def build_cost(model: ModelContent) -> dict[str, Any]:
    """The engine takes prices only with both the input's and the output's."""
    cost: dict[str, Any] = build_prices(model)
    if not cost:
        return {}
    tier = find_tier(model)
    further = build_prices(tier) if tier is not None else {}
    return {**cost, "context_over_200k": further} if further else cost


def find_tier(model: ModelContent) -> PriceTier | None:
    return next((tier for tier in model.price_tiers if tier.above_tokens == TIER_TOKENS), None)


def build_prices(prices: ModelContent | PriceTier) -> dict[str, Any]:
    found = {
        "input": to_number(prices.price_input_usd_per_million),
        "output": to_number(prices.price_output_usd_per_million),
        "cache_read": to_number(prices.price_cache_read_usd_per_million),
        "cache_write": to_number(prices.price_cache_write_usd_per_million),
    }
    if found["input"] is None or found["output"] is None:
        return {}
    return {name: price for name, price in found.items() if price is not None}
