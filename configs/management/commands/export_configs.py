from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from configs.domain.exports import export_as
from configs.enums import KnownLabel
from configs.formats.registry import FORMATS
from configs.formats.sources import ExportedFile
from configs.management.find_team import find_team
from events.actors import build_command_actor
from events.errors import DomainError
from events.text import make_visible


class Command(BaseCommand):
    help = "Write what a team configured as files; what a format can't say is said on standard error."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("team", metavar="TEAM", help="the team's name")
        parser.add_argument("--format", default="bundle", choices=sorted(FORMATS), help="default: bundle")
        parser.add_argument(
            "--label", default=KnownLabel.DRAFT.value, help="which versions (default: draft, the latest)"
        )
        parser.add_argument(
            "--folder", type=Path, help="where the files go; without it the only one goes to standard output"
        )

    def handle(self, *args: Any, folder: Path | None, **options: Any) -> None:
        try:
            written = export_as(
                actor=build_command_actor("export_configs"),
                team=find_team(options["team"]),
                format_name=options["format"],
                label=options["label"],
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        for finding in written.findings:
            self.stderr.write(f"not expressible: {finding.draft}: {finding.key}: {finding.sentence}")
        if folder is not None:
            self.write_files(written.files, folder)
        elif len(written.files) == 1:
            self.stdout.write(written.files[0].text, ending="")
        else:
            raise CommandError(f"There are {len(written.files)} files; say where they go with --folder.")

    def write_files(self, files: tuple[ExportedFile, ...], folder: Path) -> None:
        """Files that are there are left alone: none of them is written over."""
        there = [file.path for file in files if (folder / file.path).exists()]
        if there:
            raise CommandError(
                f"{make_visible(str(folder / there[0]))} is there already; nothing was written."
            )
        try:
            for file in files:
                (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
                (folder / file.path).write_bytes(file.text.encode())
        except OSError as error:
            raise CommandError(f"The files can't be written: {error}") from error
        self.stdout.write(f"Wrote {len(files)} files to {folder}.")
