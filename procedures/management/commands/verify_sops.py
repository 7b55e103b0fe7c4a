from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from configs.management.find_team import find_team
from events.keyring import KeyringError
from events.management.readiness import require_ready_database
from procedures.domain.seals import list_public_keys, verify_all
from procedures.models import Sop


class Command(BaseCommand):
    help = "Check the seal of every version of every standing operating procedure."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--team", default="", help="one team's alone; its name")
        parser.add_argument("--keys", action="store_true", help="print the public keys, too")

    def handle(self, *args: Any, **options: Any) -> None:
        require_ready_database()
        sops = Sop.objects.filter(team=find_team(options["team"])) if options["team"] else None
        try:
            report, keys = verify_all(sops), list_public_keys()
        except KeyringError as error:
            raise CommandError(f"The seals can't be checked: {error}.") from error
        for key in keys if options["keys"] else []:
            current = " (seals now)" if key.is_current else ""
            self.stdout.write(f"{key.key_id} {key.public_key}{current}")
        for finding in report.findings:
            version = f" version {finding.number}" if finding.number else ""
            self.stderr.write(f"{finding.slug}{version}: {finding.sentence}")
        if report.findings:
            raise CommandError(f"{len(report.findings)} problems: not every procedure is as it was approved.")
        self.stdout.write(f"{report.versions} versions: every seal holds.")
