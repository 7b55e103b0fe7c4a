from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import Team
from events.errors import Invalid
from events.identifiers import is_record_id
from governance.domain.replay import Tally, replay_history
from governance.management.commands.export_rules import find_team
from governance.models import PermissionRequest, WhitelistAction, WhitelistTarget
from governance.rule_checks import check_draft
from governance.rule_drafts import Draft, RuleDraft, read_content, read_draft


class Command(BaseCommand):
    help = "Hold a rule, or a draft from standard input, against a team's whole past; prints one JSON object."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("rule", metavar="RULE", help="a rule's id, or - for a draft as JSON")
        parser.add_argument("--team", default="", help="the team's name, for a draft")
        parser.add_argument("--days", type=int, help="no older than this")
        parser.add_argument("--limit", type=int, help="at most so many requests, the newest")

    def handle(self, *args: Any, **options: Any) -> None:
        team, draft, rule_id = self.read_rule(options["rule"], options["team"])
        days = options["days"]
        since = timezone.now() - timedelta(days=days) if days else None
        tally = Tally()
        for tally in replay_history(
            team=team, draft=draft, rule_id=rule_id, since=since, limit=options["limit"]
        ):
            if sys.stderr.isatty():
                self.stderr.write(f"{tally.seen} requests", ending="\r")
        self.stdout.write(json.dumps({**tally.to_result(), "requests": show_examples(tally)}, indent=2))

    def read_rule(self, rule: str, team_name: str) -> tuple[Team, Draft, str]:
        if rule != "-":
            row = find_rule(rule)
            return row.team, read_draft(row), row.pk
        team = find_team(team_name)
        try:
            draft = read_content(json.load(sys.stdin), RuleDraft)
            return team, check_draft(draft, team=team, now=timezone.now()), ""
        except Invalid as error:
            raise CommandError(error.message) from error
        except (ValueError, TypeError, AttributeError) as error:
            raise CommandError("A draft is a JSON object with name, value, effect and more.") from error


def find_rule(rule_id: str) -> WhitelistAction | WhitelistTarget:
    if is_record_id(rule_id):
        for model in (WhitelistAction, WhitelistTarget):
            row: Any = model._default_manager.select_related("team").filter(pk=rule_id).first()
            if row is not None:
                found: WhitelistAction | WhitelistTarget = row
                return found
    raise CommandError("There is no such rule.")


def show_examples(tally: Tally) -> dict[str, dict[str, str]]:
    """{id: {what was asked, secrets masked, and what became of it}} of the examples."""
    ids = [key for found in tally.changed.values() for key in found["examples"]]
    rows = PermissionRequest.objects.filter(pk__in=ids).only("summary", "state", "directory")
    return {row.pk: {"asked": row.summary, "state": row.state, "directory": row.directory} for row in rows}
