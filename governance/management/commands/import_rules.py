from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.management.find_principal import find_principal
from events.errors import DomainError
from governance.domain.engine_blocks import import_rules, read_import
from governance.management.commands.export_rules import find_team


class Command(BaseCommand):
    help = "Make drafts of rules out of an engine's permission block, and say what can't be carried over."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="JSON; - for standard input")
        parser.add_argument("--team", required=True, help="the team's name")
        parser.add_argument("--as", dest="username", required=True, help="whose drafts they are")
        parser.add_argument("--directory", default="", help="limit them to this project directory")
        parser.add_argument("--dry-run", action="store_true", help="say only what would be made")

    def handle(self, *args: Any, **options: Any) -> None:
        team, principal = find_team(options["team"]), find_principal(options["username"])
        try:
            text = sys.stdin.read() if options["file"] == "-" else Path(options["file"]).read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"The file can't be read: {error}") from error
        directory = options["directory"]
        try:
            if options["dry_run"]:
                found = read_import(team=team, text=text, directory=directory)
            else:
                found = import_rules(principal=principal, team=team, text=text, directory=directory)
        except DomainError as error:
            raise CommandError(error.message) from error
        for draft in found.known:
            self.stdout.write(f"there already: {draft.name}")
        for name in [row.name for row in found.made] or [draft.name for draft in found.drafts]:
            self.stdout.write(f"{'would make' if options['dry_run'] else 'draft'}: {name}")
        for problem in found.problems:
            self.stderr.write(f"not carried over: {problem}")
