from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.management.find_principal import find_principal
from engines.management.find_engine import find_engine
from events.errors import DomainError
from events.management.readiness import require_ready_database
from releases.domain.build import build_release
from releases.domain.publications import publish
from releases.management.following import follow_publication
from releases.models import Release


class Command(BaseCommand):
    help = "Build what is labelled for production into a release of an engine and publish it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("engine", help="its id or name")
        parser.add_argument("--as", dest="username", required=True, help="who publishes")
        parser.add_argument("--release", type=int, help="publish this one instead of building; its number")
        parser.add_argument("--note", default="", help="why, for the release's page")
        parser.add_argument(
            "--force", action="store_true", help="do not wait for busy sessions: end their turns"
        )
        parser.add_argument("--wait", action="store_true", help="show its steps until it is live, or is not")

    def handle(self, *args: Any, **options: Any) -> None:
        """The portal that serves this database takes the steps."""
        require_ready_database()
        engine, principal = find_engine(options["engine"]), find_principal(options["username"])
        number = options["release"]
        try:
            if number is None:
                release = build_release(principal=principal, engine=engine, note=options["note"])
            else:
                release = Release.objects.select_related("engine__team").get(engine=engine, number=number)
            publication = publish(principal=principal, release=release, force=options["force"])
        except Release.DoesNotExist as error:
            raise CommandError(f"{engine} has no release #{number}.") from error
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"Release #{release.number} of {engine} is on its way.")
        if options["wait"]:
            follow_publication(publication.pk, self.stdout.write)
