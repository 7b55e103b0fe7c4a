from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from engines.domain.access import change_access
from engines.management.find_engine import find_engine
from engines.management.password_files import read_password
from events.actors import build_command_actor
from events.errors import DomainError
from events.management.readiness import require_ready_database


class Command(BaseCommand):
    help = "Change an engine's address, user name or password, after asking the engine itself."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("engine", help="its id or name")
        parser.add_argument("--address", help="http://host:port of the server")
        parser.add_argument("--username")
        password = parser.add_mutually_exclusive_group()
        password.add_argument("--password-file", type=Path, help="file that holds the server's password")
        password.add_argument("--no-password", action="store_true", help="the server asks for none")

    def handle(
        self,
        *args: Any,
        engine: str,
        address: str | None,
        username: str | None,
        password_file: Path | None,
        no_password: bool,
        **options: Any,
    ) -> None:
        """Nothing is changed when the engine does not answer there; what is not given stays."""
        require_ready_database()
        found = find_engine(engine)
        password = read_password(password_file) if password_file else "" if no_password else None
        try:
            look = change_access(
                actor=build_command_actor("change_engine"),
                engine=found,
                address=address or found.address,
                username=username or found.username,
                password=password,
            )
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"Changed {found.name}; it answered (version {look.version})."))
        for warning in look.warnings:
            self.stdout.write(self.style.WARNING(warning))
