"""A team is retired for good: its members' rights in it end, its history stays.

What speaks against it lies in apps further right, which register it: engines that run, requests that wait.
"""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone

from accounts.domain.teams import subject_of
from accounts.domain.users import announce_rights
from accounts.models import Team
from accounts.policies import can_retire_team
from accounts.principal import Principal
from accounts.queries import list_members
from events.changes import changes, lock_rows
from events.errors import Conflict, Refused

# What of this team still runs, as the end of "The team still has …"; "" for nothing.
Hold = Callable[[Team], str]
_holds: list[Hold] = []


def register_hold(hold: Hold) -> None:
    if hold not in _holds:
        _holds.append(hold)


def describe_holds(team: Team) -> str:
    """Why the team can't be retired now; "" when it can."""
    found = [words for hold in _holds if (words := hold(team))]
    return f"The team still has {' and '.join(found)}." if found else ""


def retire_team(*, principal: Principal, team: Team) -> None:
    """Raises Refused, or Conflict while something of it runs."""
    with changes(principal.actor) as change:
        if not can_retire_team(principal, team):
            raise Refused("Only owners retire teams.")
        [current] = lock_rows(Team.objects.filter(pk=team.pk))
        if current.retired_at is not None:
            raise Conflict("The team is retired already.")
        if holds := describe_holds(team):
            raise Conflict(f"{holds} Retire or close that first.")
        team.retired_at = timezone.now()
        Team.objects.filter(pk=team.pk).update(retired_at=team.retired_at)
        members = [membership.user for membership in list_members(team).order_by("user_id")]
        change.audit("team.retire", subject_of(team), after={"members": len(members)})
        for user in members:
            announce_rights(change, user)
