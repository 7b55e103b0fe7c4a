"""Reads of the catalogue: the models that engines know of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db.models import Q, QuerySet

from configs.content import ModelContent
from configs.models import Agent, CatalogueModel, Model
from events.errors import NotFound
from events.identifiers import is_record_id


def list_catalogue(
    search: str = "", provider: str = "", *, with_missing: bool = False
) -> QuerySet[CatalogueModel]:
    """By key; `search` is part of a key or name. The same for everybody who may see configurations."""
    rows = CatalogueModel.objects.order_by("key")
    if not with_missing:
        rows = rows.filter(missing_since=None)
    if provider:
        rows = rows.filter(provider=provider)
    for word in search.split()[:8]:
        rows = rows.filter(Q(key__icontains=word) | Q(name__icontains=word))
    return rows


def get_catalogue_model(catalogue_id: str) -> CatalogueModel:
    """Raises NotFound."""
    row = CatalogueModel.objects.filter(pk=catalogue_id).first() if is_record_id(catalogue_id) else None
    if row is None:
        raise NotFound("There is no such model in the catalogue.")
    return row


def find_in_catalogue(key: str) -> CatalogueModel | None:
    """By `provider/identifier`, missing ones too."""
    return CatalogueModel.objects.filter(key=key).first()


def find_newest(provider: str, family: str) -> CatalogueModel | None:
    """The newest active model of the provider whose name has this word, such as `sonnet`."""
    rows = CatalogueModel.objects.filter(
        provider=provider, status="active", missing_since=None, identifier__contains=family
    )
    # Of two of one day the plainer name: the other ones name a day or a size.
    return min(rows, key=lambda row: (-read_day(row), len(row.identifier), row.identifier), default=None)


def read_day(row: CatalogueModel) -> int:
    return int(row.release_date.replace("-", "") or 0)


def build_model(row: CatalogueModel) -> ModelContent:
    """What a team's model says when it is chosen from here: every known field with its source and day."""
    content = ModelContent.read(row.facts)
    source = {"source": row.source, "as_of": row.as_of.isoformat()}
    return replace(content, sources=dict.fromkeys(list_known_fields(row), source))


def list_known_fields(row: CatalogueModel) -> list[str]:
    return [field for field in row.facts if field not in {"provider", "identifier"}]


def refresh_content(content: ModelContent, row: CatalogueModel) -> ModelContent:
    """The team's model with what the catalogue knows now; overridden fields stay as people set them."""
    known = build_model(row)
    fields = [field for field in FACTS if field not in content.overridden]
    changed = [field for field in fields if getattr(known, field) != getattr(content, field)]
    if not changed:
        return content
    kept = {field: said for field, said in content.sources.items() if field not in changed}
    sources = kept | {field: known.sources[field] for field in changed if field in known.sources}
    return replace(content, **{field: getattr(known, field) for field in changed}, sources=sources)


# What the catalogue may say of a model; the rest is a team's own.
FACTS = (
    "name",
    "family",
    "context_limit_tokens",
    "input_limit_tokens",
    "output_limit_tokens",
    "price_input_usd_per_million",
    "price_output_usd_per_million",
    "price_cache_read_usd_per_million",
    "price_cache_write_usd_per_million",
    "price_tiers",
    "capabilities",
    "variants",
    "status",
    "release_date",
    "env_names",
)


def list_users_of(keys: Iterable[str]) -> list[tuple[Agent, str]]:
    """The live agents whose model has one of these keys, each with the key, by name."""
    wanted = list(keys)
    found: list[tuple[Agent, str]] = []
    # Parameters of one statement are bounded on SQLite.
    for start in range(0, len(wanted), 500):
        rows = Agent.objects.filter(model__key__in=wanted[start : start + 500], retired_at=None)
        found += [(agent, agent.model.key) for agent in rows.select_related("model", "team") if agent.model]
    return sorted(found, key=lambda pair: (pair[0].name, pair[0].pk))


def list_outdated(models: Iterable[Model], contents: dict[str, Any]) -> dict[str, ModelContent]:
    """{id: content as it would be} of the models that the catalogue knows other facts of."""
    rows = {model.pk: model.key for model in models}
    known = {row.key: row for row in CatalogueModel.objects.filter(key__in=set(rows.values()))}
    found = {}
    for pk, key in rows.items():
        if key in known and (fresh := refresh_content(contents[pk], known[key])) != contents[pk]:
            found[pk] = fresh
    return found
