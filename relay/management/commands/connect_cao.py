from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Team
from engines.domain.cao_servers import connect_cao_server
from engines.domain.registry import normalize_address
from engines.management.password_files import read_password
from events.actors import build_command_actor
from events.errors import DomainError
from events.management.readiness import require_ready_database
from relay.cao.first_look import look_at_cao
from relay.cao.foreign_sqlite import SourceUnavailable
from relay.cao.http import CaoError


class Command(BaseCommand):
    help = "Keep the delegations of a CAO server of this host in the ledger, after looking at it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="its CAO_HOME_DIR, as this host's processes see it")
        parser.add_argument("--team", required=True, help="name of the team that its delegations belong to")
        parser.add_argument("--name", default="", help="how people will know it (default: the folder's name)")
        parser.add_argument("--address", default="", help="http://host:port of its HTTP server")
        parser.add_argument("--token-file", type=Path, help="file that holds its CAO_AUTH_LOCAL_TOKEN")

    def handle(
        self,
        *args: Any,
        folder: Path,
        team: str,
        name: str,
        address: str,
        token_file: Path | None,
        **options: Any,
    ) -> None:
        """Nothing is connected when the look fails."""
        require_ready_database()
        owner = Team.objects.filter(name=team, retired_at=None).first()
        if owner is None:
            names = ", ".join(Team.objects.filter(retired_at=None).values_list("name", flat=True))
            raise CommandError(f"There is no team {team!r}. Teams: {names or 'none yet'}.")
        token = read_password(token_file) if token_file else ""
        home = folder.expanduser().absolute()
        try:
            wanted = normalize_address(address) if address else ""
            look = look_at_cao(home, wanted, token)
            server = connect_cao_server(
                actor=build_command_actor("connect_cao"),
                team=owner,
                name=name or home.name,
                home_folder=str(home),
                address=wanted,
                token=token,
            )
        except (DomainError, SourceUnavailable, CaoError) as error:
            raise CommandError(f"{error} Nothing was connected.") from error
        self.stdout.write(
            self.style.SUCCESS(f"Connected {server.name} ({server.pk}): {look.terminals} terminals.")
        )
        for clause in look.lacks:
            self.stdout.write(self.style.WARNING(f"Note: {clause}."))
