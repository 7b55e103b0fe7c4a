"""A verdict at the gate answers what the engine itself asks about the same call afterwards.

One tool call is one entry in the inbox: the engine may still announce it, even twice (a folder outside the
project, then the command). Each of these is answered once, and only for the same engine process, session,
call and arguments; call ids are the model provider's and repeat. Anything else is a request of its own.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from events.actors import ActorKind, Door
from events.changes import Change
from governance.content import RequestContent
from governance.domain.announce import announce_request
from governance.domain.gate_content import hash_arguments
from governance.domain.replies import queue_reply
from governance.enums import GateCallState, Reply, RequestSource, RequestState
from governance.models import GateCall, GatePresence, GateUse, PermissionRequest

GATE_ID = "gate"


def use_gate_verdict(
    change: Change, request: PermissionRequest, content: RequestContent, now: datetime
) -> bool:
    """Approve a sealed request of an engine by the verdict on its call; False: there is none that covers it.

    In the transaction that sealed it, so that nobody sees it waiting.
    """
    if request.source != RequestSource.ENGINE or not request.tool_call_id or content.arguments is None:
        return False
    call = find_verdict(request, content)
    if call is None or not note_use(call, request, now):
        return False
    values = {
        "state": RequestState.APPROVED,
        "decided_at": now,
        "decided_by_kind": ActorKind.SYSTEM,
        "decided_by_id": GATE_ID,
        "decided_by_label": describe_decider(call),
        "decision_door": Door.GATE,
    }
    if not PermissionRequest.objects.filter(pk=request.pk, state=RequestState.PENDING).update(**values):
        return False
    for name, value in values.items():
        setattr(request, name, value)
    change.audit(
        "permission_request.approve",
        request.subject,
        before={"state": RequestState.PENDING},
        after={"state": RequestState.APPROVED, "gate_call": call.pk, "gate_request": call.request_id},
    )
    announce_request(change, request, "approved")
    queue_reply(change, request, reply=Reply.ONCE)
    return True


def find_verdict(request: PermissionRequest, content: RequestContent) -> GateCall | None:
    """The newest call of this session and id, if it was let go before this request and is the same."""
    call = (
        GateCall.objects.filter(
            engine_id=request.engine_id, session_id=request.session_id, call_id=request.tool_call_id
        )
        .select_related("request")
        .order_by("-created_at", "-id")
        .first()
    )
    if call is None or call.state != GateCallState.RELEASED or call.released_at is None:
        return None
    is_same = call.argument_hash == hash_arguments(content.arguments)
    if not is_same or call.released_at > request.created_at:
        return None
    here = GatePresence.objects.filter(
        engine_id=request.engine_id, directory=call.directory, process=call.process, stale_at=None
    )
    return call if here.exists() else None


def note_use(call: GateCall, request: PermissionRequest, now: datetime) -> bool:
    """False when this verdict has answered such a request before."""
    try:
        with transaction.atomic():
            GateUse.objects.create(call=call, permission=request.permission, request=request, created_at=now)
    except IntegrityError:
        return False
    return True


def describe_decider(call: GateCall) -> str:
    decider = call.request.decided_by_label if call.request else ""
    return f"{decider or 'Countersign'}, at the gate"[:200]
