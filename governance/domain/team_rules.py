"""The one number that moves with every change of a team's rules, so that no process goes on with old ones."""

from __future__ import annotations

from django.db.models import F

from events.changes import Change
from governance.models import TeamRules


def bump_rules(change: Change, team_id: str) -> None:  # noqa: ARG001 - its block is the transaction
    """Called inside `change`, after the rules' own rows are written: rules, then this row, then the head."""
    rows = TeamRules.objects.filter(team_id=team_id)
    if not rows.update(version=F("version") + 1):
        TeamRules.objects.bulk_create([TeamRules(team_id=team_id)], ignore_conflicts=True)
        rows.update(version=F("version") + 1)
