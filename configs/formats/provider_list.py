"""What models there are, as an engine tells it (`GET /provider` of OpenCode 1.18.33), and as a snapshot.

An engine prints its keys and options there too: only the fields named here are taken.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from configs.content import ContentError, ModelContent
from configs.formats.limits import FormatError
from configs.formats.plain_json import read_decimal, read_integer, refuse_constant

# 6.4 MB for 8,200 models; the bound is for an answer that is none.
MAX_LIST_BYTES = 64 * 1024 * 1024
MAX_MODELS = 50_000
SNAPSHOT_VERSION = 1

# What a team decides for itself, and no list of models says.
OWN_FIELDS = frozenset({"is_enabled", "options", "sources", "overridden"})
_PRICES = {
    "price_input_usd_per_million": ("input",),
    "price_output_usd_per_million": ("output",),
    "price_cache_read_usd_per_million": ("cache", "read"),
    "price_cache_write_usd_per_million": ("cache", "write"),
}
_FLAGS = {
    "temperature": "temperature",
    "reasoning": "reasoning",
    "attachment": "attachment",
    "tool_call": "toolcall",
}


@dataclass(frozen=True, slots=True)
class KnownModel:
    """One model and its provider; `facts` is what `write_known` says of it, nothing of a team's own."""

    facts: dict[str, Any]
    provider_name: str
    package: str

    @classmethod
    def describe(cls, content: ModelContent, provider_name: str, package: str) -> KnownModel:
        return cls(write_known(content), provider_name, package)

    @property
    def provider(self) -> str:
        return str(self.facts["provider"])

    @property
    def key(self) -> str:
        return f"{self.provider}/{self.facts['identifier']}"


@dataclass(frozen=True, slots=True)
class ModelList:
    """`as_of` is a day; `skipped` names what was not taken, and why."""

    source: str
    as_of: str
    models: tuple[KnownModel, ...]
    skipped: tuple[str, ...] = ()


def load_list(text: str | bytes) -> Any:
    """JSON of an engine or a snapshot, fractions exact. Raises FormatError."""
    if len(text) > MAX_LIST_BYTES:
        raise FormatError(f"The list has {len(text):,} bytes; at most {MAX_LIST_BYTES:,} are read.")
    try:
        return json.loads(
            text, parse_float=read_decimal, parse_int=read_integer, parse_constant=refuse_constant
        )
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        raise FormatError("The list is not valid JSON.") from None


def read_provider_list(raw: Any, *, source: str, as_of: str) -> ModelList:
    """An engine's answer. Raises FormatError for another shape; single models of one are skipped."""
    providers = raw.get("all") if isinstance(raw, dict) else None
    if not isinstance(providers, list):
        raise FormatError("This is no list of providers.")
    models: list[KnownModel] = []
    skipped: list[str] = []
    for provider in providers:
        if not isinstance(provider, dict) or not isinstance(provider.get("models"), dict):
            raise FormatError("A provider of the list has no models.")
        if provider.get("source") == "config":
            skipped.append(f"{str(provider.get('id'))[:60]}: made by the engine's configuration")
            continue
        for model in provider["models"].values():
            read_into(models, skipped, provider, model)
    if len(models) > MAX_MODELS:
        raise FormatError(f"The list has {len(models):,} models; at most {MAX_MODELS:,} are read.")
    return ModelList(source, as_of, sort_models(models), tuple(skipped))


def read_into(models: list[KnownModel], skipped: list[str], provider: dict[str, Any], model: Any) -> None:
    try:
        content = ModelContent.read(read_facts(provider, model))
    except (ContentError, AttributeError, TypeError, ValueError) as error:
        named = model.get("id") if isinstance(model, dict) else ""
        skipped.append(f"{str(provider.get('id'))[:60]}/{str(named)[:80]}: {str(error)[:120]}")
        return
    package = str((model.get("api") or {}).get("npm") or "")[:200]
    models.append(KnownModel.describe(content, str(provider.get("name") or "")[:120], package))


