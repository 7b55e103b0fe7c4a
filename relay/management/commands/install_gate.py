from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from engines.management.find_engine import find_engine
from events.actors import build_command_actor
from events.errors import DomainError
from events.management.readiness import require_ready_database
from relay.gate_install import describe_steps, install_gate


class Command(BaseCommand):
    help = "Put the gate's plugin with a new token into an engine's configuration folder; the old token ends."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("engine", help="its id or name")
        parser.add_argument(
            "--folder",
            type=Path,
            required=True,
            help="the engine's OPENCODE_CONFIG_DIR, or a folder to be copied there",
        )
        parser.add_argument(
            "--portal",
            default="",
            help="this portal's address for the engine's host (default: public)",
        )

    def handle(self, *args: Any, engine: str, folder: Path, portal: str, **options: Any) -> None:
        require_ready_database()
        found = find_engine(engine)
        try:
            install_gate(
                actor=build_command_actor("install_gate"),
                engine=found,
                folder=folder,
                portal=portal or settings.COUNTERSIGN_PUBLIC_URL,
            )
        except (DomainError, OSError) as error:
            raise CommandError(f"{error} No gate was installed.") from error
        self.stdout.write(self.style.SUCCESS(f"Installed the gate of {found.name} in {folder}."))
        for step in describe_steps(folder):
            self.stdout.write(step)
