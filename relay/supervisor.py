"""Which engines this process relays for: it takes their leases, starts and stops their relays."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from structlog.contextvars import bind_contextvars

from engines.domain.leases import name_holder
from engines.domain.registry import set_engine_state
from engines.enums import EngineState
from engines.models import Engine
from events import doorbell
from events.actors import RELAY_ACTOR
from events.database_threads import DatabaseThread
from events.until_set import wait_until_set
from live.courier import Sender
from live.hints import follow_hints
from relay.clock import run_clock
from relay.domain.deliveries import list_due_deliveries
from relay.domain.leases import Lease, LeaseLost, acquire_lease, relay_changes, release_lease
from relay.due import Due
from relay.engine_relay import Outboxes, relay_engine
from relay.prompts.work import list_due_work

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
# What people do in this process rings, and in others too when they share a Redis; this finds the rest.
POLL_REPLIES_EVERY_S = 0.25
# Looked up at once, for all engines together.
MAX_DUE = 200
STOP_GRACE_S = 5.0
FIRST_PAUSE_S = 0.5
LAST_PAUSE_S = 15.0
SETTLED_AFTER_S = 60.0


async def run_supervisors(stop: asyncio.Event) -> None:
    """Relay for every engine whose lease can be had, until `stop`."""
    database = DatabaseThread("relay")
    fleet = Fleet(database)
    try:
        async with asyncio.TaskGroup() as group:
            helpers = [
                group.create_task(run_clock(database)),
                group.create_task(fleet.watch_replies()),
            ]
            if settings.REDIS_URL:
                # Decisions made in other processes.
                helpers.append(group.create_task(follow_hints(fleet.rung.set)))
                # What agents write, for those who watch it there.
                helpers.append(group.create_task(Sender().run()))
            try:
                await fleet.run(stop)
            finally:
                for helper in helpers:
                    helper.cancel()
    finally:
        await database.aclose()


class ForEngine(Protocol):
    """Work that belongs to one engine."""

    @property
    def engine_id(self) -> str: ...


Work = TypeVar("Work", bound=ForEngine)


class Find(Protocol[Work]):
    """Looks up what is due for these engines."""

    def __call__(self, *, engine_ids: Collection[str], now: datetime, limit: int) -> list[Work]: ...


@dataclass(slots=True)
class Berth:
    """One engine's relay in this process."""

    engine: Engine
    lease: Lease
    due: Outboxes
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class Fleet:
    """The relays of this process, one for each engine whose lease it holds."""

    def __init__(self, database: DatabaseThread) -> None:
        self.database = database
        self.holder = name_holder()
        self.berths: dict[str, Berth] = {}
        self.rung = asyncio.Event()
        self._pauses: dict[str, tuple[float, float]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        try:
            while not stop.is_set():
                await self._look()
                await wait_until_set(stop, timeout_s=LOOK_EVERY_S)
        finally:
            await self._stop_all()

    async def _look(self) -> None:
        try:
            engines = await self.database.run(list_relayed_engines)
            for engine_id in [*self.berths]:
                await self._check(self.berths[engine_id], engines.get(engine_id))
            for engine in engines.values():
                if engine.pk not in self.berths and self._may_start(engine.pk):
                    await self._start(engine)
        except (OperationalError, InterfaceError) as error:
            logger.warning("The engines could not be looked for: %s", error)

    async def _check(self, berth: Berth, engine: Engine | None) -> None:
        """Stop the relay of an engine that was paused, retired or changed; a change starts it anew."""
        if engine is None:
            await self._stop(berth)
            await self.database.run(forget_state, berth.engine, self.holder)
        elif describe_access(engine) != describe_access(berth.engine):
            await self._stop(berth)
        else:
            refresh_settings(berth.engine, engine)

    def _may_start(self, engine_id: str) -> bool:
        return time.monotonic() >= self._pauses.get(engine_id, (0.0, 0.0))[0]

    async def _start(self, engine: Engine) -> None:
        lease = await self.database.run(acquire_lease, engine_id=engine.pk, holder=self.holder)
        if lease is None:
            return
        berth = Berth(engine, lease, Outboxes(Due(self.rung.set), Due(self.rung.set)))
        self.berths[engine.pk] = berth
        berth.task = asyncio.create_task(self._keep(berth), name=f"relay of {engine.pk}")

    async def _keep(self, berth: Berth) -> None:
        """Run one relay to its end; the next look starts another one."""
        started_s = time.monotonic()
        # Every log line of this task, of those it starts and of what they ask the database names the engine.
        bind_contextvars(engine=berth.engine.pk)
        try:
            await relay_engine(berth.engine, berth.lease, self.database, stop=berth.stop, due=berth.due)
        except* LeaseLost:
            logger.warning("The lease of %s was lost.", berth.engine)
        except* Exception:
            logger.exception("The relay of %s failed.", berth.engine)
        finally:
            self._pause(berth.engine.pk, lived_s=time.monotonic() - started_s)
            await self._free(berth)

    def _pause(self, engine_id: str, *, lived_s: float) -> None:
        last_s = 0.0 if lived_s > SETTLED_AFTER_S else self._pauses.get(engine_id, (0.0, 0.0))[1]
        pause_s = min(max(last_s * 2, FIRST_PAUSE_S), LAST_PAUSE_S)
        spread = random.uniform(0.75, 1.25)  # noqa: S311 - spreads restarts
        self._pauses[engine_id] = (time.monotonic() + pause_s * spread, pause_s)

    async def _free(self, berth: Berth) -> None:
        try:
            await self.database.run(release_lease, berth.lease)
        except (OperationalError, InterfaceError, RuntimeError) as error:
            logger.warning("The lease of %s could not be given back: %s", berth.engine, error)
        finally:
            if self.berths.get(berth.engine.pk) is berth:
                del self.berths[berth.engine.pk]

    async def _stop(self, berth: Berth) -> None:
        """Let it end what is on its way, then cancel."""
        berth.stop.set()
        if berth.task is None:
            return
        _, late = await asyncio.wait([berth.task], timeout=STOP_GRACE_S)
        for task in late:
            task.cancel()
        await asyncio.gather(berth.task, return_exceptions=True)
        self._pauses.pop(berth.engine.pk, None)

    async def _stop_all(self) -> None:
        await asyncio.gather(*(self._stop(berth) for berth in list(self.berths.values())))

    # Decisions

    async def watch_replies(self) -> None:
        """Hand each outbox what its engine has to be told."""
        loop = asyncio.get_running_loop()

        def ring(_seq: int) -> None:
            loop.call_soon_threadsafe(self.rung.set)

        with doorbell.ringing(ring):
            while True:
                await wait_until_set(self.rung, timeout_s=POLL_REPLIES_EVERY_S)
                self.rung.clear()
                await self._hand_out_due()

    async def _hand_out_due(self) -> None:
        wanting = [berth for berth in self.berths.values() if berth.due.is_wanted]
        if wanting:
            await self._hand_out(
                list_due_deliveries, {berth.engine.pk: berth.due.replies for berth in wanting}
            )
            await self._hand_out(list_due_work, {berth.engine.pk: berth.due.prompts for berth in wanting})

    async def _hand_out(self, find: Find[Work], wanting: dict[str, Due[Work]]) -> None:
        try:
            found = await self.database.run(find, engine_ids=list(wanting), now=timezone.now(), limit=MAX_DUE)
        except (OperationalError, InterfaceError) as error:
            logger.warning("What is due could not be looked for: %s", error)
            return
        except Exception:
            # One row that can't be read must not stop the relays.
            logger.exception("What is due could not be read.")
            return
        for engine_id, due in wanting.items():
            work = [item for item in found if item.engine_id == engine_id]
            if work:
                due.put(work)


def list_relayed_engines() -> dict[str, Engine]:
    engines = Engine.objects.filter(is_enabled=True, retired_at=None).select_related("team")
    return {engine.pk: engine for engine in engines}


def describe_access(engine: Engine) -> tuple[str, ...]:
    """What a connection was made with: another one needs a new connection."""
    return (engine.kind, engine.address, engine.username, engine.password)


def refresh_settings(kept: Engine, fresh: Engine) -> None:
    """Take over what may change while connected."""
    kept.name, kept.directories, kept.team = fresh.name, fresh.directories, fresh.team
    kept.request_timeout_s = fresh.request_timeout_s


def forget_state(engine: Engine, holder: str) -> None:
    """Nobody looks at a paused engine: what was seen last says nothing any more."""
    lease = acquire_lease(engine_id=engine.pk, holder=holder)
    if lease is None:
        return
    with relay_changes(lease):
        set_engine_state(
            actor=RELAY_ACTOR, engine_id=engine.pk, state=EngineState.UNKNOWN, reason="Nobody looks at it."
        )
    release_lease(lease)
