from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from engines.enums import EngineControl
from engines.management.find_engine import find_engine
from engines.management.password_files import read_password
from events.actors import build_command_actor
from events.errors import DomainError
from events.management.readiness import require_ready_database
from releases.controls.change import ControlWish, change_control


class Command(BaseCommand):
    help = "Say who keeps an engine's configuration folder and restarts it, so that releases reach it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("engine", help="its id or name")
        kind = parser.add_mutually_exclusive_group(required=True)
        kind.add_argument(
            "--child", type=Path, metavar="FOLDER", help="it runs in this folder (manage.py run_engine)"
        )
        kind.add_argument("--agent", metavar="URL", help="address of the config agent beside it")
        kind.add_argument("--by-hand", action="store_true", help="releases are copied by a person")
        parser.add_argument("--token-file", type=Path, help="file that holds the config agent's token")
        parser.add_argument(
            "--certificate-file", type=Path, help="PEM that the agent's certificate is checked against"
        )

    def handle(
        self,
        *args: Any,
        engine: str,
        child: Path | None,
        agent: str | None,
        token_file: Path | None,
        certificate_file: Path | None,
        **options: Any,
    ) -> None:
        """Nothing is changed when nobody answers there."""
        require_ready_database()
        found = find_engine(engine)
        wish = ControlWish(EngineControl.NONE)
        if child is not None:
            wish = ControlWish(EngineControl.CHILD, folder=str(child))
        elif agent is not None:
            token = read_password(token_file) if token_file else None
            certificate = read_certificate(certificate_file) if certificate_file else ""
            wish = ControlWish(EngineControl.AGENT, address=agent, token=token, certificate=certificate)
        try:
            warnings = change_control(actor=build_command_actor("control_engine"), engine=found, wish=wish)
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"{found.name}: {EngineControl(found.control).label}."))
        for warning in warnings:
            self.stdout.write(self.style.WARNING(warning))


def read_certificate(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} can't be read as text.") from error
