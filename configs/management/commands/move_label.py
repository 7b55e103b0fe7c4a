from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from accounts.management.find_principal import find_principal
from accounts.models import Team
from accounts.principal import Principal
from configs.domain.labels import ChangeRequested, LabelMoved, Outcome, move_label
from configs.kinds import KINDS
from configs.management.find_team import find_team
from configs.models import Configured
from configs.queries import list_objects
from events.errors import DomainError
from events.management.readiness import require_ready_database
from events.text import is_storable, make_visible


class Command(BaseCommand):
    help = "Put a label on a version of something a team configured; a protected label is asked for instead."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("team", metavar="TEAM", help="the team's name")
        parser.add_argument("kind", metavar="KIND", choices=sorted(KINDS), help=", ".join(sorted(KINDS)))
        parser.add_argument("name", metavar="NAME", help="its name; a model's is PROVIDER/IDENTIFIER")
        parser.add_argument("label", metavar="LABEL", help="such as staging or production")
        parser.add_argument("version", metavar="VERSION", nargs="?", type=int, help="the version's number")
        parser.add_argument("--drop", action="store_true", help="take the label away; without VERSION")
        parser.add_argument("--as", dest="username", required=True, help="who moves it, or asks for it")
        parser.add_argument("--reason", default="", help="why, for whoever approves it")

    def handle(self, *args: Any, version: int | None, drop: bool, **options: Any) -> None:
        """Nothing is approved here: whoever approves is somebody else, and logged in."""
        if drop != (version is None):
            raise CommandError("Name either the VERSION that the label goes to, or --drop.")
        require_ready_database()
        principal, team = find_principal(options["username"]), find_team(options["team"])
        row = find_row(principal, team, options["kind"], options["name"])
        try:
            outcome = move_label(
                principal=principal,
                kind=row.kind,
                object_id=row.pk,
                label=options["label"],
                number=version,
                reason=options["reason"],
            )
        except DomainError as error:
            raise CommandError(f"{error.message} Nothing was changed.") from error
        self.stdout.write(describe(outcome, row, version))


def find_row(principal: Principal, team: Team, kind: str, name: str) -> Configured:
    """What the team itself has of this name. Raises CommandError, also for what this person may not see."""
    rows = list_objects(principal, kind).filter(team=team, retired_at=None)
    row: Configured | None = rows.filter(key=name).first() if is_storable(name) else None
    if row is None:
        raise CommandError(f"{make_visible(str(team))} has no {KINDS[kind].label} {make_visible(name)}.")
    return row


def describe(outcome: Outcome, row: Configured, version: int | None) -> str:
    what = f"{outcome.label} of {KINDS[row.kind].label} {make_visible(row.name)}"
    match outcome:
        case ChangeRequested(review_id=review_id, is_new=is_new):
            page = reverse("admin:reviews_review_change", args=[review_id])
            waits = "now waits" if is_new else "waits already"
            return (
                f"Nothing has moved: {outcome.label} is protected. Review {review_id} {waits} for somebody "
                f"else's approval: {page}"
            )
        case LabelMoved(moved=0):
            return f"{what} is {'on no version' if version is None else f'on version {version}'} already."
        case _:
            return f"{what} is {'taken away' if version is None else f'on version {version} now'}."
