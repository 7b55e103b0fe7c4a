from __future__ import annotations

from os.path import normpath
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.management.find_principal import find_principal
from configs.domain.imports import ImportResult, SourceFile, import_files
from configs.formats.drafts import Fate, Finding
from configs.formats.registry import FORMATS
from configs.management.find_team import find_team
from events.errors import DomainError
from events.text import make_visible

ENDINGS = frozenset({".md", ".markdown", ".json", ".jsonc", ".yaml", ".yml"})
WORDS = {"new": "new", "changed": "new version", "same": "there already"}


class Command(BaseCommand):
    help = "Make drafts of files (agents, prompts, models, rules) and say what became of every field."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files, or folders of them")
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--team", default="", help="the team's name")
        whose.add_argument("--everybody", action="store_true", help="for all teams; owners only")
        parser.add_argument("--as", dest="username", required=True, help="whose drafts they are")
        parser.add_argument(
            "--format", default="", choices=["", *sorted(FORMATS)], help="default: as it looks"
        )
        parser.add_argument("--dry-run", action="store_true", help="say only what would be made")

    def handle(self, *args: Any, paths: list[Path], **options: Any) -> None:
        principal = find_principal(options["username"])
        team = None if options["everybody"] else find_team(options["team"])
        try:
            result = import_files(
                principal=principal,
                team=team,
                files=[file for path in paths for file in read_path(path)],
                format_name=options["format"],
                dry_run=options["dry_run"],
            )
        except DomainError as error:
            raise CommandError(f"{error.message} Nothing was imported.") from error
        self.report(result)

    def report(self, result: ImportResult) -> None:
        for file in result.files:
            self.stdout.write(f"{make_visible(file.name)}: {file.label}")
            for finding in file.findings:
                line = f"  {finding.fate}: {describe_finding(finding)}"
                is_plain = finding.fate == Fate.MAPPED
                self.stdout.write(line if is_plain else self.style.WARNING(line))
        for outcome in result.outcomes:
            would = "would be " if result.is_dry_run and outcome.state != "same" else ""
            what = f"{outcome.kind} {make_visible(outcome.name)}, version {outcome.number}"
            self.stdout.write(f"{would}{WORDS[outcome.state]}: {what}")
            for difference in outcome.differences if outcome.state == "changed" else ():
                self.stdout.write(f"  {difference.field}")
        if result.is_dry_run:
            self.stdout.write("Nothing was written.")


def describe_finding(finding: Finding) -> str:
    parts = [finding.draft, finding.key + (f" → {finding.field}" if finding.field else ""), finding.value]
    return ": ".join(part for part in [*parts, finding.sentence] if part)


def read_path(path: Path) -> list[SourceFile]:
    """The file, or those inside the folder whose endings are known; links are not followed."""
    try:
        if not path.is_dir():
            # The folder it stands in helps to tell its format.
            return [SourceFile("/".join(Path(normpath(path.absolute())).parts[-2:]), path.read_bytes())]
        found = sorted(
            item
            for item in path.rglob("*")
            if item.suffix.lower() in ENDINGS and item.is_file() and not item.is_symlink()
        )
        return [SourceFile(item.relative_to(path).as_posix(), item.read_bytes()) for item in found]
    except OSError as error:
        raise CommandError(f"The file can't be read: {error}") from error