def read_facts(provider: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
    cost, limit = model.get("cost") or {}, model.get("limit") or {}
    return {
        "provider": provider.get("id"),
        "identifier": model.get("id"),
        "name": str(model.get("name") or "")[:120],
        "family": str(model.get("family") or "")[:80],
        # Zero is how the engine says that it does not know.
        **{f"{name}_limit_tokens": limit.get(name) or None for name in ("context", "input", "output")},
        **read_prices(cost),
        "price_tiers": [read_tier(tier) for tier in cost.get("tiers") or []],
        "capabilities": read_capabilities(model.get("capabilities") or {}),
        "variants": sorted(model.get("variants") or {}),
        "status": model.get("status") or "active",
        "release_date": read_release_day(model.get("release_date")),
        "env_names": list(dict.fromkeys(provider.get("env") or [])),
    }


def read_prices(cost: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field, path in _PRICES.items():
        value: Any = cost
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        found[field] = value
    return found


def read_tier(tier: dict[str, Any]) -> dict[str, Any]:
    return {"above_tokens": (tier.get("tier") or {}).get("size"), **read_prices(tier)}


def read_capabilities(raw: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {name: raw[key] for name, key in _FLAGS.items() if isinstance(raw.get(key), bool)}
    for side in ("input", "output"):
        modalities = raw.get(side)
        if isinstance(modalities, dict):
            found[side] = [name for name, has in modalities.items() if has is True]
    return found


def read_release_day(value: Any) -> str:
    """Some know the month or year alone; a day is kept, anything else is not."""
    return value if isinstance(value, str) and len(value) == len("2026-05-31") else ""


def sort_models(models: Iterable[KnownModel]) -> tuple[KnownModel, ...]:
    """By key; of two with the same one the first stands."""
    found: dict[str, KnownModel] = {}
    for model in models:
        found.setdefault(model.key, model)
    return tuple(found[key] for key in sorted(found))


# What a content says of which nothing is known.
_PLAIN = ModelContent(provider="", identifier="").write()


def write_known(content: ModelContent) -> dict[str, Any]:
    """What is known of a model, in its stored form, without what a team decides and what says nothing."""
    written = content.write()
    return {
        name: value for name, value in written.items() if name not in OWN_FIELDS and value != _PLAIN[name]
    }


# Snapshots ------------------------------------------------------------------------------------------


def write_snapshot(models: ModelList) -> bytes:
    """The list as a file to ship: the same list, the same bytes."""
    value = {
        "version": SNAPSHOT_VERSION,
        "source": models.source,
        "as_of": models.as_of,
        "models": [
            {"provider_name": item.provider_name, "package": item.package, "facts": item.facts}
            for item in models.models
        ],
    }
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


def read_snapshot(data: bytes) -> ModelList:
    """Raises FormatError for what is no snapshot of ours, also for one that unpacks to too much.

    It is shipped with the code and tested there: the facts of 8,000 models are not read field by field again.
    """
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(data, MAX_LIST_BYTES)
    except zlib.error:
        raise FormatError("This is no snapshot of models.") from None
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise FormatError("The snapshot is cut short, or too large.")
    raw = load_list(text)
    if not isinstance(raw, dict) or raw.get("version") != SNAPSHOT_VERSION:
        raise FormatError("This is no snapshot of models.")
    try:
        models = tuple(
            KnownModel(require_facts(item["facts"]), str(item["provider_name"]), str(item["package"]))
            for item in raw["models"]
        )
        return ModelList(str(raw["source"]), str(raw["as_of"]), sort_models(models))
    except (KeyError, TypeError) as error:
        raise FormatError(f"The snapshot can't be read: {error}.") from None


def require_facts(facts: Any) -> dict[str, Any]:
    if not isinstance(facts, dict) or not all(
        isinstance(facts[name], str) for name in ("provider", "identifier")
    ):
        raise FormatError("The snapshot can't be read: a model has no name.")
    return facts
