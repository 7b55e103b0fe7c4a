from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from engines.domain.cao_servers import retire_cao_server
from engines.models import CaoServer
from events.actors import build_command_actor
from events.errors import DomainError
from events.management.readiness import require_ready_database


class Command(BaseCommand):
    help = "Stop reading a CAO server for good: its delegations stay, those that have not ended as lost."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("server", help="its id or name")

    def handle(self, *args: Any, server: str, **options: Any) -> None:
        require_ready_database()
        live = CaoServer.objects.filter(retired_at=None).select_related("team")
        found = [row for row in live if server in {row.pk, row.name}]
        if len(found) != 1:
            listing = ", ".join(f"{row.name} of {row.team} ({row.pk})" for row in found or live)
            problem = "names several CAO servers" if found else "names no CAO server"
            raise CommandError(f"{server!r} {problem}. CAO servers: {listing or 'none yet'}.")
        try:
            retire_cao_server(actor=build_command_actor("retire_cao"), server=found[0])
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"Retired {found[0].name}."))
