"""People decide. A vote begins with the conditional UPDATE of the request, which takes its lock."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.domain.recent_login import require_recent_login
from accounts.models import User
from accounts.principal import Principal
from events.actors import Door
from events.changes import Change, changes
from events.errors import Conflict, NotFound, Refused
from events.prepared import PreparedUpdate
from events.text import is_storable, read_lines
from governance.domain.announce import announce_request
from governance.domain.pace import find_quick_run
from governance.domain.replies import queue_reply
from governance.enums import Confirmation, Reply, RequestState, Risk
from governance.models import PermissionRequest
from governance.policies import can_decide, explain_not_deciding
from governance.prepared_queries import find_request_to_decide, read_approvals, read_state
from reviews.domain.votes import cast_vote
from reviews.enums import Verdict
from reviews.models import Vote

MAX_REASON_LENGTH = 4000


@dataclass(frozen=True, slots=True)
class Outcome:
    """`is_decided` is False when more approvals are needed."""

    request: PermissionRequest
    is_decided: bool


def approve_request(
    *,
    principal: Principal,
    request_id: str,
    fingerprint: str,
    reason: str = "",
    confirmed: Collection[Confirmation] = (),
) -> Outcome:
    """Vote for it; with the last approval needed it is approved and the reply is queued.

    `confirmed`: what the door has asked the person before. Raises NotFound, Refused, Invalid, or Conflict
    (decided, overdue, changed since shown, voted already, a confirmation is missing).
    """
    return decide(principal, request_id, fingerprint, reason, Verdict.APPROVE, confirmed)


def deny_request(*, principal: Principal, request_id: str, fingerprint: str, reason: str = "") -> Outcome:
    """One denial ends it. `reason` goes to the agent, which then goes on; without one its turn stops."""
    return decide(principal, request_id, fingerprint, reason, Verdict.DENY)


def decide(
    principal: Principal,
    request_id: str,
    fingerprint: str,
    reason: str,
    verdict: Verdict,
    confirmed: Collection[Confirmation] = (),
) -> Outcome:
    reason = read_lines(reason, field="reason", max_length=MAX_REASON_LENGTH)
    now = timezone.now()
    refuse_ended(principal, request_id, fingerprint, now)
    with changes(principal.actor) as change:
        request = get_request_to_decide(principal, request_id)
        refusal = explain_not_deciding(principal, request)
        if refusal:
            raise Refused(refusal, subject_kind="permission_request", subject_id=request.pk)
        if verdict == Verdict.APPROVE and request.is_pending:
            require_confirmations(principal, request, confirmed, now)
        take_lock(request, fingerprint, verdict, now)
        cast_vote(
            change=change,
            principal=principal,
            subject=request.subject,
            verdict=verdict,
            reason=reason,
            fingerprint=fingerprint,
        )
        count_approvals(request)
        if verdict == Verdict.APPROVE and request.approvals < request.approvals_needed:
            announce_request(change, request, "voted")
            return Outcome(request, is_decided=False)
        close_decided(change, principal, request, verdict, reason, now)
    return Outcome(request, is_decided=True)


def require_confirmations(
    principal: Principal, request: PermissionRequest, confirmed: Collection[Confirmation], now: datetime
) -> None:
    """Raise Conflict, or Refused for an old login, when this approval needs more than a press."""
    if request.is_sealed and request.risk == Risk.HIGH:
        if Confirmation.HIGH_RISK not in confirmed:
            raise Conflict(
                "It is of high risk: approve it on its page, where a word has to be typed.",
                code="confirmation_needed",
                state=request.state,
            )
        require_recent_login(principal)
    # A token's calls are a program's; what a program does quickly tires nobody.
    if principal.token is None and Confirmation.PAUSE not in confirmed:
        run = find_quick_run(user=principal.user, request=request, now=now)
        if run is not None:
            raise Conflict(run.sentence, code="pause_needed", state=request.state)


def count_approvals(request: PermissionRequest) -> None:
    """Set `approvals` from the votes: only those of people who may still decide count.

    The caller holds the row. Whoever lost the role since has no say in the decision that is made now.
    """
    request.approvals = read_approvals(request.pk)
    if request.approvals <= 1:
        return
    votes = Vote.objects.filter(
        subject_kind=request.subject.kind, subject_id=request.pk, verdict=Verdict.APPROVE
    )
    voters = User.objects.filter(pk__in=votes.values("voter_id"))
    counted = sum(can_decide(Principal(voter, Door.TASK), request) for voter in voters)
    if counted != request.approvals:
        PermissionRequest.objects.filter(pk=request.pk).update(approvals=counted)
        request.approvals = counted


def get_request_to_decide(principal: Principal, request_id: str) -> PermissionRequest:
    """Raises NotFound for what does not exist and for what this principal may not see, alike."""
    request = find_request_to_decide(principal, request_id)
    if request is None:
        raise NotFound("There is no such permission request.")
    return request


def refuse_ended(principal: Principal, request_id: str, fingerprint: str, now: datetime) -> None:
    """Raise the Conflict of a request that has ended, before anybody waits for the lock that writing takes.

    What has ended stays as it is, so this look is never too early to say so; a request that is still pending
    here says nothing. Whoever may not decide is left to `decide`, which has the refusal audited.
    """
    if read_state(request_id) in {None, RequestState.PENDING}:
        return
    looking = replace(principal)  # what is read of its rights now must not be what a decision rests on
    request = get_request_to_decide(looking, request_id)
    if not explain_not_deciding(looking, request):
        raise explain_conflict(request, fingerprint, now)


def take_lock(request: PermissionRequest, fingerprint: str, verdict: Verdict, now: datetime) -> None:
    """The conditional UPDATE every vote begins with; raises Conflict saying why it can't begin."""
    if not is_storable(fingerprint):
        raise explain_conflict(request, fingerprint, now)
    is_approval = verdict == Verdict.APPROVE
    if not TAKE_LOCK.run(is_approval, request_id=request.pk, now=now, fingerprint=fingerprint):
        raise explain_conflict(PermissionRequest.objects.get(pk=request.pk), fingerprint, now)


def build_lock(
    is_approval: bool, *, request_id: Any, now: Any, fingerprint: Any
) -> tuple[QuerySet[PermissionRequest], dict[str, Any]]:
    rows = PermissionRequest.objects.filter(
        pk=request_id, state=RequestState.PENDING, expires_at__gt=now, fingerprint=fingerprint
    )
    if is_approval:
        return rows.filter(sealed_at__isnull=False), {"approvals": F("approvals") + 1}
    return rows, {"approvals": F("approvals")}


TAKE_LOCK = PreparedUpdate(build_lock)


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
    if request.rule_id:
        return f"The rule {request.decided_by_label} {request.get_state_display()} it already."
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
    END.run(request_id=request.pk, **values)
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


END = PreparedUpdate(
    lambda request_id, **values: (
        PermissionRequest.objects.filter(pk=request_id, state=RequestState.PENDING),
        values,
    )
)
