"""Which engines this process publishes to and looks at: it takes their leases and runs one task for each.

Any number of processes may run this; the lease lets one of them through for each engine.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from engines.domain.leases import name_holder
from engines.lease_keeper import keep_lease
from engines.models import Engine
from events import doorbell
from events.database_threads import DatabaseThread
from events.egress import DEFAULT_ALLOW, AllowList
from events.encryption import reveal
from relay.opencode.calls import Timeouts
from relay.opencode.client import OpenCodeClient
from releases.controls.interface import ControlError
from releases.controls.opening import open_control
from releases.controls.trial import try_release
from releases.domain.drift import list_engines_to_check, record_unseen
from releases.domain.leases import LEASES, Lease, LeaseLost, acquire_lease, release_lease
from releases.domain.restrictions import restrict_engine
from releases.domain.steps import Overtaken, fail_unopened, list_due_engines
from releases.domain.taken_back import list_engines_to_restrict
from releases.drift_check import DriftCheck
from releases.pressed import take_pressed
from releases.publisher import Publisher

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
LOOK_FOR_DRIFT_EVERY_S = 5.0
# What people took back leaves the engines by a release of our own.
LOOK_FOR_RESTRICTIONS_EVERY_S = 2.0
# After a fault that is nobody's step: the database, or a bug.
FAULT_PAUSE_S = 5.0
STOP_GRACE_S = 5.0
# The first call in a folder boots it in the engine, which takes seconds.
TIMEOUTS = Timeouts(call_s=30.0)


async def run_publishers(stop: asyncio.Event) -> None:
    """Publish and look for drift until `stop`."""
    database = DatabaseThread("countersign-publisher")
    fleet = Publishers(database)
    try:
        await fleet.run(stop)
    finally:
        await database.aclose()


@dataclass(slots=True)
class Berth:
    """One engine's task in this process."""

    task: asyncio.Task[None]
    rung: asyncio.Event = field(default_factory=asyncio.Event)


class Publishers:
    """The publishers of this process, one for each engine that has something to do."""

    def __init__(self, database: DatabaseThread) -> None:
        self.database = database
        self.holder = name_holder()
        self.berths: dict[str, Berth] = {}
        self.rung = asyncio.Event()
        self._paused_until_s: dict[str, float] = {}
        self._drift_at_s = 0.0
        self._restricted_at_s = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()

        def ring(_seq: int) -> None:
            if take_pressed():
                loop.call_soon_threadsafe(self.rung.set)

        try:
            with doorbell.ringing(ring):
                while not stop.is_set():
                    await self.look()
                    await self.pause(stop)
        finally:
            await self.stop_all()

    async def pause(self, stop: asyncio.Event) -> None:
        """Until something is pressed here or a second is over: then also what other processes pressed."""
        waits = [asyncio.create_task(stop.wait()), asyncio.create_task(self.rung.wait())]
        await asyncio.wait(waits, timeout=LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        self.rung.clear()

    async def look(self) -> None:
        try:
            for engine in await self.database.run(list_due_engines, timezone.now()):
                if engine.pk in self.berths:
                    # Somebody pressed something while it waits.
                    self.berths[engine.pk].rung.set()
                else:
                    self.start(engine, self.publish)
            if time.monotonic() - self._restricted_at_s >= LOOK_FOR_RESTRICTIONS_EVERY_S:
                self._restricted_at_s = time.monotonic()
                for engine in await self.database.run(list_engines_to_restrict):
                    await self.database.run(restrict_engine, engine)
            if time.monotonic() - self._drift_at_s >= LOOK_FOR_DRIFT_EVERY_S:
                self._drift_at_s = time.monotonic()
                for engine in await self.database.run(list_engines_to_check):
                    self.start(engine, self.check_drift)
        except (OperationalError, InterfaceError) as error:
            logger.warning("What is to be published could not be looked for: %s", error)

    def start(self, engine: Engine, work: Callable[[Engine, Lease], Coroutine[Any, Any, None]]) -> None:
        if engine.pk in self.berths or time.monotonic() < self._paused_until_s.get(engine.pk, 0.0):
            return
        task = asyncio.create_task(self.keep(engine, work), name=f"publisher of {engine.pk}")
        self.berths[engine.pk] = Berth(task)

    async def keep(self, engine: Engine, work: Callable[[Engine, Lease], Coroutine[Any, Any, None]]) -> None:
        """One engine's work under its lease, to its end."""
        try:
            lease = await self.database.run(acquire_lease, engine_id=engine.pk, holder=self.holder)
            if lease is None:
                self.rest(engine)
                return
            try:
                async with self.holding(lease):
                    await work(engine, lease)
            finally:
                await self.free(lease)
        except* Overtaken:
            logger.info("What was on its way to %s was cancelled or replaced.", engine)
        except* LeaseLost:
            logger.warning("The publisher's lease of %s was lost.", engine)
            self.rest(engine)
        except* Exception:
            logger.exception("The publisher of %s failed.", engine)
            self.rest(engine)
        finally:
            self.berths.pop(engine.pk, None)

    def rest(self, engine: Engine) -> None:
        self._paused_until_s[engine.pk] = time.monotonic() + FAULT_PAUSE_S

    @contextlib.asynccontextmanager
    async def holding(self, lease: Lease) -> AsyncIterator[None]:
        """Renew the lease meanwhile; the work is cancelled when that fails for too long."""
        async with asyncio.TaskGroup() as group:
            renewing = group.create_task(keep_lease(self.database, LEASES, lease))
            try:
                yield
            finally:
                renewing.cancel()

    async def free(self, lease: Lease) -> None:
        try:
            await self.database.run(release_lease, lease)
        except (OperationalError, InterfaceError, RuntimeError) as error:
            logger.warning("A publisher's lease could not be given back: %s", error)

    async def stop_all(self) -> None:
        """Every step may be taken again: what is on its way is simply cut off."""
        tasks = [berth.task for berth in self.berths.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_GRACE_S)

    # The work

    async def publish(self, engine: Engine, lease: Lease) -> None:
        async with await self.connect(engine) as client:
            try:
                control = await self.database.run(open_control, engine)
            except ControlError as error:
                await self.database.run(fail_unopened, lease, engine.pk, str(error))
                return
            rung = self.berths[engine.pk].rung
            await Publisher(engine, lease, self.database, client, control, try_release, rung=rung).run()

    async def check_drift(self, engine: Engine, lease: Lease) -> None:
        async with await self.connect(engine) as client:
            try:
                control = await self.database.run(open_control, engine)
            except ControlError as error:
                await self.database.run(record_unseen, lease, engine, str(error))
                return
            await DriftCheck(engine, lease, self.database, client, control).run()

    async def connect(self, engine: Engine) -> OpenCodeClient:
        password = await self.database.run(reveal, engine, "password")
        allow = AllowList.parse([*DEFAULT_ALLOW, *settings.COUNTERSIGN_EGRESS_ALLOW])
        return OpenCodeClient(engine.address, engine.username, password, timeouts=TIMEOUTS, allow=allow)
