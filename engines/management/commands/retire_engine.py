from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from engines.domain.retirement import describe_retirement, retire_engine
from engines.management.find_engine import find_engine
from events.actors import build_command_actor
from events.errors import DomainError
from events.management.readiness import require_ready_database


class Command(BaseCommand):
    help = "Retire an engine for good: its open requests are closed, its history stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("engine", help="its id or name")
        parser.add_argument("--yes", action="store_true", help="do it; without it only say what would happen")

    def handle(self, *args: Any, engine: str, yes: bool, **options: Any) -> None:
        require_ready_database()
        found = find_engine(engine)
        for sentence in describe_retirement(found):
            self.stdout.write(sentence)
        if not yes:
            raise CommandError(f"{found.name} was not retired. It can't be undone; to do it, add --yes.")
        try:
            retire_engine(actor=build_command_actor("retire_engine"), engine=found)
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"Retired {found.name}."))
