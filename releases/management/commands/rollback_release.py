from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.management.find_principal import find_principal
from engines.management.find_engine import find_engine
from events.errors import DomainError
from events.management.readiness import require_ready_database
from releases.domain.publications import rollback
from releases.management.following import follow_publication


class Command(BaseCommand):
    help = "Publish what was live on an engine before the release that is live now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("engine", help="its id or name")
        parser.add_argument("--as", dest="username", required=True, help="who rolls back")
        parser.add_argument(
            "--force", action="store_true", help="do not wait for busy sessions: end their turns"
        )
        parser.add_argument("--wait", action="store_true", help="show its steps until it is live, or is not")

    def handle(self, *args: Any, **options: Any) -> None:
        require_ready_database()
        engine, principal = find_engine(options["engine"]), find_principal(options["username"])
        try:
            publication = rollback(principal=principal, engine=engine, force=options["force"])
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{engine} goes back to release #{publication.release.number}.")
        if options["wait"]:
            follow_publication(publication.pk, self.stdout.write)
