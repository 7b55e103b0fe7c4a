"""How a request's state reads: a word, an icon, a colour, and what became of the reply."""

from __future__ import annotations

from django.utils import timezone

from accounts.admin.display import Pill
from governance.enums import Reply, ReplyState, RequestState
from governance.models import EngineReply, PermissionRequest

DELIVERY_NOTES = {
    ReplyState.QUEUED: "reply waiting to be sent",
    ReplyState.SENT: "reply sent, not confirmed yet",
    ReplyState.FAILED: "the engine refused the reply",
}


def describe_request(request: PermissionRequest, reply: EngineReply | None) -> Pill:
    """The request's state as one pill; `reply` is its newest reply, if any."""
    if request.is_pending:
        return describe_pending(request)
    if request.state == RequestState.APPROVED:
        if reply is not None and reply.reply == Reply.ONCE and reply.state == ReplyState.ORPHANED:
            return Pill("approved, did not run", "warning", "warn", reply.last_error)
        return Pill("approved", "check", "ok", describe_delivery(reply))
    if request.state == RequestState.DENIED:
        return Pill("denied", "cross", "bad", describe_delivery(reply))
    icon = "clock" if request.state == RequestState.EXPIRED else "off"
    return Pill(request.get_state_display(), icon, "quiet", request.get_close_reason_display())


def describe_pending(request: PermissionRequest) -> Pill:
    if request.is_overdue(timezone.now()):
        return Pill("time ran out", "clock", "quiet", "being denied by default")
    if not request.is_sealed:
        return Pill("arriving", "hourglass", "info", "its arguments are on their way")
    return Pill("waiting", "hourglass", "wait")


def describe_delivery(reply: EngineReply | None) -> str:
    """What is worth saying of a reply that is not simply confirmed."""
    return DELIVERY_NOTES.get(ReplyState(reply.state), "") if reply is not None else ""
