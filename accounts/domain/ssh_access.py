"""Telling a team's sandbox that who may log in has changed; it fetches the list anew."""

from __future__ import annotations

from accounts.models import Team, User
from accounts.queries import list_sandbox_teams
from events.actors import Subject
from events.changes import Change


def announce_access(change: Change, team: Team) -> None:
    change.event("ssh_access.changed", Subject("team", team.pk), topic="notices", audience=team.audience)


def announce_access_of(change: Change, user: User) -> None:
    """To every team whose sandbox this user may log in to."""
    for team in list_sandbox_teams(user).order_by("pk"):
        announce_access(change, team)
