from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from events.audit import verify_chain
from events.models import LogHead


class Command(BaseCommand):
    help = "Check the audit chain from its first entry to its head."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--heads", type=Path, help="file of signed heads kept outside the database")

    def handle(self, *args: Any, heads: Path | None = None, **options: Any) -> None:
        try:
            findings = verify_chain(heads)
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        for finding in findings:
            self.stderr.write(f"entry {finding.n}: {finding.problem}")
        if findings:
            raise CommandError(f"{len(findings)} problems: the audit chain does not hold.")
        self.stdout.write(f"{LogHead.objects.get(pk=1).audit_n} entries: the audit chain holds.")
        if heads is None:
            self.stdout.write("No --heads file was given, so a cut tail can't be seen.")
