"""The engine says that a request was answered: by us, by the denial of a sibling, or past Countersign."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

from engines.models import Engine
from events.actors import RELAY_ACTOR, Subject
from events.changes import Change, changes
from governance.domain.close import close_request
from governance.domain.replies import confirm_reply, orphan_reply
from governance.enums import CloseReason, Reply, ReplyState, RequestState
from governance.models import EngineReply, PermissionRequest, Question
from governance.queries import list_by_engine_id

# A request that the engine opened just before our denial of another may be recorded just after it.
SIBLING_SLACK = timedelta(seconds=30)


class Answer(Enum):
    """What an engine's word on an answered request turned out to be."""

    CONFIRMED = "confirmed"  # ours, and now certain
    SIBLING = "sibling"  # closed by our denial of another request of the session
    FOREIGN_REJECT = "foreign_reject"  # somebody else denied it
    INCIDENT = "incident"  # somebody let it run past Countersign
    LATE = "late"  # ours after all, though we had given it up
    KNOWN = "known"  # nothing new
    NEVER_ASKED = "never_asked"  # we have no such request


def record_engine_reply(*, engine: Engine, engine_request_id: str, reply: str, now: datetime) -> Answer:
    """Record that the engine answered a request with `reply` (once, always or reject)."""
    with changes(RELAY_ACTOR) as change:
        request = list_by_engine_id([engine.pk], [engine_request_id]).first()
        if request is None:
            return Answer.NEVER_ASKED
        ours = request.replies.filter(reply=reply).order_by("-created_at", "-id").first()
        # Claimed once, it may have arrived, whatever its state says now.
        if ours is not None and (ours.attempts or reply == Reply.REJECT):
            is_overtaken = ours.state == ReplyState.QUEUED and not ours.attempts
            return settle_overtaken(ours, now) if is_overtaken else settle_ours(change, ours, now)
        if reply == Reply.REJECT:
            return record_foreign_reject(change, request, now)
        return record_incident(change, request, reply, now)


def settle_ours(change: Change, reply: EngineReply, now: datetime) -> Answer:
    if confirm_reply(reply=reply, now=now):
        return Answer.CONFIRMED
    if reply.state != ReplyState.ORPHANED or reply.reply != Reply.ONCE:
        return Answer.KNOWN
    # The row says that it did not reach a waiting call, and ended rows never change: the log has to say it.
    change.audit("reply.ran_after_all", reply.subject, after={"reply_id": reply.pk})
    notify(change, reply.asked, "notice.ran_after_all")
    return Answer.LATE


def settle_overtaken(reply: EngineReply, now: datetime) -> Answer:
    """Our denial was still queued when another one closed the session's requests."""
    if reply.message:
        orphan_reply(
            reply=reply, why="Another denial closed it first; this message did not reach the agent.", now=now
        )
    else:
        confirm_reply(reply=reply, now=now)
    return Answer.CONFIRMED


def record_foreign_reject(change: Change, request: PermissionRequest, now: datetime) -> Answer:
    open_reply = request.replies.filter(state__in=list(ReplyState.open())).first()
    if open_reply is None and not request.is_pending:
        return Answer.KNOWN
    sibling = find_denied_sibling(request)
    if open_reply is not None:
        orphan_reply(reply=open_reply, why="A denial closed the whole session's requests first.", now=now)
    reason = CloseReason.SIBLING_DENIED if sibling else CloseReason.ANSWERED_ELSEWHERE
    close_request(change, request, state=RequestState.CANCELLED, reason=reason, now=now, closed_by=sibling)
    if sibling is not None:
        return Answer.SIBLING
    change.audit("engine.foreign_reject", request.subject, after={"request": request.engine_request_id})
    notify(change, request, "notice.foreign_reject")
    return Answer.FOREIGN_REJECT


def find_denied_sibling(request: PermissionRequest) -> PermissionRequest | None:
    """The request of the same session whose `reject` we sent last while this one was open.

    The engine closes every open request of a session with one reject.
    """
    reply = (
        EngineReply.objects.filter(
            engine_id=request.engine_id,
            request__session_id=request.session_id,
            reply=Reply.REJECT,
            sent_at__gte=request.created_at - SIBLING_SLACK,
        )
        .exclude(request_id=request.pk)
        .select_related("request")
        .order_by("-sent_at")
        .first()
    )
    return reply.request if reply else None


def record_incident(change: Change, request: PermissionRequest, reply: str, now: datetime) -> Answer:
    """Somebody answered `once` or `always` in the engine itself: it ran without our approval."""
    if request.close_reason == CloseReason.ANSWERED_ELSEWHERE:
        return Answer.KNOWN
    open_reply = request.replies.filter(state__in=list(ReplyState.open())).first()
    if open_reply is not None:
        orphan_reply(reply=open_reply, why="Somebody answered it past Countersign.", now=now)
    close_request(
        change, request, state=RequestState.CANCELLED, reason=CloseReason.ANSWERED_ELSEWHERE, now=now
    )
    change.audit("engine.incident", request.subject, after={"reply": reply, "engine": request.engine_id})
    notify(change, request, "notice.incident")
    return Answer.INCIDENT


def record_unasked_incident(*, engine: Engine, session_id: str, engine_request_id: str, reply: str) -> None:
    """Something ran that Countersign was never asked about."""
    subject = Subject("engine", engine.pk)
    with changes(RELAY_ACTOR) as change:
        change.audit(
            "engine.incident",
            subject,
            after={"reply": reply, "session": session_id, "request": engine_request_id},
        )
        change.event(
            "notice.incident",
            subject,
            topic="notices",
            audience=engine.team.audience,
            words={"engine": engine.pk, "chat": None},
        )


def notify(change: Change, asked: PermissionRequest | Question, kind: str) -> None:
    change.event(
        kind,
        asked.subject,
        topic="notices",
        audience=f"team:{asked.team_id}",
        words={"engine": asked.engine_id, "chat": asked.chat_id},
    )
