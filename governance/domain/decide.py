"""People decide. A vote begins with the conditional UPDATE of the request, which takes its lock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.utils import timezone

from accounts.principal import Principal
from events.changes import Change, changes
from events.errors import Conflict, Refused
from events.text import is_storable, read_lines
from governance.domain.announce import announce_request
from governance.domain.replies import queue_reply
from governance.enums import Reply, RequestState
from governance.models import PermissionRequest
from governance.policies import explain_not_deciding
from governance.queries import get_request
from reviews.domain.votes import cast_vote
from reviews.enums import Verdict

MAX_REASON_LENGTH = 4000


@dataclass(frozen=True, slots=True)
class Outcome:
    """`is_decided` is False when more approvals are needed."""

    request: PermissionRequest
    is_decided: bool


def approve_request(*, principal: Principal, request_id: str, fingerprint: str, reason: str = "") -> Outcome:
    """Vote for it; with the last approval needed it is approved and the reply is queued.

    Raises NotFound, Refused, Invalid, or Conflict (decided, overdue, changed since shown, voted already).
    """
    return decide(principal, request_id, fingerprint, reason, Verdict.APPROVE)


def deny_request(*, principal: Principal, request_id: str, fingerprint: str, reason: str = "") -> Outcome:
    """One denial ends it. `reason` goes to the agent, which then goes on; without one its turn stops."""
    return decide(principal, request_id, fingerprint, reason, Verdict.DENY)


def decide(principal: Principal, request_id: str, fingerprint: str, reason: str, verdict: Verdict) -> Outcome:
    reason = read_lines(reason, field="reason", max_length=MAX_REASON_LENGTH)
    now = timezone.now()
    with changes(principal.actor) as change:
        request = get_request(principal, request_id)
        refusal = explain_not_deciding(principal, request)
        if refusal:
            raise Refused(refusal, subject_kind="permission_request", subject_id=request.pk)
        take_lock(request, fingerprint, verdict, now)
        cast_vote(
            principal=principal,
            subject=request.subject,
            verdict=verdict,
            reason=reason,
            fingerprint=fingerprint,
        )
        request.refresh_from_db(fields=["approvals"])
        if verdict == Verdict.APPROVE and request.approvals < request.approvals_needed:
            announce_request(change, request, "voted")
            return Outcome(request, is_decided=False)
        close_decided(change, principal, request, verdict, reason, now)
    return Outcome(request, is_decided=True)


def take_lock(request: PermissionRequest, fingerprint: str, verdict: Verdict, now: datetime) -> None:
    """The conditional UPDATE every vote begins with; raises Conflict saying why it can't begin."""
    if not is_storable(fingerprint):
        raise explain_conflict(request, fingerprint, now)
    rows = PermissionRequest.objects.filter(
        pk=request.pk, state=RequestState.PENDING, expires_at__gt=now, fingerprint=fingerprint
    )
    if verdict == Verdict.APPROVE:
        rows = rows.filter(sealed_at__isnull=False)
        taken = rows.update(approvals=F("approvals") + 1)
    else:
        taken = rows.update(approvals=F("approvals"))
    if not taken:
        raise explain_conflict(PermissionRequest.objects.get(pk=request.pk), fingerprint, now)


def explain_conflict(request: PermissionRequest, fingerprint: str, now: datetime) -> Conflict:
    facts = {
        "state": request.state,
        "decided_by": request.decided_by_label,
        "fingerprint": request.fingerprint,
    }
    if not request.is_pending:
        return Conflict(describe_end(request), code="already_decided", **facts)
    if request.is_overdue(now):
        return Conflict("The time for this request has run out.", code="expired", **facts)
    if request.fingerprint != fingerprint:
        return Conflict(
            "The request is not what was shown; look at it again.", code="stale_fingerprint", **facts
        )
    return Conflict("Its arguments have not arrived yet; it can only be denied.", code="unsealed", **facts)


def describe_end(request: PermissionRequest) -> str:
    """Who ended it and how, in one sentence."""
    if request.decided_by_label:
        return f"{request.decided_by_label} {request.get_state_display()} it already."
    return f"It is {request.get_state_display()}: {request.get_close_reason_display()}."


def close_decided(
    change: Change,
    principal: Principal,
    request: PermissionRequest,
    verdict: Verdict,
    reason: str,
    now: datetime,
) -> None:
    state = RequestState.APPROVED if verdict == Verdict.APPROVE else RequestState.DENIED
    values = {
        "state": state,
        "decided_at": now,
        "decided_by_kind": principal.actor.kind,
        "decided_by_id": principal.user.pk,
        "decided_by_label": str(principal.user)[:200],
        "decision_door": principal.door,
        "decision_message": reason,
    }
    PermissionRequest.objects.filter(pk=request.pk, state=RequestState.PENDING).update(**values)
    for name, value in values.items():
        setattr(request, name, value)
    change.audit(
        f"permission_request.{verdict.value}",
        request.subject,
        before={"state": RequestState.PENDING},
        after={"state": state, "fingerprint": request.fingerprint, "approvals": request.approvals},
    )
    announce_request(change, request, state.value)
    if verdict == Verdict.APPROVE:
        queue_reply(change, request, reply=Reply.ONCE)
    else:
        queue_reply(change, request, reply=Reply.REJECT, message=reason)
