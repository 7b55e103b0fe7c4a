from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from configs.domain.catalogue import (
    CatalogueChange,
    CataloguePlan,
    apply_catalogue,
    load_snapshot,
    plan_catalogue,
)
from configs.formats.limits import FormatError
from configs.formats.provider_list import ModelList, write_snapshot
from engines.management.find_engine import find_engine
from events.actors import build_command_actor
from events.errors import DomainError
from events.management.readiness import require_ready_database
from events.text import make_visible
from releases.engine_models import fetch_models

MAX_SHOWN = 20


class Command(BaseCommand):
    help = "Compare the catalogue of models with what an engine, or the shipped list, says; take it over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "engine", nargs="?", default="", help="its id or name; without it the shipped list"
        )
        parser.add_argument("--apply", action="store_true", help="take the differences over")
        parser.add_argument(
            "--write-snapshot", type=Path, metavar="FILE", help="write the list to a file such as is shipped"
        )

    def handle(self, *args: Any, engine: str, write_snapshot: Path | None, **options: Any) -> None:
        """Shows what would change; nothing is taken over without --apply."""
        require_ready_database()
        try:
            models = fetch_models(find_engine(engine)) if engine else load_snapshot()
            if write_snapshot is not None:
                self.write_list(models, write_snapshot)
                return
            plan = plan_catalogue(models)
            self.show(plan)
            if options["apply"] and not plan.is_empty:
                actor = build_command_actor("import_models")
                apply_catalogue(actor=actor, models=models, fingerprint=plan.fingerprint)
                self.stdout.write(self.style.SUCCESS("Taken over."))
        except (DomainError, FormatError, OSError) as error:
            raise CommandError(f"{error} Nothing was changed.") from error
        if not options["apply"] and not plan.is_empty:
            self.stdout.write("Nothing was changed; --apply takes this over.")

    def write_list(self, models: ModelList, file: Path) -> None:
        """Under the engine's version alone: its name is nobody else's matter."""
        version = models.source.rpartition("(")[2].rstrip(")")
        data = write_snapshot(replace(models, source=version))
        file.write_bytes(data)
        self.stdout.write(f"Wrote {len(models.models):,} models ({len(data) // 1024} KB) to {file}.")

    def show(self, plan: CataloguePlan) -> None:
        models = plan.models
        self.stdout.write(
            f"{make_visible(models.source)} as of {models.as_of}: {len(models.models):,} models."
        )
        self.list_keys("new", [change.key for change in plan.new])
        for change in plan.changed[:MAX_SHOWN]:
            self.stdout.write(f"changed: {describe_change(change)}")
        self.count_more("changed", len(plan.changed))
        self.list_keys("no longer there, marked as missing", list(plan.missing))
        self.list_keys("there again", list(plan.returned))
        for agent, key in plan.users:
            name = make_visible(f"{agent.team.name if agent.team else 'everybody'}: {agent.name}")
            self.stdout.write(self.style.WARNING(f"uses a missing model: {name} ({make_visible(key)})"))
        if plan.newer_here:
            self.stdout.write(f"left alone, known here of a later day: {plan.newer_here:,}")
        for line in models.skipped[:MAX_SHOWN]:
            self.stderr.write(f"not read: {make_visible(line)}")

    def list_keys(self, word: str, keys: list[str]) -> None:
        for key in keys[:MAX_SHOWN]:
            self.stdout.write(f"{word}: {make_visible(key)}")
        self.count_more(word, len(keys))

    def count_more(self, word: str, count: int) -> None:
        if count > MAX_SHOWN:
            self.stdout.write(f"{word}: {count - MAX_SHOWN:,} more")


def describe_change(change: CatalogueChange) -> str:
    fields = "; ".join(f"{name} {before} → {after}" for name, before, after in change.fields)
    return make_visible(f"{change.key}: {fields}"[:400])
