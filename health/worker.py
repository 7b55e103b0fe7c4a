"""The background task "health": every process says that it is there, one of them looks at everything."""

from __future__ import annotations

import asyncio
import logging
import time

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from engines.domain.leases import name_holder
from events.database_threads import DatabaseThread
from health.domain.processes import beat, leave
from health.domain.report import record_report
from health.domain.watch import Watch, WatchLost, give_watch_up, renew_watch, take_watch
from health.enums import Component, HealthState
from health.findings import Report
from health.looking import look
from health.processes import read_tasks
from health.watchdog import Watchdog

logger = logging.getLogger(__name__)

TURN_EVERY_S = 2.0
BEAT_EVERY_S = 5.0
# Rounds renew it too; a turn writes only what is due.
RENEW_EVERY_S = 8.0
ROUND_EVERY_S = 10.0
# While something comes up, its state is news for somebody who waits.
STARTING_ROUND_EVERY_S = 4.0
# A gate starts with the first call in a folder, which may be tomorrow.
COMES_UP_BY_ITSELF = frozenset(
    {Component.ENGINE, Component.EVENT_STREAM, Component.RELAY, Component.TASK, Component.MCP_SERVER}
)


class HealthWorker:
    """The work of one process. `is_heard`: whether its turns come, for whoever asks if it is ready."""

    def __init__(self, *, watchdog: Watchdog | None = None) -> None:
        self.holder = name_holder()
        self.watchdog = watchdog or Watchdog()
        self.started_at = timezone.now()
        self.watch: Watch | None = None
        self.has_turned = False
        self._beat_due_s = self._renew_due_s = self._round_due_s = 0.0

    @property
    def is_heard(self) -> bool:
        return self.has_turned and not self.watchdog.is_silent

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`, which cuts a round off: engines that do not answer hold up no stop."""
        database = DatabaseThread("countersign-health")
        self.watchdog.start()
        turning = asyncio.create_task(self.turn_always(database), name="health")
        asked = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({turning, asked}, return_when=asyncio.FIRST_COMPLETED)
            if turning.done():
                turning.result()
        finally:
            turning.cancel()
            asked.cancel()
            await asyncio.gather(turning, asked, return_exceptions=True)
            await self.end(database)

    async def turn_always(self, database: DatabaseThread) -> None:
        while True:
            await self.turn(database)
            await asyncio.sleep(TURN_EVERY_S)

    async def turn(self, database: DatabaseThread) -> None:
        """Beat, take or keep the watch, look when a round is due. A database that is away is waited for."""
        try:
            await self.beat_when_due(database)
            await self.keep_watch(database)
            if self.watch is not None and time.monotonic() >= self._round_due_s:
                await self.look_round(database)
        except (OperationalError, InterfaceError) as error:
            logger.warning("Health can't be looked at: %s", error)
        except WatchLost:
            logger.warning("Another process looks at health now.")
            self.watch = None
        else:
            self.has_turned = True
            self.watchdog.hear()

    async def beat_when_due(self, database: DatabaseThread) -> None:
        if time.monotonic() < self._beat_due_s:
            return
        now = timezone.now()
        await database.run(beat, holder=self.holder, tasks=read_tasks(), started_at=self.started_at, now=now)
        self._beat_due_s = time.monotonic() + BEAT_EVERY_S

    async def keep_watch(self, database: DatabaseThread) -> None:
        if self.watch is None:
            self.watch = await database.run(take_watch, holder=self.holder, now=timezone.now())
            self._round_due_s = 0.0
        elif time.monotonic() >= self._renew_due_s:
            await database.run(renew_watch, self.watch, now=timezone.now())
        else:
            return
        self._renew_due_s = time.monotonic() + RENEW_EVERY_S

    async def look_round(self, database: DatabaseThread) -> None:
        watch = self.watch
        assert watch is not None  # noqa: S101 - the caller has looked
        report = await look(database)
        self.watch = await database.run(record_report, watch=watch, report=report, now=timezone.now())
        self._round_due_s = time.monotonic() + pause_after(report)

    async def end(self, database: DatabaseThread) -> None:
        """Another process looks at once; this one is not missed."""
        self.watchdog.stop()
        try:
            if self.watch is not None:
                await database.run(give_watch_up, self.watch, now=timezone.now())
            await database.run(leave, holder=self.holder)
        except (OperationalError, InterfaceError) as error:
            logger.warning("That this process stops could not be written down: %s", error)
        finally:
            self.watch, self._beat_due_s = None, 0.0
            await database.aclose()


def pause_after(report: Report) -> float:
    is_starting = any(
        finding.state == HealthState.STARTING and finding.component in COMES_UP_BY_ITSELF
        for finding in report.findings
    )
    return STARTING_ROUND_EVERY_S if is_starting else ROUND_EVERY_S
