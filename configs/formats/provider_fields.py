"""Providers and their models as `opencode.json` names them, read and written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from configs.content import ModelContent, ProviderContent
from configs.formats.agent_fields import drop_secrets
from configs.formats.drafts import Draft, Report, label_draft
from configs.formats.limits import FormatError
from configs.formats.names import read_name
from configs.formats.secrets import read_env_reference
from configs.formats.values import make_content

OVER_200K = 200_000
_FLAGS = ("temperature", "reasoning", "tool_call", "attachment")
_SAME = ("name", "family", "release_date", "status")
_PRICES = {
    "input": "price_input_usd_per_million",
    "output": "price_output_usd_per_million",
    "cache_read": "price_cache_read_usd_per_million",
    "cache_write": "price_cache_write_usd_per_million",
}
_LIMITS = {name: f"{name}_limit_tokens" for name in ("context", "input", "output")}


def read_provider(name: str, raw: Any, report: Report) -> list[Draft]:
    """The provider, unless the block only adds models to one that the engine knows, and its models."""
    report.draft = label_draft(ProviderContent.kind, name)
    raw = require_map(raw, f"provider.{name}")
    name = read_name(name, report, "provider")
    drafts = []
    if set(raw) - {"models", "blacklist"}:
        drafts.append(Draft(ProviderContent.kind, read_provider_fields(name, raw, report)))
    models = require_map(raw.get("models"), "models")
    blocked = raw.get("blacklist") or []
    if not isinstance(blocked, list):
        raise FormatError("blacklist: this is a list of models.")
    for identifier in blocked:
        if identifier not in models:
            report.drop("blacklist", "Only models that are made here can be switched off.", identifier)
    for identifier, model in models.items():
        fields = read_model_fields(name, identifier, require_map(model, f"models.{identifier}"), report)
        fields["is_enabled"] = identifier not in blocked
        drafts.append(
            Draft(
                ModelContent.kind,
                make_content(ModelContent.kind, fields),
                keeps=("env_names", "sources", "overridden"),
            )
        )
    return drafts


def read_provider_fields(name: str, raw: Mapping[str, Any], report: Report) -> ProviderContent:
    options = dict(require_map(raw.get("options"), "options"))
    fields: dict[str, Any] = {"name": name}
    for key, to in {"name": "display_name", "npm": "package"}.items():
        if raw.get(key):
            fields[to] = raw[key]
            report.map(key, to, raw[key])
    address = options.pop("baseURL", None) or raw.get("api")
    if address and "{" in str(address):
        report.drop("options.baseURL", "An address that the engine would fill in can't be checked.", address)
    elif address:
        fields["base_url"] = address
        report.map("options.baseURL", "base_url", address)
    fields["api_key_env"] = read_key_name(raw, options, report)
    for key in raw.keys() - {"name", "npm", "api", "env", "options", "models", "blacklist"}:
        report.drop(key, "There is no such field of a provider here.", raw[key])
    fields["options"] = drop_secrets(options, "options", report)
    if fields["options"]:
        report.map("options", "options", fields["options"])
    content: ProviderContent = make_content(ProviderContent.kind, fields)
    return content


def read_key_name(raw: Mapping[str, Any], options: dict[str, Any], report: Report) -> str:
    """The variable that holds the key; a literal key is reported and goes nowhere."""
    key = options.pop("apiKey", None)
    names = raw.get("env") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise FormatError("env: this is a list of variables.")
    if name := read_env_reference(key):
        report.map("options.apiKey", "api_key_env", name)
        return name
    if key:
        report.warn(
            "options.apiKey", "A literal key; not kept. Name the variable that holds it.", "api_key_env"
        )
    if names:
        report.map("env", "api_key_env", names[0])
    for name in names[1:]:
        report.drop("env", "A provider has one variable here.", name)
    return names[0] if names else ""


def read_model_fields(
    provider: str, identifier: str, raw: Mapping[str, Any], report: Report
) -> dict[str, Any]:
    report.draft = label_draft(ModelContent.kind, f"{provider}/{identifier}")
    fields: dict[str, Any] = {"provider": provider, "identifier": identifier}
    for key in _SAME:
        if raw.get(key) is not None:
            fields[key] = raw[key]
            report.map(key, key, raw[key])
    for key, names in {"cost": _PRICES, "limit": _LIMITS}.items():
        values = require_map(raw.get(key), key)
        for name, to in names.items():
            if values.get(name) is not None:
                fields[to] = values[name]
                report.map(f"{key}.{name}", to, values[name])
    if tier := require_map(raw.get("cost"), "cost").get("context_over_200k"):
        fields["price_tiers"] = [read_tier(require_map(tier, "context_over_200k"))]
        report.map("cost.context_over_200k", "price_tiers", "1 tier")
    fields["capabilities"] = read_capabilities(raw, report)
    fields |= read_extras(raw, report)
    return fields


def read_tier(tier: Mapping[str, Any]) -> dict[str, Any]:
    prices = {to: tier[name] for name, to in _PRICES.items() if tier.get(name) is not None}
    return {"above_tokens": OVER_200K, **prices}


def read_capabilities(raw: Mapping[str, Any], report: Report) -> dict[str, Any]:
    found = {key: raw[key] for key in _FLAGS if raw.get(key) is not None}
    modalities = require_map(raw.get("modalities"), "modalities")
    found |= {key: modalities[key] for key in ("input", "output") if modalities.get(key) is not None}
    if found:
        report.map("capabilities", "capabilities", found)
    return found


def read_extras(raw: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Variants by name, options without secrets; everything else is dropped by name."""
    fields: dict[str, Any] = {}
    if variants := require_map(raw.get("variants"), "variants"):
        fields["variants"] = list(variants)
        report.map("variants", "variants", variants)
        if any(variants.values()):
            report.drop("variants", "What a variant sets is the engine's own matter; its name is kept.")
    if options := require_map(raw.get("options"), "options"):
        fields["options"] = drop_secrets(dict(options), "options", report)
        report.map("options", "options", fields["options"])
    known = {*_SAME, *_FLAGS, "cost", "limit", "modalities", "variants", "options"}
    for key in raw:
        if key not in known:
            report.drop(key, "There is no such field of a model here.", raw[key])
    return fields


