from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Team
from engines.models import Engine
from events.text import make_visible
from governance.domain.engine_blocks import export_rules


class Command(BaseCommand):
    help = "Write a team's rules as an engine's permission block; what is left out is said on standard error."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("team", metavar="TEAM", help="the team's name")
        parser.add_argument("--engine", default="", help="for this engine, by its name")
        parser.add_argument("--directory", default="", help="for this project directory")
        parser.add_argument("--agent", default="", help="for this agent")
        parser.add_argument(
            "--gate", action="store_true", help="the engine is behind the gate: hand exact commands over too"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        team = find_team(options["team"])
        engine_id = ""
        if options["engine"]:
            engine = Engine.objects.filter(team=team, name=options["engine"], retired_at=None).first()
            if engine is None:
                raise CommandError("The team has no such engine.")
            engine_id = engine.pk
        made = export_rules(
            team=team,
            engine_id=engine_id,
            directory=options["directory"],
            agent=options["agent"],
            behind_gate=options["gate"],
        )
        self.stdout.write(made.text, ending="")
        for item in made.left_out:
            self.stderr.write(f"left out: {make_visible(item.row.name)}: {item.sentence}")


def find_team(name: str) -> Team:
    team = Team.objects.filter(name=name, retired_at=None).first()
    if team is None:
        raise CommandError("There is no such team.")
    return team
