"""The reply outbox: nothing is sent once and hoped for.

`queued → sent → confirmed | orphaned | failed`. A reply is claimed (`sent`) before it is posted, so a crash
at any point leaves a row that says "perhaps sent"; what became of it is then asked from the engine.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet

from events.actors import RELAY_ACTOR, Actor
from events.changes import Change, changes
from events.prepared import insert_rows
from events.text import make_storable
from governance.domain.announce import announce_delivery
from governance.enums import Reply, ReplyState, RequestSource
from governance.models import EngineReply, PermissionRequest, Question

FIRST_RETRY = timedelta(milliseconds=500)
LAST_RETRY = timedelta(seconds=60)
MAX_ATTEMPTS_COUNTED = 12


def queue_reply(
    change: Change, asked: PermissionRequest | Question, *, reply: Reply, message: str = ""
) -> EngineReply | None:
    """Put a reply into the outbox, in the caller's transaction; None for what no engine has asked.

    A call held at the gate is answered there: its plugin waits for the request itself.
    """
    if asked.engine_id is None or asked.source == RequestSource.GATE:
        return None
    about = {"question": asked} if isinstance(asked, Question) else {"request": asked}
    row = EngineReply(engine_id=asked.engine_id, reply=reply, message=message, **about)
    insert_rows([row])
    change.audit("reply.queue", asked.subject, after={"reply": reply, "reply_id": row.pk})
    announce_delivery(change, row, asked.team_id)
    return row


def reject_again(asked: QuerySet[Any], *, ended_before: datetime) -> int:
    """Reject once more what has ended here and an engine still waits for. Returns how many were queued.

    `ended_before` is when the engine's list was fetched: what was answered or tried since says nothing yet.
    """
    rows = asked.exclude(replies__state__in=list(ReplyState.open()))
    rows = rows.exclude(replies__ended_at__gte=ended_before).order_by("pk").distinct()
    with changes(RELAY_ACTOR) as change:
        return sum(queue_reply(change, row, reply=Reply.REJECT) is not None for row in rows)


def list_due_replies(*, engine_ids: Collection[str], now: datetime) -> QuerySet[EngineReply]:
    """Queued replies of these engines whose time has come, oldest first; nothing is claimed yet."""
    return EngineReply.objects.filter(
        engine_id__in=engine_ids, state=ReplyState.QUEUED, next_attempt_at__lte=now
    ).order_by("created_at", "id")


def claim_reply(*, reply: EngineReply, epoch: int, now: datetime) -> bool:
    """Take a queued reply for sending; False when somebody else took or ended it.

    The caller holds the engine's lease in the same transaction, and posts at once: `attempts` counts what
    may have reached the engine. What speaks against sending is looked at before, not after.
    """
    with changes(RELAY_ACTOR) as change:
        claimed = EngineReply.objects.filter(pk=reply.pk, state=ReplyState.QUEUED).update(
            state=ReplyState.SENT,
            sent_at=now,
            attempts=F("attempts") + 1,
            claimed_epoch=epoch,
            accepted_at=None,
        )
        if not claimed:
            return False
        reply.refresh_from_db(fields=["state", "sent_at", "attempts", "claimed_epoch", "accepted_at"])
        change.audit("reply.claim", reply.subject, after={"reply_id": reply.pk, "attempt": reply.attempts})
        announce_delivery(change, reply, reply.asked.team_id)
    return True


def record_accepted(*, reply: EngineReply, now: datetime) -> None:
    """The engine answered 200; the confirmation is still to come."""
    with changes(RELAY_ACTOR) as change:
        if EngineReply.objects.filter(pk=reply.pk, state=ReplyState.SENT).update(
            accepted_at=now, last_error=""
        ):
            change.audit("reply.accepted", reply.subject, after={"reply_id": reply.pk})


def requeue_reply(*, reply: EngineReply, error: str, now: datetime) -> bool:
    """It did not arrive: try again later, with back-off up to a minute, until it is confirmed or orphaned."""
    delay = min(FIRST_RETRY * 2 ** min(max(reply.attempts - 1, 0), MAX_ATTEMPTS_COUNTED), LAST_RETRY)
    return move_reply(reply, {ReplyState.SENT}, ReplyState.QUEUED, error=error, next_attempt_at=now + delay)


def confirm_reply(*, reply: EngineReply, now: datetime) -> bool:
    """The engine said so, or no longer lists what we answered with its 200."""
    return move_reply(reply, ReplyState.open(), ReplyState.CONFIRMED, ended_at=now)


def orphan_reply(*, reply: EngineReply, why: str, now: datetime, actor: Actor = RELAY_ACTOR) -> bool:
    """It can't have its effect any more: "approved, did not run". True when this call ended it."""
    return move_reply(reply, ReplyState.open(), ReplyState.ORPHANED, error=why, ended_at=now, actor=actor)


def fail_reply(*, reply: EngineReply, why: str, now: datetime) -> bool:
    """The engine refuses it for good (a 4xx that is not 404)."""
    return move_reply(reply, ReplyState.open(), ReplyState.FAILED, error=why, ended_at=now)


def move_reply(
    reply: EngineReply,
    expected: set[ReplyState] | frozenset[str],
    state: ReplyState,
    *,
    error: str = "",
    actor: Actor = RELAY_ACTOR,
    **values: datetime,
) -> bool:
    """Conditional transition; False when the row had moved on. `error` may be the engine's own words."""
    with changes(actor) as change:
        moved = EngineReply.objects.filter(pk=reply.pk, state__in=list(expected)).update(
            state=state, last_error=make_storable(error, 300), **values
        )
        if not moved:
            return False
        row = EngineReply.objects.select_related("request", "question").get(pk=reply.pk)
        change.audit(
            f"reply.{state.value}",
            row.subject,
            after={"reply_id": row.pk, "reply": row.reply, "error": row.last_error},
        )
        announce_delivery(change, row, row.asked.team_id)
    return True
