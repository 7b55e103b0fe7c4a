"""Requests that end without a decision: time ran out, the engine dropped them, somebody withdrew them."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from accounts.principal import Principal
from engines.models import Engine
from events.actors import CLOCK_ACTOR, RELAY_ACTOR, Actor
from events.changes import Change, changes
from events.errors import Conflict, Refused
from governance.content import show_directory
from governance.domain.announce import announce_request
from governance.domain.decide import describe_end
from governance.domain.replies import orphan_reply, queue_reply, reject_again
from governance.enums import CloseReason, Reply, ReplyState, RequestSource, RequestState
from governance.models import EngineReply, PermissionRequest
from governance.policies import can_cancel_request
from governance.queries import get_request, list_by_engine_id

BATCH = 200
TIMED_OUT_MESSAGE = (
    "Nobody answered this request in time, so it was denied by default. Do not repeat it; ask the user."
)


def close_request(
    change: Change,
    request: PermissionRequest,
    *,
    state: RequestState,
    reason: CloseReason,
    now: datetime,
    closed_by: PermissionRequest | None = None,
) -> bool:
    """Conditional close of a pending request, in the caller's transaction; False when it had moved on."""
    closed = PermissionRequest.objects.filter(pk=request.pk, state=RequestState.PENDING).update(
        state=state, close_reason=reason, decided_at=now, closed_by=closed_by
    )
    if not closed:
        return False
    request.state, request.close_reason, request.decided_at, request.closed_by = state, reason, now, closed_by
    change.audit(
        f"permission_request.{state.value}",
        request.subject,
        before={"state": RequestState.PENDING},
        after={"state": state, "reason": reason, "closed_by": closed_by.pk if closed_by else None},
    )
    announce_request(change, request, state.value)
    return True


def cancel_request(*, principal: Principal, request_id: str) -> PermissionRequest:
    """Withdraw what one asked for through the API."""
    with changes(principal.actor) as change:
        request = get_request(principal, request_id)
        if not can_cancel_request(principal, request):
            raise Refused(
                "Only whoever asked withdraws a request.",
                subject_kind="permission_request",
                subject_id=request.pk,
            )
        if not close_request(
            change, request, state=RequestState.CANCELLED, reason=CloseReason.WITHDRAWN, now=timezone.now()
        ):
            current = PermissionRequest.objects.get(pk=request.pk)
            facts = {"state": current.state, "decided_by": current.decided_by_label}
            raise Conflict(describe_end(current), code="already_decided", **facts)
    return request


def expire_overdue_requests(*, now: datetime) -> int:
    """Deny by default what nobody answered; the agent hears why. Returns how many."""
    overdue = PermissionRequest.objects.filter(state=RequestState.PENDING, expires_at__lte=now).order_by("pk")
    count = 0
    for request in overdue[:BATCH]:
        with changes(CLOCK_ACTOR) as change:
            if close_request(
                change, request, state=RequestState.EXPIRED, reason=CloseReason.TIMED_OUT, now=now
            ):
                queue_reply(change, request, reply=Reply.REJECT, message=TIMED_OUT_MESSAGE)
                count += 1
    return count


def pending_of(engine: Engine) -> QuerySet[PermissionRequest]:
    return PermissionRequest.objects.filter(engine=engine, state=RequestState.PENDING).order_by("pk")


def close_dead_requests(
    *,
    rows: QuerySet[PermissionRequest],
    reason: CloseReason,
    now: datetime,
    why: str = "",
    actor: Actor = RELAY_ACTOR,
) -> int:
    """Their tool calls no longer wait: pending ones expire, approvals that were not sent yet are orphaned.

    The engine may still list them and would run a late `once`, so each gets a `reject`. An approval that
    was sent is left alone: whether it arrived in time is for the engine to say. `why` is what a person
    reads, the reason's own words when it is empty.
    """
    count = 0
    with changes(actor) as change:
        for request in rows.filter(state=RequestState.PENDING).order_by("pk"):
            if close_request(change, request, state=RequestState.EXPIRED, reason=reason, now=now):
                queue_reply(change, request, reply=Reply.REJECT)
                count += 1
        for reply in unsent_approvals().filter(request__in=rows):
            if orphan_reply(reply=reply, why=why or reason.label, now=now):
                queue_reply(change, reply.asked, reply=Reply.REJECT)
                count += 1
    return count


def unsent_approvals() -> QuerySet[EngineReply]:
    return (
        EngineReply.objects.filter(reply=Reply.ONCE, state=ReplyState.QUEUED)
        .select_related("request")
        .order_by("pk")
    )


def close_unlisted_requests(
    *,
    engine: Engine,
    directory: str,
    listed_ids: set[str],
    seen_before: datetime,
    reason: CloseReason,
    now: datetime,
) -> int:
    """The engine's list of a directory, fetched after `seen_before`, does not hold them: it dropped them."""
    with changes(RELAY_ACTOR) as change:
        gone = [
            request
            for request in pending_of(engine)
            .filter(directory=show_directory(directory), created_at__lt=seen_before)
            .exclude(source=RequestSource.GATE)
            if request.engine_request_id not in listed_ids
        ]
        return sum(
            close_request(change, request, state=RequestState.EXPIRED, reason=reason, now=now)
            for request in gone
        )


def reject_leftovers(*, engine: Engine, listed_ids: set[str], ended_before: datetime) -> int:
    """The engine still waits for what is closed here: answer it, so that nobody can let it run later.

    Returns how many rejects were queued; see `reject_again`.
    """
    rows = list_by_engine_id([engine.pk], listed_ids).filter(decided_at__lt=ended_before)
    return reject_again(rows.exclude(state=RequestState.PENDING), ended_before=ended_before)
