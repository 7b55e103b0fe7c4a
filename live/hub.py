"""The hub: one per process. It follows the event log and hands each event to the local listeners.

The log in the database is the truth; the doorbell and the channel layer only say that it has grown. Every
event is read once and encoded once for all listeners of the process. A listener is either live (the hub
delivers to it) or catching up (it reads the log from its own cursor); it goes from the one to the other
at a moment when both cursors meet, so nothing is missed and nothing comes twice.

Everything here runs on one event loop, and the queries on one database thread. State is only changed
between awaits.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings
from django.db import Error as DatabaseProblem

from events import doorbell
from events.actors import Subject
from events.database_threads import DatabaseThread
from events.models import Event
from live import deltas
from live.courier import Subscriber
from live.deltas import Batch
from live.enums import CloseCode, FrameType, ListenerKind
from live.following import Following
from live.hints import follow_hints
from live.listeners import AudienceIndex, Listener
from live.messages import EventFrame, Frame, MarkFrame, ProtocolError
from live.pacing import Pacing
from live.queries import find_change, read_bounds, read_head, read_news, read_page
from live.rights import Caller, Rights, read_rights

logger = logging.getLogger(__name__)

PAGE_EVENTS = 100
RIGHTS_CHANGED = "user.rights_changed"


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. Rights are checked on the first tick after `rights_s`, hence within five seconds."""

    reconcile_s: float = 1.0
    rights_s: float = 4.0
    heartbeat_s: float = 15.0
    acknowledge_s: float = 5.0
    # How long the server's own buffer may refuse to take more for one client.
    stalled_s: float = 20.0
    # Between two looks at the log: commits that follow one another closely are read together.
    gather_s: float = 0.01
    # The same while nobody listens or waits.
    idle_gather_s: float = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Waiter:
    """Somebody who waits for an event about one subject after `since`."""

    since: int
    answer: asyncio.Future[int | None]


