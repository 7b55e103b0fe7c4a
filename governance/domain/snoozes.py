"""Putting a request off: it leaves one person's own tab until then. Nobody else sees a difference."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.utils import timezone

from accounts.principal import Principal
from events.changes import changes
from events.errors import Conflict, Invalid, Refused
from governance.domain.announce import announce_request
from governance.domain.decide import describe_end
from governance.enums import SnoozeLength
from governance.models import PermissionRequest, RequestSnooze
from governance.policies import explain_not_snoozing
from governance.queries import get_request

# "Tomorrow" is when people begin to work, in the deployment's time zone.
MORNING = time(8)


def snooze_request(*, principal: Principal, request_id: str, length: str) -> RequestSnooze:
    """Hide it from this person until then, at most until it expires; again moves the end.

    `length` is one of `SnoozeLength`. Raises NotFound, Refused, Invalid, or Conflict (ended).
    """
    if length not in SnoozeLength.values:
        raise Invalid(f"Put it off for one of: {', '.join(SnoozeLength.values)}.", field="length")
    now = timezone.now()
    with changes(principal.actor) as change:
        request = get_request(principal, request_id)
        refuse_others(principal, request)
        require_waiting(request, now)
        until = min(end_of_snooze(SnoozeLength(length), now), request.expires_at)
        snooze, _ = RequestSnooze.objects.update_or_create(
            user=principal.user, request=request, defaults={"until": until, "created_at": now}
        )
        change.audit("permission_request.snooze", request.subject, after={"until": until.isoformat()})
        announce_request(change, request, "snoozed", person=principal.user, until=until.isoformat())
    return snooze


def unsnooze_request(*, principal: Principal, request_id: str) -> None:
    """Show it again at once. Not put off: nothing changes."""
    now = timezone.now()
    with changes(principal.actor) as change:
        request = get_request(principal, request_id)
        refuse_others(principal, request)
        gone, _ = RequestSnooze.objects.filter(user=principal.user, request=request).delete()
        if gone:
            change.audit("permission_request.unsnooze", request.subject, after={"at": now.isoformat()})
            announce_request(change, request, "unsnoozed", person=principal.user)


def refuse_others(principal: Principal, request: PermissionRequest) -> None:
    refusal = explain_not_snoozing(principal, request)
    if refusal:
        raise Refused(refusal, subject_kind="permission_request", subject_id=request.pk)


def require_waiting(request: PermissionRequest, now: datetime) -> None:
    if not request.is_pending:
        raise Conflict(describe_end(request), code="already_decided", state=request.state)
    if request.is_overdue(now):
        raise Conflict("The time for this request has run out.", code="expired", state=request.state)


def end_of_snooze(length: SnoozeLength, now: datetime) -> datetime:
    if length == SnoozeLength.TOMORROW:
        tomorrow = timezone.localdate(now) + timedelta(days=1)
        return timezone.make_aware(datetime.combine(tomorrow, MORNING))
    return now + {SnoozeLength.QUARTER: timedelta(minutes=15), SnoozeLength.HOUR: timedelta(hours=1)}[length]
