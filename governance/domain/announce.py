"""What the log says of a permission request: state words and ids, never content."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from events.actors import Subject
from events.changes import Change
from governance.models import EngineReply, PermissionRequest


def describe_state(request: PermissionRequest) -> dict[str, Any]:
    """State words of an event; at most 2 KB."""
    return {
        "state": request.state,
        "permission": request.permission[:80],
        "sealed": request.is_sealed,
        "approvals": request.approvals,
        "approvals_needed": request.approvals_needed,
        "decided_by": request.decided_by_label[:80],
        "close_reason": request.close_reason,
        "engine": request.engine_id,
        "chat": request.chat_id,
    }


def announce_request(
    change: Change, request: PermissionRequest, kind: str, *, person: User | None = None, **more: str
) -> None:
    """Tell the team, or `person` alone what concerns only their own list; `more`: further state words."""
    change.event(
        f"permission_request.{kind}",
        request.subject,
        topic="requests",
        audience=f"user:{person.pk}" if person else f"team:{request.team_id}",
        words={**describe_state(request), **more},
    )


def announce_delivery(change: Change, reply: EngineReply, team_id: str) -> None:
    change.event(
        "permission_request.delivery",
        Subject("permission_request", reply.request_id),
        topic="requests",
        audience=f"team:{team_id}",
        words={"reply": reply.reply, "delivery": reply.state},
    )