class Hub:
    def __init__(self, timing: Timing | None = None) -> None:
        self.timing = timing or Timing()
        self.cursor = 0
        # When the head of the log was last read, by the monotonic clock.
        self.looked_at_s = 0.0
        self.listeners: set[Listener] = set()
        self.index = AudienceIndex()
        self.waiters: defaultdict[Subject, set[Waiter]] = defaultdict(set)
        self.following = Following(self.lend_thread)
        self.rights_reads = 0
        self.rights_due_at = 0.0
        self.heartbeat_due_at = 0.0
        self.loop: asyncio.AbstractEventLoop | None = None
        self.is_started = False
        self.pacing: Pacing | None = None

    # Running -------------------------------------------------------------------------------------

    @property
    def is_running_here(self) -> bool:
        """Whether the hub follows the log on the event loop of the caller."""
        return self.is_started and self.loop is asyncio.get_running_loop()

    def require_running(self) -> None:
        """Raises ProtocolError unless the hub follows the log on the event loop of the caller."""
        if not self.is_running_here:
            raise ProtocolError(CloseCode.UNAVAILABLE)

    def lend_thread(self) -> DatabaseThread:
        """Raises ProtocolError while the hub does not run."""
        self.require_running()
        return self.thread

    async def run(self) -> None:
        """Follow the log until cancelled. May be run again, also on another loop."""
        if self.loop is not None:
            raise RuntimeError("the hub is running already")
        self.loop = asyncio.get_running_loop()
        self.pacing = pacing = Pacing()
        self.thread = DatabaseThread("countersign-hub")
        doorbell.add_ringer(self.ring)
        deltas.add_receiver(self.tell_followers)
        try:
            async with asyncio.TaskGroup() as group:
                if settings.REDIS_URL:
                    group.create_task(follow_hints(pacing.ring))
                    group.create_task(Subscriber(self.following).run())
                await self.start()
                await self.follow(pacing)
        finally:
            doorbell.remove_ringer(self.ring)
            deltas.remove_receiver(self.tell_followers)
            self.loop, self.pacing, self.is_started = None, None, False
            pacing.end_reading()
            self.send_away()
            await self.thread.aclose()

    def ring(self, _seq: int) -> None:
        """The doorbell, on any thread."""
        if (pacing := self.pacing) is not None:
            pacing.ring()

    def tell_followers(self, batch: Batch) -> None:
        """What a relay of this process has read, on its event loop."""
        if self.loop is asyncio.get_running_loop():
            self.following.deliver(batch)
        elif self.loop is not None:
            self.loop.call_soon_threadsafe(self.following.deliver, batch)

    async def start(self) -> None:
        """Stand at the head of the log; what was committed before is only replayed."""
        while not self.is_started:
            try:
                self.cursor = await self.thread.run(read_head)
                self.looked_at_s = time.monotonic()
            except DatabaseProblem:
                logger.exception("the hub can't read the event log; trying again")
                await asyncio.sleep(self.timing.reconcile_s)
            else:
                self.is_started = True

    def send_away(self) -> None:
        for listener in list(self.listeners):
            self.drop(listener, CloseCode.UNAVAILABLE)
        for waiters in self.waiters.values():
            for waiter in waiters:
                if not waiter.answer.done():
                    waiter.answer.set_result(None)

    async def follow(self, pacing: Pacing) -> None:
        self.rights_due_at = time.monotonic() + self.timing.rights_s
        self.heartbeat_due_at = time.monotonic() + self.timing.heartbeat_s
        while True:
            pacing.begin_reading()
            try:
                await self.check_rights_when_due()
                await self.read_news()
                pacing.end_reading()
            except DatabaseProblem as error:
                # Listeners stay: they hear nothing meanwhile, and their rights are read before they do.
                logger.warning("the hub can't read the event log just now: %s", type(error).__name__)
                await asyncio.sleep(self.timing.reconcile_s)
            self.beat_when_due()
            # A hint may get lost; the reconcile finds by the head row what it would have told.
            due_s = min(self.rights_due_at, self.heartbeat_due_at) - time.monotonic()
            await pacing.wait_for_ring(max(0.0, min(due_s, self.timing.reconcile_s)))
            is_attended = bool(self.listeners or self.waiters)
            timing = self.timing
            await pacing.gather(
                self.looked_at_s,
                pause_s=timing.gather_s,
                idle_pause_s=timing.gather_s if is_attended else timing.idle_gather_s,
            )

    async def reach(self, seq: int) -> None:
        """Have the log read up to `seq` without a pause."""
        while self.pacing is not None and self.cursor < seq:
            await self.pacing.wait_for_reading()

    def take_in(self, listener: Listener) -> None:
        self.listeners.add(listener)
        self.attend()

    def attend(self) -> None:
        if self.pacing is not None:
            self.pacing.attend()

    def beat_when_due(self) -> None:
        now = time.monotonic()
        if now < self.heartbeat_due_at:
            return
        self.heartbeat_due_at = now + self.timing.heartbeat_s
        for listener in self.listeners:
            if listener.is_live:
                listener.tell(FrameType.HEARTBEAT, max(self.cursor, listener.cursor))

    # Delivering ----------------------------------------------------------------------------------

    async def read_news(self) -> None:
        while True:
            head, events = await self.thread.run(read_news, self.cursor, PAGE_EVENTS)
            self.looked_at_s = time.monotonic()
            if head < self.cursor:
                self.start_again_from(head)
                return
            for event in events:
                if event.kind == RIGHTS_CHANGED:
                    await self.reload_rights_of(event.subject_id)
                self.deliver(event)
            if len(events) < PAGE_EVENTS:
                # Beyond the last event read: what lay in between has been pruned.
                self.cursor = max(self.cursor, head)
                return
            # The senders run and acknowledgements come in before the next page is dealt out.
            await asyncio.sleep(0)
            await self.check_rights_when_due()

    def deliver(self, event: Event) -> None:
        listeners = self.index.find(event.audience, event.topic)
        if listeners:
            frame = EventFrame.of(event)
            for listener in listeners:
                if not listener.offer(frame):
                    self.let_catch_up(listener)
        self.cursor = event.seq
        waiters = self.waiters.get(Subject(event.subject_kind, event.subject_id))
        for waiter in waiters or ():
            if event.seq > waiter.since and not waiter.answer.done():
                waiter.answer.set_result(event.seq)

    def let_catch_up(self, listener: Listener) -> None:
        """It has too much to acknowledge: it reads on by itself when it has, or is closed."""
        self.index.remove(listener)
        listener.is_live = False
        listener.cursor = max(listener.cursor, self.cursor)
        listener.wake()

    def start_again_from(self, head: int) -> None:
        """The log is shorter than what was read of it: the database was restored from a copy."""
        logger.error("the event log ends at %d, before %d; listeners are reset", head, self.cursor)
        self.cursor = head
        for listener in self.listeners:
            if listener.is_live:
                listener.skip_to(head)

    # Listening -----------------------------------------------------------------------------------

    async def join(self, listener: Listener, since: int | None) -> None:
        """Take it in with its rights; it then reads with `next_frames`. Raises ProtocolError."""
        self.require_running()
        # First, so that a change of its rights between the reading and the return finds it here.
        self.take_in(listener)
        await self.reload_rights([listener])
        if listener.close_code is CloseCode.RIGHTS_ENDED:
            raise ProtocolError(CloseCode.UNAUTHENTICATED)
        listener.refuse_when_closed()
        if since is None:
            # What was committed before it came is not news to it.
            await self.reach(await self.thread.run(read_head))
            listener.refuse_when_closed()
            listener.cursor = self.cursor
            self.go_live(listener)
            return
        bounds = await self.thread.run(read_bounds)
        await self.reach(bounds.head)
        listener.refuse_when_closed()
        if bounds.floor <= since <= bounds.head:
            listener.cursor = since
        else:
            listener.skip_to(self.cursor)

    def leave(self, listener: Listener) -> None:
        self.listeners.discard(listener)
        self.following.leave(listener)
        if listener.is_live:
            self.index.remove(listener)
            listener.is_live = False

    def drop(self, listener: Listener, code: CloseCode) -> None:
        self.leave(listener)
        listener.close(code)

    async def next_frames(self, listener: Listener) -> list[Frame]:
        """The next frames to send, at least one; raises ProtocolError when the socket has to end."""
        while not (frames := listener.take()):
            if listener.is_live:
                await listener.wait()
            elif listener.cursor >= self.cursor:
                self.go_live(listener)
            else:
                await self.catch_up(listener)
        return frames

    def go_live(self, listener: Listener) -> None:
        listener.is_live = True
        self.index.add(listener)
        if not listener.is_greeted:
            listener.is_greeted = True
            listener.tell(FrameType.READY, listener.cursor)

    async def catch_up(self, listener: Listener) -> None:
        """Replay one page of the log, as far as the client has acknowledged what it got before."""
        if not await listener.wait_for_room(self.timing.acknowledge_s):
            self.drop(listener, CloseCode.TOO_FAR_BEHIND)
            return
        rights = listener.rights
        page = await self.thread.run(
            read_page,
            rights=rights,
            topics=listener.topics,
            since=listener.cursor,
            until=self.cursor,
            limit=max(1, min(listener.room, PAGE_EVENTS)),
        )
        if listener.rights is not rights or listener.close_code is not None:
            # Read under rights that have changed meanwhile.
            return
        if page is None:
            listener.skip_to(self.cursor)
            return
        if all(listener.offer(EventFrame.of(event)) for event in page.events):
            listener.cursor = page.cursor

    # Waiting for one subject ---------------------------------------------------------------------

    async def wait_for_change(
        self, subject: Subject, *, since: int, timeout_s: float, caller: Caller | None = None
    ) -> int | None:
        """The seq of an event about `subject` after `since`; None when time or the right to it ends."""
        waiter = Waiter(since, asyncio.get_running_loop().create_future())
        self.waiters[subject].add(waiter)
        self.attend()
        guard = self.watch_rights(caller, waiter.answer) if caller is not None else None
        try:
            async with asyncio.timeout(timeout_s):
                if since < self.cursor:
                    # The hub is past it: what it has seen meanwhile stands in the log.
                    seen = await self.thread.run(find_change, subject, since)
                    if seen is not None:
                        return seen
                return await waiter.answer
        except TimeoutError:
            return None
        finally:
            self.waiters[subject].discard(waiter)
            if not self.waiters[subject]:
                del self.waiters[subject]
            if guard is not None:
                self.leave(guard)

    def watch_rights(self, caller: Caller, answer: asyncio.Future[int | None]) -> Listener:
        """A listener to nothing, so that its rights are read with everybody's; their end answers None."""
        guard = Listener(caller.credential, frozenset(), ListenerKind.LONG_POLL)
        guard.rights = caller.rights
        guard.waiter = answer
        self.take_in(guard)
        return guard

    # Waiting for any event -----------------------------------------------------------------------

    async def wait_for_events(
        self, caller: Caller, topics: frozenset[str], *, since: int, timeout_s: float
    ) -> None:
        """Until there is an event after `since` that the caller may hear, or the caller's rights change."""
        listener = Listener(caller.credential, topics, ListenerKind.LONG_POLL)
        # Read by the caller a moment ago, who looks again with those of then.
        listener.rights = caller.rights
        listener.cursor = since
        self.take_in(listener)
        try:
            async with asyncio.timeout(timeout_s):
                while not any(map(is_news, await self.next_frames(listener))):
                    pass
        except (TimeoutError, ProtocolError):
            return
        finally:
            self.leave(listener)

    # Rights --------------------------------------------------------------------------------------

    async def check_rights_when_due(self) -> None:
        if time.monotonic() >= self.rights_due_at:
            await self.reload_rights(self.listeners)
            self.rights_due_at = time.monotonic() + self.timing.rights_s

    async def reload_rights_of(self, user_id: str) -> None:
        await self.reload_rights([each for each in self.listeners if each.credential.user_id == user_id])

    async def reload_rights(self, listeners: Collection[Listener]) -> None:
        """In one query for all of them; those whose credential has ended are closed."""
        if not listeners:
            return
        self.rights_reads += 1
        number = self.rights_reads
        asked = list(listeners)
        rights = await self.thread.run(read_rights, {listener.credential for listener in asked})
        for listener in asked:
            if listener.close_code is not None or number < listener.rights_number:
                # A later question was answered before.
                continue
            listener.rights_number = number
            now_held = rights.get(listener.credential)
            if now_held is None:
                self.drop(listener, CloseCode.RIGHTS_ENDED)
            elif now_held == listener.rights:
                continue
            elif listener.kind is ListenerKind.LONG_POLL:
                # Its endpoint looks again, with the rights of now.
                self.drop(listener, CloseCode.RIGHTS_ENDED)
            else:
                self.move(listener, now_held)

    def move(self, listener: Listener, rights: Rights) -> None:
        if listener.is_live:
            self.index.remove(listener)
        listener.rights = rights
        if listener.is_live:
            self.index.add(listener)
        self.following.review(listener)


def is_news(frame: Frame) -> bool:
    """Whether it tells more than that nothing has happened."""
    return not isinstance(frame, MarkFrame) or frame.kind is FrameType.RESET


_hub = Hub()


def get_hub() -> Hub:
    """The hub of this process."""
    return _hub
