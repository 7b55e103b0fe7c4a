"""Fields of a draft that an OpenCode engine has no place for: shown, never lost silently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from configs.content import Content, ModelContent
from configs.opencode.providers import TIER_TOKENS, build_cost, build_limit, find_tier

# Kind → field → why it is not among the files.
NEVER: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "prompt": {
            "name": "The engine has prompts only inside agents.",
            "description": "For people alone.",
            "tags": "For people alone.",
        },
        "instruction": {"tags": "For people alone."},
        "model": {
            "variants": "The engine makes a model's variants itself; agents name them.",
            "env_names": "The provider's entry names the variable of its key.",
            "sources": "For people alone.",
            "overridden": "For people alone.",
        },
        "tool_rules": {"name": "There is one list for every agent."},
        "engine_defaults": {"name": "There is one list of defaults."},
    }
)


def list_not_expressed(content: Content) -> tuple[tuple[str, str], ...]:
    """(field, why) of what this content says and the files do not."""
    written = content.write()
    never = NEVER.get(content.kind, {})
    found = [(field, why) for field, why in never.items() if written.get(field)]
    if isinstance(content, ModelContent):
        found += _list_of_model(content)
    return tuple(found)


def _list_of_model(model: ModelContent) -> Iterator[tuple[str, str]]:
    if not model.is_enabled:
        yield "is_enabled", "A model that is switched off is left out of the provider's list."
    if not build_limit(model):
        for what in ("context", "input", "output"):
            if getattr(model, f"{what}_limit_tokens") is not None:
                yield (
                    f"{what}_limit_tokens",
                    "The engine takes limits only with both the context's and the output's.",
                )
    if not build_cost(model):
        for what in ("input", "output", "cache_read", "cache_write"):
            if getattr(model, f"price_{what}_usd_per_million") is not None:
                yield (
                    f"price_{what}_usd_per_million",
                    "The engine takes prices only with both the input's and the output's.",
                )
    tier = find_tier(model)
    if any(other is not tier for other in model.price_tiers):
        yield "price_tiers", f"The engine knows one further tier, from {TIER_TOKENS:,} tokens on."
