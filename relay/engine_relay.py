"""The relay of one engine, under its lease: event stream, reconciliation, outbox, and the lease itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from dataclasses import dataclass
from typing import NoReturn

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from engines.enums import EngineState
from engines.lease_keeper import keep_lease
from engines.models import Engine
from events.database_threads import DatabaseThread
from events.egress import DEFAULT_ALLOW, AllowList
from events.encryption import reveal
from relay.domain.deliveries import Delivery
from relay.domain.leases import LEASES, Lease, LeaseLost
from relay.domain.ledger import find_misplaced, record_waiting
from relay.due import Due
from relay.ingest import Ingest
from relay.keyed_tasks import KeyedTasks
from relay.link import EVERYWHERE, EngineLink
from relay.mcp_watch import McpWatch
from relay.opencode.client import OpenCodeClient
from relay.opencode.errors import EngineError, EngineUnauthorized, EngineUnreachable
from relay.opencode.frames import Frame, ServerConnected
from relay.opencode.stream import follow
from relay.outbox import Outbox
from relay.prompts.work import Prompt, Stop
from relay.prompts.worker import PromptWorker
from relay.reconcile import Reconciler
from relay.stopping import TreeStops

logger = logging.getLogger(__name__)

TICK_S = 1.0
LOOK_EVERY_S = 15.0
# While something does not work, look more often.
LOOK_DEGRADED_EVERY_S = 5.0
LOOK_UNREADY_EVERY_S = 2.0
FIRST_BACKOFF_S = 0.1
LAST_BACKOFF_S = 5.0
# A stream that held this long had worked: its end is a new fault.
SETTLED_AFTER_S = 10.0
STOP_GRACE_S = 3.0

# Without these nothing can be written down; the relay starts anew instead of skipping what it was told.
FATAL = (LeaseLost, OperationalError, InterfaceError, EngineUnauthorized)


@dataclass(frozen=True, slots=True)
class Outboxes:
    """What an engine has to be told: replies to what it asked, prompts, and stops of turns."""

    replies: Due[Delivery]
    prompts: Due[Prompt | Stop]

    @property
    def is_wanted(self) -> bool:
        return self.replies.is_wanted

    def want(self, *, is_wanted: bool) -> None:
        self.replies.is_wanted = self.prompts.is_wanted = is_wanted


async def relay_engine(
    engine: Engine, lease: Lease, database: DatabaseThread, *, stop: asyncio.Event, due: Outboxes
) -> None:
    """Relay until `stop`, then end what is on its way; `due` is filled by the caller.

    Raises an exception group: LeaseLost, or what made going on impossible.
    """
    password = await database.run(reveal, engine, "password")
    allow = AllowList.parse([*DEFAULT_ALLOW, *settings.COUNTERSIGN_EGRESS_ALLOW])
    async with OpenCodeClient(engine.address, engine.username, password, allow=allow) as client:
        try:
            async with asyncio.TaskGroup() as group:
                link = EngineLink(engine, lease, client, database, KeyedTasks(group))
                relay = EngineRelay(link, due)
                for work in (
                    keep_lease(link.database, LEASES, link.lease),
                    relay.follow_stream(),
                    relay.outbox.run(),
                    relay.prompts.run(),
                    relay.ingest.texts.offer(),
                    relay.tick(),
                ):
                    group.create_task(work)
                await stop.wait()
                await relay.end()
        except* RelayStopped:
            logger.info("Stopped relaying for %s.", engine)


class RelayStopped(Exception):
    """Ends the task group when the relay was asked to stop."""


class EngineRelay:
    def __init__(self, link: EngineLink, due: Outboxes) -> None:
        self.link = link
        self.due = due
        self.outbox = Outbox(link, due.replies)
        self.ingest = Ingest(link, self._on_disposed)
        self.reconciler = Reconciler(link, self.ingest, self.outbox)
        self.mcp = McpWatch(link)
        self.stops = TreeStops(link, self.ingest.sessions, self.ingest.endings)
        self.prompts = PromptWorker(link, self.ingest, due.prompts)
        self._malformed = 0
        self._unreadable_since_look = False

    async def end(self) -> NoReturn:
        """Let what is on its way get on record, then end every task. Raises RelayStopped."""
        await asyncio.gather(self.outbox.close(STOP_GRACE_S), self.prompts.close(STOP_GRACE_S))
        await self.ingest.close()
        raise RelayStopped

    # The stream

    async def follow_stream(self) -> None:
        """Connect, listen, and again, for ever."""
        if self.link.engine.state == EngineState.UNKNOWN:
            await self.link.tell_state(EngineState.CONNECTING)
        await self.ingest.sealer.take_up_unsealed()
        backoff_s = FIRST_BACKOFF_S
        while True:
            started_s = time.monotonic()
            try:
                await self._listen()
            except EngineError as error:
                if time.monotonic() - started_s > SETTLED_AFTER_S:
                    backoff_s = FIRST_BACKOFF_S
                await self._note_break(error, is_first=backoff_s == FIRST_BACKOFF_S)
            await asyncio.sleep(backoff_s * random.uniform(0.5, 1.0))  # noqa: S311 - spreads reconnects
            backoff_s = min(backoff_s * 2, LAST_BACKOFF_S)

    async def _listen(self) -> None:
        """One connection to its end. Raises EngineError."""
        connection = self.link.connection
        self._malformed = connection.counters.malformed
        async with contextlib.aclosing(follow(self.link.client, counters=connection.counters)) as frames:
            async for frame in frames:
                if isinstance(frame, ServerConnected):
                    connection.since = timezone.now()
                    connection.heard_until = connection.heard_until or self.link.engine.last_seen_at
                    self.link.tasks.start("reconcile", self._reconcile_fully)
                else:
                    await self._handle(frame)

    async def _handle(self, frame: Frame) -> None:
        """One frame that can't be taken must not keep the others away; listing finds what it said."""
        self.mcp.take(frame)
        self.prompts.take(frame)
        try:
            await self.ingest.handle(frame)
        except FATAL:
            raise
        except Exception:
            logger.exception("an event of the kind %s could not be recorded", type(frame).__name__)
            self._note_unreadable()

    async def _note_break(self, error: EngineError, *, is_first: bool) -> None:
        """The stream ended or did not come about. A first break is given one quick reconnect."""
        self.mcp.note_break()
        self.ingest.break_off()
        connection = self.link.connection
        was_connected, connection.since = connection.since is not None, None
        self.link.is_ready.clear()
        self.due.want(is_wanted=False)
        was_away = isinstance(error, EngineUnreachable) and not error.may_have_arrived
        connection.was_away = connection.was_away or was_away
        if was_connected or was_away:
            # A quick restart looks like a break of the line.
            connection.away_at = connection.away_at or timezone.now()
        if isinstance(error, EngineUnauthorized):
            await self.link.tell_state(EngineState.UNAUTHORIZED, str(error))
        elif not (was_connected and is_first):
            is_away = isinstance(error, EngineUnreachable)
            await self.link.tell_state(EngineState.OFFLINE if is_away else EngineState.DEGRADED, str(error))

    # Reconciliation

    async def _reconcile_fully(self) -> None:
        """After it, and only for the connection that it looked at, what the database says is acted on."""
        since = self.link.connection.since
        try:
            health = await self.link.client.health()
            self.link.version = health.version
            await self.ingest.gate.note_away()
            await self.reconciler.run_full()
            await self.mcp.begin(self.reconciler.directories)
            await self.prompts.resolve()
        except EngineUnauthorized:
            raise
        except EngineError as error:
            await self.link.tell_state(EngineState.DEGRADED, str(error))
            raise
        if not health.is_healthy:
            self.link.problems["health", ""] = "It says that it is not healthy."
        if since is not None and since == self.link.connection.since:
            await self.link.tell_health()
            await self.link.stamp_seen()
            self.link.is_ready.set()
            self.due.want(is_wanted=True)
            self.due.replies.look()

    async def _reconcile_lightly(self) -> None:
        await self.reconciler.run_light()
        await self._tell_health_if_ready()

    async def _reconcile_everywhere(self) -> None:
        await self.reconciler.run_everywhere()
        await self._tell_health_if_ready()

    async def _tell_health_if_ready(self) -> None:
        if self.link.is_ready.is_set():
            await self.link.tell_health()

    def _on_disposed(self, directory: str) -> None:
        if directory == EVERYWHERE:
            self.link.tasks.start("reconcile", self._reconcile_fully)
        else:
            self.link.tasks.start(("look", directory), lambda: self.reconciler.run_directory(directory))

    # Once a second

    async def tick(self) -> None:
        looked_s = time.monotonic()
        while True:
            await asyncio.sleep(TICK_S)
            await self.ingest.tick()
            await self._update_waiting()
            if self.link.connection.since is None:
                continue
            self._look_for_unreadable()
            if self.link.is_ready.is_set():
                self.prompts.tick()
                await self.stops.tick()
            if self.link.is_ready.is_set() and not self.link.tasks.is_running("mcp"):
                await self.mcp.tick()
            if self.link.is_ready.is_set() and not self.link.tasks.is_running("gate rules"):
                self.link.tasks.start("gate rules", self.ingest.gate.read_rules)
            if time.monotonic() - looked_s >= self._look_every_s():
                looked_s = time.monotonic()
                self._look_again()

    def _look_every_s(self) -> float:
        if not self.link.is_ready.is_set():
            return LOOK_UNREADY_EVERY_S
        return LOOK_DEGRADED_EVERY_S if self.link.problems else LOOK_EVERY_S

    def _look_again(self) -> None:
        if not self.link.is_ready.is_set():
            # The first look after connecting failed, or has not come to its end.
            if not self.link.tasks.is_running("reconcile"):
                self.link.tasks.start("reconcile", self._reconcile_fully)
            return
        if not self._unreadable_since_look:
            self.link.problems.pop(("events", ""), None)
        self._unreadable_since_look = False
        if not self.link.tasks.is_running("look"):
            self.link.tasks.start("look", self._reconcile_lightly)

    def _look_for_unreadable(self) -> None:
        malformed = self.link.connection.counters.malformed
        if malformed != self._malformed:
            self._malformed = malformed
            self._note_unreadable()

    def _note_unreadable(self) -> None:
        self._unreadable_since_look = True
        self.link.problems["events", ""] = "Some of its events can't be read."
        self.link.tasks.start("look everywhere", self._reconcile_everywhere)

    async def _update_waiting(self) -> None:
        rows = await self.link.read(find_misplaced, engine=self.link.engine)
        if rows:
            await self.link.write(record_waiting, rows=rows, now=timezone.now())