def require_map(value: Any, key: str) -> Mapping[str, Any]:
    """Nothing is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise FormatError(f"{key}: this is a map.")
    return value


# Writing --------------------------------------------------------------------------------------------


def write_providers(
    providers: Iterable[ProviderContent], models: Iterable[ModelContent], report: Report
) -> dict[str, Any]:
    blocks: dict[str, dict[str, Any]] = {item.name: write_provider(item) for item in providers}
    for model in models:
        block = blocks.setdefault(model.provider, {})
        block.setdefault("models", {})[model.identifier] = write_model(model, report)
        if not model.is_enabled:
            block.setdefault("blacklist", []).append(model.identifier)
    return dict(sorted(blocks.items()))


def write_provider(provider: ProviderContent) -> dict[str, Any]:
    """`options` always stands there: it tells a provider from a block that only adds models."""
    options: dict[str, Any] = {}
    if provider.base_url:
        options["baseURL"] = provider.base_url
    if provider.api_key_env:
        options["apiKey"] = f"{{env:{provider.api_key_env}}}"
    names = {"name": provider.display_name, "npm": provider.package}
    return {key: value for key, value in names.items() if value} | {
        "options": options | dict(provider.options)
    }


def write_model(model: ModelContent, report: Report) -> dict[str, Any]:
    report.draft = label_draft(ModelContent.kind, model.key)
    drop_unwritten(model, report)
    found: dict[str, Any] = {key: getattr(model, key) for key in _SAME}
    found |= {key: model.capabilities[key] for key in _FLAGS if key in model.capabilities}
    found["limit"] = write_named(model, _LIMITS)
    found["cost"] = write_prices(model) | write_tier(model)
    found["modalities"] = {
        key: model.capabilities[key] for key in ("input", "output") if key in model.capabilities
    }
    found["variants"] = {name: {} for name in model.variants}
    found["options"] = dict(model.options)
    return {key: value for key, value in found.items() if value not in (None, "", {})}


def drop_unwritten(model: ModelContent, report: Report) -> None:
    for tier in model.price_tiers:
        if tier.above_tokens != OVER_200K:
            report.drop("price_tiers", "Only prices above 200,000 tokens can be written.", tier.above_tokens)
    for field in ("env_names", "sources", "overridden"):
        if getattr(model, field):
            report.drop(field, "The engine's configuration has no place for it.", list(getattr(model, field)))


def write_named(item: Any, names: Mapping[str, str]) -> dict[str, Any]:
    return {key: getattr(item, name) for key, name in names.items() if getattr(item, name) is not None}


def write_prices(item: Any) -> dict[str, Any]:
    return {key: Decimal(value) for key, value in write_named(item, _PRICES).items()}


def write_tier(model: ModelContent) -> dict[str, Any]:
    tiers = [tier for tier in model.price_tiers if tier.above_tokens == OVER_200K]
    return {"context_over_200k": write_prices(tiers[-1])} if tiers else {}
