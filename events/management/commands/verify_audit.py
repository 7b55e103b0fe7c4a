from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from events.audit import verify_chain
from events.audit_entries import Finding
from events.audit_offline import ExportReport, verify_export
from events.models import LogHead


class Command(BaseCommand):
    help = "Check the audit chain from its first entry to its head, in the database or in an exported file."
    # An exported file is checked where no database is.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--heads", type=Path, help="file of signed heads kept outside the database")
        parser.add_argument("--export", type=Path, help="check this exported file, without a database")

    def handle(
        self, *args: Any, heads: Path | None = None, export: Path | None = None, **options: Any
    ) -> None:
        try:
            if export is not None:
                self.report_export(verify_export(export, heads))
            else:
                self.report_chain(verify_chain(heads), has_heads=heads is not None)
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error

    def report_chain(self, findings: list[Finding], *, has_heads: bool) -> None:
        self.refuse(findings, "the audit chain does not hold.")
        self.stdout.write(f"{LogHead.objects.get(pk=1).audit_n} entries: the audit chain holds.")
        if not has_heads:
            self.stdout.write("No --heads file was given, so a cut tail can't be seen.")

    def report_export(self, report: ExportReport) -> None:
        for note in report.notes:
            self.stdout.write(note)
        self.refuse(report.findings, "the export does not hold.")
        span = f"{report.entries} entries, {report.first_n} to {report.last_n}"
        what = "the chain holds" if report.is_whole else "each holds by itself"
        against = f" against {report.heads} signed heads" if report.heads else ""
        self.stdout.write(f"{span}: {what}{against}.")

    def refuse(self, findings: list[Finding], sentence: str) -> None:
        for finding in findings:
            self.stderr.write(f"entry {finding.n}: {finding.problem}")
        if findings:
            raise CommandError(f"{len(findings)} problems: {sentence}")
