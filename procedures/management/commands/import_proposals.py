from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.management.find_principal import find_principal
from configs.formats.limits import FormatError
from configs.management.find_team import find_team
from events.errors import DomainError
from events.management.readiness import require_ready_database
from events.text import make_visible
from procedures.domain.imports import FAILED, LEFT, Outcome, import_proposals
from procedures.files import read_folder


class Command(BaseCommand):
    help = "Make drafts of proposals of a folder's Markdown files; what was approved is never touched."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="with Markdown files; no link in it is followed")
        parser.add_argument("--team", required=True, help="the team's name")
        parser.add_argument("--as", dest="username", required=True, help="who proposes them")
        parser.add_argument("--dry-run", action="store_true", help="say only what would be made")

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        require_ready_database()
        principal, team = find_principal(options["username"]), find_team(options["team"])
        try:
            outcomes = import_proposals(
                principal=principal, team=team, files=read_folder(folder), dry_run=options["dry_run"]
            )
        except DomainError as error:
            raise CommandError(f"{error.message} Nothing was imported.") from error
        except (FormatError, OSError) as error:
            raise CommandError(f"{error} Nothing was imported.") from error
        self.report(outcomes)
        if options["dry_run"]:
            self.stdout.write("Nothing was written.")
        failed = sum(outcome.state == FAILED for outcome in outcomes)
        if failed:
            raise CommandError(f"{failed} of {len(outcomes)} files could not be imported.")

    def report(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            line = f"{make_visible(outcome.file)}: {outcome.state}: {make_visible(outcome.sentence)}"
            self.stdout.write(self.style.WARNING(line) if outcome.state in {LEFT, FAILED} else line)
            for note in outcome.notes:
                self.stdout.write(self.style.WARNING(f"  {note}"))
        if not outcomes:
            self.stdout.write("There is no Markdown file in this folder.")
