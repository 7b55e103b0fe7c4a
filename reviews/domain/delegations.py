"""Standing in for one another, for a time.

Only the holder of a seat gives it away, and nobody passes it on: what counts is always the delegator's own
right at the moment of the vote.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Team, User
from accounts.principal import Principal
from events.changes import Change, changes
from events.errors import Conflict, Invalid, NotFound, Refused
from events.identifiers import is_record_id
from events.text import read_lines
from reviews.domain.policies import list_people
from reviews.models import Delegation
from reviews.policies import can_delegate, can_revoke_delegation, can_see_delegation
from reviews.registry import list_kinds

MAX_REASON_LENGTH = 1000
MAX_LENGTH = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when, and for which kinds of reviews; none named are all."""

    starts_at: datetime
    ends_at: datetime
    kinds: list[str] = field(default_factory=list)


def create_delegation(
    *, principal: Principal, team: Team, delegate: User, window: Window, reason: str
) -> Delegation:
    """Let another person of the team take one's seat. Raises Refused or Invalid."""
    reason = read_lines(reason, field="reason", max_length=MAX_REASON_LENGTH)
    if not reason:
        raise Invalid("Say why.", field="reason")
    require_window(window, timezone.now())
    with changes(principal.actor) as change:
        if not can_delegate(principal, team):
            raise Refused("Only people of the team name somebody to stand in for them, in a session.")
        if delegate.pk == principal.user.pk or list_people(team, [delegate.pk]) != {delegate.pk}:
            raise Invalid("Name another person of the team.", field="delegate")
        delegation = Delegation.objects.create(
            team=team,
            delegator=principal.user,
            delegate=delegate,
            kinds=sorted(set(window.kinds)),
            starts_at=window.starts_at,
            ends_at=window.ends_at,
            reason=reason,
        )
        change.audit("delegation.create", delegation.subject, after=describe_delegation(delegation))
        announce_delegation(change, delegation, "created")
    return delegation


def require_window(window: Window, now: datetime) -> None:
    if window.ends_at <= max(window.starts_at, now):
        raise Invalid("It has to end after it begins, and not in the past.", field="ends_at")
    if window.ends_at - max(window.starts_at, now) > MAX_LENGTH:
        raise Invalid(f"It lasts at most {MAX_LENGTH.days} days.", field="ends_at")
    unknown = sorted(set(window.kinds) - set(list_kinds()))
    if unknown:
        raise Invalid(f"There are no reviews of the kind {unknown[0]!r}.", field="kinds")


def revoke_delegation(*, principal: Principal, delegation_id: str) -> Delegation:
    """End it now; votes given under it that have not led to a decision count no more."""
    with changes(principal.actor) as change:
        delegation = get_delegation(principal, delegation_id)
        if not can_revoke_delegation(principal, delegation):
            raise Refused("Only who gave it, who holds it, and the team's admins revoke a delegation.")
        values = {
            "revoked_at": timezone.now(),
            "revoked_by_id": principal.user.pk,
            "revoked_by_label": str(principal.user)[:200],
        }
        rows = Delegation.objects.filter(pk=delegation.pk, revoked_at=None)
        if not rows.filter(ends_at__gt=values["revoked_at"]).update(**values):
            raise Conflict("It has ended already.")
        for name, value in values.items():
            setattr(delegation, name, value)
        change.audit("delegation.revoke", delegation.subject, before=describe_delegation(delegation))
        announce_delegation(change, delegation, "revoked")
    return delegation


def get_delegation(principal: Principal, delegation_id: str) -> Delegation:
    """Raises NotFound for what does not exist and for what this principal may not see, alike."""
    rows = Delegation.objects.select_related("team", "delegator", "delegate").filter(pk=delegation_id)
    delegation = rows.first() if is_record_id(delegation_id) else None
    if delegation is None or not can_see_delegation(principal, delegation):
        raise NotFound("There is no such delegation.")
    return delegation


def describe_delegation(delegation: Delegation) -> dict[str, Any]:
    return {
        "team": delegation.team_id,
        "delegator": delegation.delegator_id,
        "delegate": delegation.delegate_id,
        "kinds": delegation.kinds,
        "starts_at": delegation.starts_at.isoformat(),
        "ends_at": delegation.ends_at.isoformat(),
    }


def announce_delegation(change: Change, delegation: Delegation, kind: str) -> None:
    """Both hear of it, and nobody else needs to."""
    for person in (delegation.delegator_id, delegation.delegate_id):
        change.event(
            f"delegation.{kind}",
            delegation.subject,
            topic="reviews",
            audience=f"user:{person}",
            words={"team": delegation.team_id, "kinds": delegation.kinds},
        )
