from __future__ import annotations

import sys
from functools import cache
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.db.models import Q

from accounts.models import Team
from governance.content import RequestContent
from governance.evaluation import evaluate_line, judge_for_team
from governance.matching.rules import Effect
from governance.matching.verdicts import Verdict

NO_TEAM = "The line brings no rules, and there is no team whose rules could be meant; name it with --team."


class Command(BaseCommand):
    help = (
        "Judge calls: one JSON object a line comes in, its verdict goes out. A line without rules of its own "
        "is judged by the stored ones of the team."
    )
    # Lines that bring their rules need neither database nor settings of a portal; whole files are judged.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--team", default="", help="name or id; may be left out where there is only one team"
        )

    def handle(self, *args: Any, team: str, **options: Any) -> None:
        judge_stored = judge_for_team(find_team(team)) if team else judge_for_only_team
        for line in sys.stdin:
            if line.strip():
                self.stdout.write(evaluate_line(line, judge_stored))
                self.stdout.flush()


def find_team(wanted: str) -> str:
    try:
        teams = list(Team.objects.filter(Q(pk=wanted) | Q(name=wanted), retired_at=None)[:2])
    except DatabaseError as error:
        raise CommandError(f"The teams can't be read: {error}") from error
    if len(teams) != 1:
        raise CommandError(f"There is no team {wanted!r}.")
    return str(teams[0].pk)


def judge_for_only_team(content: RequestContent) -> Verdict:
    team_id = find_only_team()
    return judge_for_team(team_id)(content) if team_id else Verdict(Effect.ASK, NO_TEAM)


@cache
def find_only_team() -> str:
    """Its id; "" without one, with several, and where no portal has been set up."""
    try:
        teams = list(Team.objects.filter(retired_at=None)[:2])
    except DatabaseError:
        return ""
    return str(teams[0].pk) if len(teams) == 1 else ""
