"""Reads of health. Who sees what: `health.policies.can_see_check`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.principal import Principal
from events.errors import NotFound
from events.identifiers import is_record_id
from health.enums import Component, HealthState
from health.models import OWN_SUBJECT, STALE_AFTER, HealthChange, HealthCheck, HealthWatch
from health.policies import can_list_health, can_see_check

SHOWN_ALARMS = 5


@dataclass(frozen=True, slots=True)
class Alarms:
    """What people have to know on every page: the worst first, at most `SHOWN_ALARMS` of `count`.

    `silent_since`: when somebody last looked, while nobody does; None otherwise. What the checks say is then
    out of date, so none are named.
    """

    checks: tuple[HealthCheck, ...] = ()
    count: int = 0
    silent_since: datetime | None = None

    @property
    def more(self) -> int:
        """How many are not named."""
        return self.count - len(self.checks)

    def __bool__(self) -> bool:
        return bool(self.count or self.silent_since)


def list_checks(principal: Principal) -> QuerySet[HealthCheck]:
    """What is looked at and this principal may see. Tell `current_state`, never `state` alone."""
    return list_checks_ever(principal).filter(ended_at=None)


def list_checks_ever(principal: Principal) -> QuerySet[HealthCheck]:
    """Also what nobody looks at any more, for its history."""
    checks = HealthCheck.objects.select_related("team")
    if not can_list_health(principal):
        return checks.none()
    return checks if principal.sees_all_teams else checks.filter(team_id__in=principal.team_ids)


def get_check(principal: Principal, check_id: str) -> HealthCheck:
    """Raises NotFound also for what this principal may not see."""
    rows = HealthCheck.objects.select_related("team")
    check = rows.filter(pk=check_id).first() if is_record_id(check_id) else None
    if check is None or not can_see_check(principal, check):
        raise NotFound("There is no such health check.")
    return check


def list_changes(principal: Principal) -> QuerySet[HealthChange]:
    """The history of everything this principal may see, newest first."""
    changes = HealthChange.objects.select_related("health_check__team")
    if not can_list_health(principal):
        return changes.none()
    if principal.sees_all_teams:
        return changes
    return changes.filter(health_check__team_id__in=principal.team_ids)


def list_health_changes(check: HealthCheck) -> QuerySet[HealthChange]:
    """Its history, newest first, for whoever may see the check."""
    return HealthChange.objects.filter(health_check=check).order_by("-at", "-id")


def find_alarms(principal: Principal) -> Alarms:
    """In one query; nothing before anybody has ever looked."""
    if not can_list_health(principal):
        return Alarms()
    # Whoever looks is a part itself, looked at in every round: its age is the age of the newest round.
    looker = Q(component=Component.TASK, subject_id=OWN_SUBJECT)
    alarming = Q(state__in=sorted(HealthState.alarming()))
    if not principal.sees_all_teams:
        alarming &= Q(team_id__in=principal.team_ids)
    rows = HealthCheck.objects.filter(alarming | looker, ended_at=None)
    checks = sort_worst_first(rows)
    own = next((check for check in checks if check.is_looker), None)
    if own is not None and not own.is_current:
        return Alarms(silent_since=own.last_ping_at)
    seen = leave_out_consequences([check for check in checks if not check.is_looker])
    return Alarms(tuple(seen[:SHOWN_ALARMS]), len(seen))


def leave_out_consequences(checks: list[HealthCheck]) -> list[HealthCheck]:
    """Nothing is heard of an engine that is away: one alarm says it."""
    away = {check.subject_id for check in checks if check.component == Component.ENGINE}
    return [
        check for check in checks if check.component != Component.EVENT_STREAM or check.subject_id not in away
    ]


def find_silence(now: datetime | None = None) -> datetime | None:
    """When the last round of looking ended, if that is too long ago; None while all goes its way."""
    now = now or timezone.now()
    round_at = HealthWatch.objects.filter(pk=1).values_list("round_at", flat=True).first()
    return round_at if round_at is not None and now - round_at > STALE_AFTER else None


@dataclass(frozen=True, slots=True)
class HealthTotals:
    """Every component for monitoring: (kind, its stored state, when it was last looked at)."""

    components: list[tuple[str, HealthState, datetime | None]]
    round_at: datetime | None


def read_health_totals() -> HealthTotals:
    """Of the whole deployment, in two queries."""
    rows = HealthCheck.objects.filter(ended_at=None).order_by("component", "pk")
    columns = rows.values_list("component", "state", "last_ping_at")
    round_at = HealthWatch.objects.filter(pk=1).values_list("round_at", flat=True).first()
    return HealthTotals([(kind, HealthState(state), at) for kind, state, at in columns], round_at)


def sort_worst_first(checks: Iterable[HealthCheck]) -> list[HealthCheck]:
    """Of one badness: by component, then by name."""
    return sorted(
        checks, key=lambda check: (-check.current_state.rank, check.component, check.name, check.pk)
    )
