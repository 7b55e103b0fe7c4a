"""What a version of a model says: limits, prices and abilities, and where each of them is known from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from configs.content_reader import ContentReader, show
from configs.content_writer import Written, names_of
from events.masking import mask_secrets

MODEL_STATUSES = ("alpha", "beta", "active", "deprecated")
FLAGS = ("temperature", "reasoning", "tool_call", "attachment")
MODALITY_LISTS = ("input", "output")
MODALITIES = ("text", "audio", "image", "video", "pdf")
MAX_TOKENS = 1_000_000_000
MAX_PRICE = 1_000_000
MAX_TIERS = 20
MAX_ENTRIES = 50

# Braces could be a reference that an engine expands.
_IDENTIFIER = re.compile(r"[^\s{}\"'\\\x00-\x1f\x7f]{1,200}")
_ENVIRONMENT_REFERENCE = re.compile(r"\{env:[A-Za-z_][A-Za-z0-9_]{0,127}\}")
_TELLING_KEY = re.compile(r"(?:api|access|private|secret|auth)key|(?:token|secret|passwo?r?d|passphrase)$")
_TELLING_HEADERS = frozenset({"authorization", "cookie", "credential", "credentials", "proxyauthorization"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTier:
    """Prices in US dollars per million tokens once a request's context is longer than `above_tokens`."""

    above_tokens: int
    price_input_usd_per_million: str | None = None
    price_output_usd_per_million: str | None = None
    price_cache_read_usd_per_million: str | None = None
    price_cache_write_usd_per_million: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelContent(Written):
    """`identifier` is the provider's own; None is "not known". `name` is for people.

    `capabilities` has the flags temperature, reasoning, tool_call and attachment, and the lists of modalities
    input and output; what is missing is not known. `sources` says of fields where their value is from and
    as of which day; `overridden` names the fields that people have set against their source.
    """

    kind: ClassVar[str] = "model"
    provider: str
    identifier: str
    name: str = ""
    family: str = ""
    context_limit_tokens: int | None = None
    input_limit_tokens: int | None = None
    output_limit_tokens: int | None = None
    price_input_usd_per_million: str | None = None
    price_output_usd_per_million: str | None = None
    price_cache_read_usd_per_million: str | None = None
    price_cache_write_usd_per_million: str | None = None
    price_tiers: tuple[PriceTier, ...] = ()
    capabilities: Mapping[str, Any] = field(default_factory=dict)
    variants: tuple[str, ...] = ()
    status: str = "active"
    release_date: str = ""
    env_names: tuple[str, ...] = ()
    is_enabled: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    overridden: tuple[str, ...] = ()

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Self:
        reader = ContentReader(raw, names_of(cls))
        sentence = "this is the provider's name for the model: no blanks, no braces, no quotes."
        identifier = reader.matching("identifier", _IDENTIFIER, sentence, is_required=True)
        return cls(
            provider=reader.slug("provider"),
            identifier=reader.check_line("identifier", identifier, 200),
            name=reader.line("name", 120) or identifier[:120],
            family=reader.line("family", 80),
            context_limit_tokens=read_tokens(reader, "context_limit_tokens"),
            input_limit_tokens=read_tokens(reader, "input_limit_tokens"),
            output_limit_tokens=read_tokens(reader, "output_limit_tokens"),
            **read_prices(reader),
            price_tiers=reader.parts("price_tiers", MAX_TIERS, read_tier),
            capabilities=read_capabilities(reader),
            variants=reader.lines("variants", most=MAX_ENTRIES, max_length=64),
            status=reader.choice("status", MODEL_STATUSES, "active"),
            release_date=reader.day("release_date"),
            env_names=reader.lines("env_names", most=MAX_ENTRIES, max_length=128),
            is_enabled=reader.flag("is_enabled", default=True),
            options=read_options(reader),
            sources=read_sources(reader, names_of(cls)),
            overridden=read_overridden(reader, names_of(cls)),
        )

    @property
    def key(self) -> str:
        """As in an agent file: `provider/identifier`."""
        return f"{self.provider}/{self.identifier}"


