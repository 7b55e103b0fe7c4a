"""The reply outbox's worker: decisions and answers on their way to the engine, each followed to its end.

Look first, claim, post. A `once` or an answer is only posted while its tool call waits; a claim that did not
come to an end, because a process died or a call timed out, is resolved by asking the engine.
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Any

from django.utils import timezone

from governance.domain.replies import (
    claim_reply,
    confirm_reply,
    orphan_reply,
    record_accepted,
    requeue_reply,
)
from governance.enums import CloseReason, Reply
from relay.arguments import find_parts
from relay.domain.deliveries import (
    Delivery,
    is_open,
    list_unsettled_deliveries,
    record_refused,
)
from relay.domain.open_calls import OpenCall
from relay.due import Due
from relay.endings import close_dead
from relay.link import EngineLink
from relay.liveness import find_end, list_waiting, read_busy
from relay.opencode.client import Listing, ReplyOutcome
from relay.opencode.errors import EngineError, EngineUnauthorized
from relay.opencode.records import PermissionAsk, Question
from relay.outcomes import End, judge_outcome

CONCURRENT_DELIVERIES = 8
# When the engine could not be asked whether a call still waits, the reply stays queued for this long.
LOOK_AGAIN_S = 1.0
# The event that tells a reply's outcome gets this long to come before the engine's records are read.
EVENT_GRACE_S = 0.5


class Outbox:
    def __init__(self, link: EngineLink, due: Due[Delivery]) -> None:
        self.link = link
        self.due = due
        self.is_closing = False
        self._in_flight: dict[str, asyncio.Task[None]] = {}
        self._sessions: set[str] = set()
        self._not_before: dict[str, float] = {}

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                deliveries = await self.due.take()
                if not self.is_closing and self.link.is_ready.is_set():
                    self._start(group, deliveries)

    async def close(self, deadline_s: float) -> None:
        """Start nothing more, and give what is on its way time to get on record."""
        self.is_closing = True
        if self._in_flight:
            await asyncio.wait(list(self._in_flight.values()), timeout=deadline_s)

    def _start(self, group: asyncio.TaskGroup, deliveries: list[Delivery]) -> None:
        now_s = time.monotonic()
        for delivery in deliveries:
            session = delivery.call.session_id
            is_held = delivery.pk in self._in_flight or self._not_before.get(delivery.pk, 0) > now_s
            # One at a time for a session, in the order decided: a reject closes its other requests too.
            if is_held or session in self._sessions or len(self._in_flight) >= CONCURRENT_DELIVERIES:
                continue
            self._sessions.add(session)
            self._in_flight[delivery.pk] = group.create_task(self._deliver_and_free(delivery))

    async def _deliver_and_free(self, delivery: Delivery) -> None:
        try:
            await self._deliver(delivery)
        finally:
            self._in_flight.pop(delivery.pk, None)
            self._sessions.discard(delivery.call.session_id)
            self.due.look()

    async def _deliver(self, delivery: Delivery) -> None:
        self._not_before.pop(delivery.pk, None)
        if delivery.reply != Reply.REJECT and not await self._may_send(delivery):
            return
        claimed = await self.link.write(
            claim_reply, reply=delivery.row, epoch=self.link.lease.epoch, now=timezone.now()
        )
        if not claimed:
            return
        async with self.link.calls:
            outcome = await self._send(delivery)
        await self._record(delivery, outcome)

    async def _send(self, delivery: Delivery) -> ReplyOutcome:
        client, call = self.link.client, delivery.call
        if not call.is_question:
            return await client.reply_permission(
                call.directory, call.request_id, delivery.word, delivery.message
            )
        if delivery.reply == Reply.REJECT:
            return await client.reject_question(call.directory, call.request_id)
        return await client.reply_question(call.directory, call.request_id, delivery.answers)

    async def _may_send(self, delivery: Delivery) -> bool:
        """Whether the approved call still waits; if not, the approval comes to its end here."""
        try:
            why = delivery.objection or await find_end(self.link, delivery.call)
            if why:
                await self._give_up(delivery, why)
        except EngineUnauthorized:
            raise
        except EngineError:
            self._not_before[delivery.pk] = time.monotonic() + LOOK_AGAIN_S
            return False
        return not why

    async def _give_up(self, delivery: Delivery, why: str) -> None:
        """Orphan the approval and have the call rejected, unless an earlier attempt let it run.

        Raises EngineError.
        """
        if delivery.row.attempts:
            listing, busy, asked_at = await self._look(delivery.call)
            is_listed = listing.holds(delivery.call.request_id)
            if not is_listed:
                await self._settle(delivery, is_listed=is_listed, busy=busy, asked_at=asked_at)
                return
        await close_dead(self.link, [delivery.call], CloseReason.SESSION_ENDED, why)

    async def _look(self, call: OpenCall) -> tuple[Listing[Any], dict[str, str], datetime]:
        """(what waits, busy sessions, when the list was asked for). Raises EngineError."""
        asked_at = timezone.now()
        listing = await list_waiting(self.link, call.directory, is_question=call.is_question)
        return listing, await read_busy(self.link, call.directory), asked_at

    async def _record(self, delivery: Delivery, outcome: ReplyOutcome) -> None:
        row, now = delivery.row, timezone.now()
        if outcome is ReplyOutcome.ACCEPTED:
            await self.link.write(record_accepted, reply=row, now=now)
        elif outcome is ReplyOutcome.REFUSED:
            await self.link.write(record_refused, reply=row, now=now)
        elif outcome is ReplyOutcome.UNREACHABLE:
            await self.link.write(requeue_reply, reply=row, error="No connection to the engine.", now=now)
        elif outcome is ReplyOutcome.UNAUTHORIZED:
            await self.link.write(requeue_reply, reply=row, error="The engine refused us.", now=now)
            raise EngineUnauthorized("The engine refused our user name or password.")
        else:
            await self._look_up(delivery)

    async def _look_up(self, delivery: Delivery) -> None:
        """404, or no answer: the event may tell, else the list and the call's own record do."""
        await asyncio.sleep(EVENT_GRACE_S)
        try:
            listing, busy, asked_at = await self._look(delivery.call)
            is_listed = listing.holds(delivery.call.request_id)
            await self._settle(delivery, is_listed=is_listed, busy=busy, asked_at=asked_at)
        except EngineUnauthorized:
            raise
        except EngineError:
            return  # the next reconciliation settles it

    async def resolve(
        self,
        *,
        directory: str,
        permissions: Listing[PermissionAsk],
        questions: Listing[Question],
        asked_at: datetime,
        busy: dict[str, str] | None,
    ) -> None:
        """Settle replies of a directory that were sent before the engine was asked for its lists.

        Raises EngineError.
        """
        unsettled = await self.link.read(
            list_unsettled_deliveries, engine=self.link.engine, directory=directory, sent_before=asked_at
        )
        for delivery in unsettled:
            if delivery.pk not in self._in_flight:
                listing = questions if delivery.call.is_question else permissions
                is_listed = listing.holds(delivery.call.request_id)
                await self._settle(delivery, is_listed=is_listed, busy=busy, asked_at=asked_at)

    async def _settle(
        self,
        delivery: Delivery,
        *,
        is_listed: bool | None,
        busy: dict[str, str] | None,
        asked_at: datetime,
    ) -> None:
        if not await self.link.read(is_open, reply=delivery.row):
            return
        now = timezone.now()
        if is_listed:
            error = "The engine still waits for it."
            await self.link.write(requeue_reply, reply=delivery.row, error=error, now=now)
            return
        if is_listed is False and self._was_taken(delivery):
            await self.link.write(confirm_reply, reply=delivery.row, now=now)
            return
        parts = await self._read_statuses(delivery)
        is_busy = None if busy is None else delivery.call.session_id in busy
        outcome = judge_outcome(
            reply=delivery.reply,
            statuses=parts,
            is_listed=is_listed,
            is_busy=is_busy,
            was_accepted=delivery.accepted_at is not None,
            age_s=(asked_at - delivery.sent_at).total_seconds() if delivery.sent_at else 0.0,
        )
        if outcome.end is End.CONFIRMED:
            await self.link.write(confirm_reply, reply=delivery.row, now=now)
        elif outcome.end is End.ORPHANED:
            await self.link.write(orphan_reply, reply=delivery.row, why=outcome.why, now=now)

    def _was_taken(self, delivery: Delivery) -> bool:
        """The engine answered 200, and neither stream nor instance began anew since."""
        return delivery.accepted_at is not None and self.link.connection.is_unbroken_since(
            delivery.accepted_at, delivery.call.directory
        )

    async def _read_statuses(self, delivery: Delivery) -> list[str] | None:
        """Statuses of the call's parts; None when the message is gone or there was no call."""
        call = delivery.call
        if not call.message_id:
            return None
        async with self.link.calls:
            message = await self.link.client.get_message(call.directory, call.session_id, call.message_id)
        if message is None:
            return None
        return [part.status for part in find_parts(message.parts, call.call_id)]
