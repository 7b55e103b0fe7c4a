"""Who looks at a request: a hint for the others, never a lock. Whoever may decide may take it over."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from accounts.principal import Principal
from events.changes import Change, changes
from events.errors import Conflict, Refused
from governance.domain.announce import announce_request
from governance.domain.decide import describe_end
from governance.enums import RequestState
from governance.models import PermissionRequest
from governance.policies import explain_not_deciding
from governance.queries import get_request


def claim_request(*, principal: Principal, request_id: str, take_over_from: str = "") -> PermissionRequest:
    """Say that one looks at it. `take_over_from` is the id of the person who was shown as its holder.

    Raises NotFound, Refused, or Conflict (ended; or held by somebody else than was shown). One's own claim
    again changes nothing.
    """
    now = timezone.now()
    with changes(principal.actor) as change:
        request = get_request(principal, request_id)
        refuse(explain_not_deciding(principal, request), request)
        before = request.claimed_by_id
        if request.is_pending and before == principal.user.pk:
            return request
        free = Q(claimed_by=None) | Q(claimed_by=take_over_from) if take_over_from else Q(claimed_by=None)
        taken = PermissionRequest.objects.filter(
            free, pk=request.pk, state=RequestState.PENDING, expires_at__gt=now
        ).update(claimed_by=principal.user, claimed_at=now)
        if not taken:
            raise explain_conflict(request.pk)
        request.claimed_by, request.claimed_at = principal.user, now
        record(change, request, "permission_request.claim", before=before)
        announce_request(change, request, "claimed", claimed_by=str(principal.user)[:80])
    return request


def release_request(*, principal: Principal, request_id: str) -> PermissionRequest:
    """Nobody looks at it any more. Its holder may, and whoever may decide. Nothing held: nothing changes."""
    with changes(principal.actor) as change:
        request = get_request(principal, request_id)
        before = request.claimed_by_id
        if before != principal.user.pk:
            refuse(explain_not_deciding(principal, request), request)
        if request.is_pending and before is None:
            return request
        released = PermissionRequest.objects.filter(
            pk=request.pk, state=RequestState.PENDING, claimed_by=before
        ).update(claimed_by=None, claimed_at=None)
        if not released:
            raise explain_conflict(request.pk)
        request.claimed_by = request.claimed_at = None
        record(change, request, "permission_request.release", before=before)
        announce_request(change, request, "released")
    return request


def refuse(refusal: str, request: PermissionRequest) -> None:
    if refusal:
        raise Refused(refusal, subject_kind="permission_request", subject_id=request.pk)


def record(change: Change, request: PermissionRequest, verb: str, *, before: str | None) -> None:
    change.audit(
        verb,
        request.subject,
        before={"claimed_by": before},
        after={"claimed_by": request.claimed_by_id},
    )


def explain_conflict(request_id: str) -> Conflict:
    """Why a claim could not be taken or given back, told from the row as it is now."""
    request = PermissionRequest.objects.select_related("claimed_by").get(pk=request_id)
    if not request.is_pending:
        return Conflict(describe_end(request), code="already_decided", state=request.state)
    if request.is_overdue(timezone.now()):
        return Conflict("The time for this request has run out.", code="expired", state=request.state)
    holder = str(request.claimed_by) if request.claimed_by else ""
    sentence = f"{holder} looks at it." if holder else "Nobody holds it any more."
    return Conflict(sentence, code="claimed", state=request.state, claimed_by=holder)
