"""What the log says of permission requests and questions: state words and ids, never content."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from events.changes import Change
from governance.models import EngineReply, PermissionRequest, Question


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


def announce_question(change: Change, question: Question, kind: str) -> None:
    change.event(
        f"question.{kind}",
        question.subject,
        topic="requests",
        audience=f"team:{question.team_id}",
        words={
            "state": question.state,
            "item_count": question.item_count,
            "answered_by": question.answered_by_label[:80],
            "close_reason": question.close_reason,
            "engine": question.engine_id,
            "chat": question.chat_id,
        },
    )


def announce_delivery(change: Change, reply: EngineReply, team_id: str) -> None:
    facts: dict[str, Any] = {
        "topic": "requests",
        "audience": f"team:{team_id}",
        "words": {"reply": reply.reply, "delivery": reply.state},
    }
    if reply.question_id:
        change.event("question.delivery", reply.subject, **facts)
    else:
        change.event("permission_request.delivery", reply.subject, **facts)
