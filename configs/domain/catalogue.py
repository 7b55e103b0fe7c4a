"""The catalogue takes over a list of models, and teams choose from it.

A list is compared first: what is new, what changed, what it no longer names. Nothing is ever deleted; only
models of the providers that the list has can go missing, since an engine may be told of fewer providers.
Facts of a later day are left alone. What teams set by hand stands in their own models and stays.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.utils import timezone

from accounts.models import Team
from accounts.principal import Principal
from configs.catalogue_queries import (
    build_model,
    get_catalogue_model,
    list_users_of,
    refresh_content,
)
from configs.content import ModelContent
from configs.domain.objects import Saved, save_object
from configs.enums import ConfigKind, ModelStatus
from configs.formats.provider_list import KnownModel, ModelList, read_snapshot
from configs.models import Agent, CatalogueModel, Model
from configs.queries import get_object, read_content
from events.actors import Actor, Subject
from events.changes import changes
from events.errors import Conflict

SNAPSHOT = Path(__file__).resolve().parent.parent / "snapshots" / "models.json.gz"
SUBJECT = Subject("catalogue", "models")
BATCH = 500


@dataclass(frozen=True, slots=True)
class CatalogueChange:
    """`before` and `after` are facts, None on the side where there is nothing."""

    key: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @property
    def fields(self) -> list[tuple[str, Any, Any]]:
        before, after = self.before or {}, self.after or {}
        names = dict.fromkeys([*before, *after])
        return [
            (name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
        ]


@dataclass(frozen=True, slots=True)
class CataloguePlan:
    """What taking over a list would do. `fingerprint` is of the plan: applied as it was shown, or not."""

    models: ModelList
    new: tuple[CatalogueChange, ...]
    changed: tuple[CatalogueChange, ...]
    missing: tuple[str, ...]
    returned: tuple[str, ...]
    newer_here: int
    users: tuple[tuple[Agent, str], ...]

    @property
    def is_empty(self) -> bool:
        return not (self.new or self.changed or self.missing or self.returned)

    @property
    def fingerprint(self) -> str:
        said = {
            "source": self.models.source,
            "as_of": self.models.as_of,
            "changes": [[change.key, change.before, change.after] for change in (*self.new, *self.changed)],
            "missing": list(self.missing),
            "returned": list(self.returned),
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def load_snapshot() -> ModelList:
    """The list that is shipped: what there was when this release was made."""
    return read_snapshot(SNAPSHOT.read_bytes())


def plan_catalogue(models: ModelList) -> CataloguePlan:
    """What the list would change. Nothing is written."""
    day = date.fromisoformat(models.as_of)
    listed = {item.key: item for item in models.models}
    providers = {item.provider for item in models.models}
    new: list[CatalogueChange] = []
    changed: list[CatalogueChange] = []
    missing: list[str] = []
    returned: list[str] = []
    newer_here = 0
    rows = {row.key: row for row in CatalogueModel.objects.filter(provider__in=providers)}
    for key, item in listed.items():
        row, facts = rows.get(key), item.facts
        if row is None:
            new.append(CatalogueChange(key, None, facts))
        elif row.as_of > day:
            newer_here += 1
        else:
            if row.facts != facts:
                changed.append(CatalogueChange(key, row.facts, facts))
            if row.missing_since:
                returned.append(key)
    for key, row in sorted(rows.items()):
        if key not in listed and row.missing_since is None and row.as_of <= day:
            missing.append(key)
    return CataloguePlan(
        models, tuple(new), tuple(changed), tuple(missing), tuple(returned), newer_here,
        tuple(list_users_of(missing)),
    )  # fmt: skip


def apply_catalogue(*, actor: Actor, models: ModelList, fingerprint: str = "") -> CataloguePlan:
    """Take the list over. `fingerprint` is that of the plan that was shown.

    Raises Conflict when the plan is another by now.
    """
    with changes(actor) as change:
        plan = plan_catalogue(models)
        if fingerprint and fingerprint != plan.fingerprint:
            raise Conflict("The catalogue has changed since this was shown. Look again.", code="stale")
        listed = {item.key: item for item in models.models}
        CatalogueModel.objects.bulk_create(
            (build_row(listed[item.key], models) for item in plan.new), batch_size=BATCH
        )
        for item in plan.changed:
            CatalogueModel.objects.filter(key=item.key).update(**list_columns(listed[item.key], models))
        for keys in split(plan.missing):
            CatalogueModel.objects.filter(key__in=keys).update(missing_since=date.fromisoformat(models.as_of))
        for keys in split(plan.returned):
            CatalogueModel.objects.filter(key__in=keys).update(missing_since=None)
        confirm_rows(models, listed)
        if not plan.is_empty:
            change.audit(
                "catalogue.import",
                SUBJECT,
                after={
                    "source": models.source,
                    "as_of": models.as_of,
                    "new": len(plan.new),
                    "changed": len(plan.changed),
                    "missing": len(plan.missing),
                    "returned": len(plan.returned),
                },
            )
    return plan


def confirm_rows(models: ModelList, listed: dict[str, KnownModel]) -> None:
    """What was seen is known as of that day, whether or not it changed."""
    day = date.fromisoformat(models.as_of)
    for keys in split(tuple(listed)):
        rows = CatalogueModel.objects.filter(key__in=keys, as_of__lt=day)
        rows.update(as_of=day, source=models.source)


def split(keys: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(keys), BATCH):
        yield keys[start : start + BATCH]


def build_row(item: KnownModel, models: ModelList) -> CatalogueModel:
    return CatalogueModel(key=item.key, **list_columns(item, models))


def list_columns(item: KnownModel, models: ModelList) -> dict[str, Any]:
    facts = item.facts
    return {
        "provider": item.provider,
        "provider_name": item.provider_name,
        "package": item.package,
        "identifier": facts["identifier"],
        "name": facts.get("name", facts["identifier"])[:120],
        "family": facts.get("family", ""),
        "status": facts.get("status", ModelStatus.ACTIVE),
        "release_date": facts.get("release_date", ""),
        "facts": facts,
        "source": models.source,
        "as_of": date.fromisoformat(models.as_of),
        "changed_at": timezone.now(),
    }


# Choosing -------------------------------------------------------------------------------------------


def choose_model(*, principal: Principal, team: Team | None, catalogue_id: str) -> Saved:
    """A draft of this model for the team (None: for everybody), every known field with its source and day.

    Raises NotFound, Refused or Conflict (`name_taken`: there is one already).
    """
    row = get_catalogue_model(catalogue_id)
    note = f"Chosen from the catalogue ({row.source}, {row.as_of})."
    return save_object(
        principal=principal, kind=ConfigKind.MODEL, team=team, content=build_model(row), note=note
    )


def refresh_model(*, principal: Principal, object_id: str, expected_version: int | None = None) -> Saved:
    """A new version of a team's model with what the catalogue knows now; overridden fields stay.

    Raises NotFound (also when the catalogue does not know it), Refused or Conflict.
    """
    row: Model = get_object(principal, ConfigKind.MODEL, object_id)
    known = CatalogueModel.objects.filter(key=row.key).first()
    content = read_content(row)
    if known is None or not isinstance(content, ModelContent):
        raise Conflict("The catalogue does not know this model.", code="unknown")
    return save_object(
        principal=principal,
        kind=ConfigKind.MODEL,
        team=row.team,
        content=refresh_content(content, known),
        object_id=row.pk,
        expected_version=row.version if expected_version is None else expected_version,
        note=f"Refreshed from the catalogue ({known.source}, {known.as_of}).",
    )
