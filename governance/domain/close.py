"""Requests that end without a decision: time ran out, the engine dropped them, somebody withdrew them."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from accounts.principal import Principal
from engines.models import Engine
from events.actors import CLOCK_ACTOR, RELAY_ACTOR, Subject
from events.changes import Change, changes
from events.errors import Conflict, Refused
from governance.domain.announce import announce_request
from governance.domain.decide import describe_end
from governance.domain.replies import confirm_reply, orphan_reply, queue_reply
from governance.enums import CloseReason, Reply, ReplyState, RequestState
from governance.models import EngineReply, PermissionRequest
from governance.policies import can_cancel_request
from governance.queries import get_request

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
            raise Conflict(describe_end(PermissionRequest.objects.get(pk=request.pk)), code="already_decided")
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


def close_session_requests(
    *, engine: Engine, session_ids: list[str], reason: CloseReason, seen_before: datetime, now: datetime
) -> int:
    """A turn ended, was aborted, or its session was deleted: nothing of it may run any more.

    The engine may still list these requests and would run a late `once`, so each gets a `reject`;
    an approval that was not confirmed yet is orphaned first. `seen_before` guards against hints that
    are older than the request. Returns how many requests were closed.
    """
    with changes(RELAY_ACTOR) as change:
        count = 0
        for request in pending_of(engine).filter(session_id__in=session_ids, created_at__lt=seen_before):
            if close_request(change, request, state=RequestState.EXPIRED, reason=reason, now=now):
                queue_reply(change, request, reply=Reply.REJECT)
                count += 1
        for reply in unconfirmed_approvals(engine).filter(
            request__session_id__in=session_ids, request__created_at__lt=seen_before
        ):
            was_queued = reply.state == ReplyState.QUEUED
            if orphan_reply(reply=reply, why=reason.label, now=now) and was_queued:
                queue_reply(change, reply.request, reply=Reply.REJECT)
    return count


def unconfirmed_approvals(engine: Engine) -> QuerySet[EngineReply]:
    return (
        EngineReply.objects.filter(
            engine=engine, reply=Reply.ONCE, state__in=list(ReplyState.open()), accepted_at=None
        )
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
            for request in pending_of(engine).filter(directory=directory, created_at__lt=seen_before)
            if request.engine_request_id not in listed_ids
        ]
        return sum(
            close_request(change, request, state=RequestState.EXPIRED, reason=reason, now=now)
            for request in gone
        )


def record_engine_reply(*, engine: Engine, engine_request_id: str, reply: str, now: datetime) -> str:
    """The engine says that a request was answered. Returns what it was:

    "confirmed" (ours), "sibling" (closed by our denial of another), "foreign_reject",
    "incident" (somebody let it run past Countersign), or "unknown" (no such request, or known already).
    """
    with changes(RELAY_ACTOR) as change:
        request = PermissionRequest.objects.filter(engine=engine, engine_request_id=engine_request_id).first()
        if request is None:
            return "unknown"
        ours = request.replies.filter(reply=reply).order_by("-created_at").first()
        if ours is not None and ours.state != ReplyState.QUEUED:
            return confirm_sent(ours, now)
        if ours is not None and reply == Reply.REJECT:
            # Queued and not sent: a sibling's denial, or another's, was quicker with the same word.
            confirm_reply(reply=ours, now=now)
            return "confirmed"
        if reply == Reply.REJECT:
            return record_foreign_reject(change, request, now)
        return record_incident(change, request, reply, now)


def confirm_sent(reply: EngineReply, now: datetime) -> str:
    if reply.state != ReplyState.SENT:
        return "unknown"
    confirm_reply(reply=reply, now=now)
    return "confirmed"


def record_foreign_reject(change: Change, request: PermissionRequest, now: datetime) -> str:
    sibling = find_denied_sibling(request)
    open_reply = request.replies.filter(state__in=list(ReplyState.open())).first()
    if open_reply is not None:
        orphan_reply(reply=open_reply, why="A denial closed the whole session's requests first.", now=now)
    reason = CloseReason.SIBLING_DENIED if sibling else CloseReason.ANSWERED_ELSEWHERE
    close_request(change, request, state=RequestState.CANCELLED, reason=reason, now=now, closed_by=sibling)
    if sibling is not None:
        return "sibling"
    change.audit("engine.foreign_reject", request.subject, after={"request": request.engine_request_id})
    notify(change, request, "notice.foreign_reject")
    return "foreign_reject"


def find_denied_sibling(request: PermissionRequest) -> PermissionRequest | None:
    """The request of the same session whose `reject` we sent last: the engine closes all of them with it."""
    reply = (
        EngineReply.objects.filter(
            engine_id=request.engine_id,
            request__session_id=request.session_id,
            reply=Reply.REJECT,
            sent_at__isnull=False,
        )
        .exclude(request_id=request.pk)
        .select_related("request")
        .order_by("-sent_at")
        .first()
    )
    return reply.request if reply else None


def record_incident(change: Change, request: PermissionRequest, reply: str, now: datetime) -> str:
    """Somebody answered `once` or `always` in the engine itself: it ran without our approval."""
    open_reply = request.replies.filter(state__in=list(ReplyState.open())).first()
    if open_reply is not None:
        orphan_reply(reply=open_reply, why="Somebody answered it past Countersign.", now=now)
    close_request(
        change, request, state=RequestState.CANCELLED, reason=CloseReason.ANSWERED_ELSEWHERE, now=now
    )
    change.audit("engine.incident", request.subject, after={"reply": reply, "engine": request.engine_id})
    notify(change, request, "notice.incident")
    return "incident"


def notify(change: Change, request: PermissionRequest, kind: str) -> None:
    change.event(
        kind,
        Subject("permission_request", request.pk),
        topic="notices",
        audience=f"team:{request.team_id}",
        words={"engine": request.engine_id, "chat": request.chat_id},
    )