def read_tokens(reader: ContentReader, name: str) -> int | None:
    return reader.integer(name, least=0, most=MAX_TOKENS)


def read_prices(reader: ContentReader) -> dict[str, str | None]:
    names = (f"price_{what}_usd_per_million" for what in ("input", "output", "cache_read", "cache_write"))
    return {name: reader.decimal(name, most=MAX_PRICE) for name in names}


def read_tier(raw: Any, path: str) -> PriceTier:
    reader = ContentReader(raw, names_of(PriceTier), path)
    above = read_tokens(reader, "above_tokens")
    if above is None:
        raise reader.refuse("above_tokens", "this may not be empty.")
    return PriceTier(above_tokens=above, **read_prices(reader))


def read_capabilities(reader: ContentReader) -> Mapping[str, Any]:
    inner = ContentReader(
        reader.mapping("capabilities"), (*FLAGS, *MODALITY_LISTS), reader.at("capabilities")
    )
    capabilities: dict[str, Any] = {}
    for name in sorted(inner.raw):
        if inner.raw[name] is None:
            continue
        if name in FLAGS:
            capabilities[name] = inner.flag(name)
            continue
        lines = inner.lines(name, most=MAX_ENTRIES, max_length=20)
        if unknown := set(lines) - set(MODALITIES):
            raise inner.refuse(name, f"{show(min(unknown))!r} is none of {', '.join(MODALITIES)}.")
        capabilities[name] = list(lines)
    return capabilities


def read_sources(reader: ContentReader, known: frozenset[str]) -> Mapping[str, Mapping[str, str]]:
    outer = ContentReader(reader.mapping("sources"), known, reader.at("sources"))
    sources = {}
    for name in sorted(outer.raw):
        inner = ContentReader(outer.raw[name], ("source", "as_of"), outer.at(name))
        sources[name] = {"as_of": inner.day("as_of"), "source": inner.line("source", 120, is_required=True)}
    return sources


def read_overridden(reader: ContentReader, known: frozenset[str]) -> tuple[str, ...]:
    names = tuple(sorted(reader.lines("overridden", most=len(known), max_length=64)))
    for name in names:
        if name not in known:
            raise reader.refuse("overridden", f"there is no field {show(name)!r}.")
    return names


def read_options(reader: ContentReader) -> Mapping[str, Any]:
    """Options for a provider, which engines print and send on: no place for a secret."""
    options = reader.mapping("options")
    if path := find_literal_secret(options):
        raise reader.refuse(
            f"options.{path}", "keys don't belong here: name an environment variable of the engine instead."
        )
    return options


def find_literal_secret(value: Any) -> str:
    """The path of the first text inside that is, or is named like, a secret; "" when there is none.

    `{env:NAME}` is no secret but where one is.
    """
    return _find_secret(value, "", is_named=False)


def _find_secret(value: Any, path: str, *, is_named: bool) -> str:
    if isinstance(value, str):
        if not value or _ENVIRONMENT_REFERENCE.fullmatch(value):
            return ""
        return path if is_named or mask_secrets(value) != value else ""
    items: list[tuple[str, Any, bool]] = []
    if isinstance(value, Mapping):
        items = [(str(key), item, is_named or names_secret(str(key))) for key, item in value.items()]
    elif isinstance(value, list | tuple):
        items = [(str(index), item, is_named) for index, item in enumerate(value)]
    for key, item, named in items:
        if found := _find_secret(item, f"{path}.{show(key)}".lstrip("."), is_named=named):
            return found
    return ""


def names_secret(key: str) -> bool:
    plain = re.sub(r"[^a-z0-9]", "", key.lower())
    return plain in _TELLING_HEADERS or bool(_TELLING_KEY.search(plain))
