"""What the tasks of one engine's relay share: the lease, the client, the database thread, what was seen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from django.utils import timezone

from engines.domain.registry import set_engine_state, stamp_engine_seen
from engines.enums import EngineState
from engines.models import Engine
from events.actors import RELAY_ACTOR
from events.database_threads import DatabaseThread
from relay.domain.leases import Lease, relay_changes
from relay.keyed_tasks import KeyedTasks
from relay.opencode.client import OpenCodeClient
from relay.opencode.stream import StreamCounters

P = ParamSpec("P")
R = TypeVar("R")

# How many calls one relay has open at its engine besides the event stream.
CONCURRENT_CALLS = 8
SHOWN_PROBLEMS = 3
EVERYWHERE = ""


@dataclass(slots=True)
class Connection:
    """The event stream as it stands: `since` is when it greeted, None while there is none."""

    since: datetime | None = None
    # Up to when everything was heard: fixed at a greeting, until all that came after it was looked at.
    heard_until: datetime | None = None
    was_away: bool = False
    # Since when its process may be another one: the stream broke, or nothing answered. None once looked into.
    away_at: datetime | None = None
    counters: StreamCounters = field(default_factory=StreamCounters)
    # Directory → when its instance was last disposed of; EVERYWHERE for all of them.
    disposed_at: dict[str, datetime] = field(default_factory=dict)

    def is_unbroken_since(self, moment: datetime, directory: str) -> bool:
        """Neither the stream nor the directory's instance began anew after `moment`."""
        begun = [self.since, self.disposed_at.get(directory), self.disposed_at.get(EVERYWHERE)]
        return self.since is not None and all(begin is None or begin <= moment for begin in begun)


class EngineLink:
    """One engine under one lease. Lives on the event loop; the database is reached through its thread."""

    def __init__(
        self,
        engine: Engine,
        lease: Lease,
        client: OpenCodeClient,
        database: DatabaseThread,
        tasks: KeyedTasks,
    ) -> None:
        self.engine = engine
        self.lease = lease
        self.client = client
        self.database = database
        self.tasks = tasks
        self.connection = Connection()
        self.calls = asyncio.Semaphore(CONCURRENT_CALLS)
        # Set while connected and reconciled: only then what the database says can be acted on.
        self.is_ready = asyncio.Event()
        # What keeps the engine from being simply online: (what, which directory) → a sentence.
        self.problems: dict[tuple[str, str], str] = {}
        self.version = ""
        self._told: tuple[str, str, str] | None = None

    async def read(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Await `function(...)` on the relay's database thread."""
        return await self.database.run(function, *args, **kwargs)

    async def write(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """The same in one transaction that proves the lease. Raises LeaseLost."""
        return await self.database.run(write_under_lease, self.lease, function, args, kwargs)

    async def tell_state(self, state: EngineState, reason: str = "") -> None:
        """Record what is seen of the engine, when it is news."""
        told = (state, reason, self.version)
        if told == self._told:
            return
        await self.write(
            set_engine_state,
            actor=RELAY_ACTOR,
            engine_id=self.engine.pk,
            state=state,
            reason=reason,
            version=self.version,
        )
        self._told = told

    async def tell_health(self) -> None:
        """Connected: online, or degraded with what does not work."""
        sentences = list(dict.fromkeys(self.problems.values()))
        if not sentences:
            await self.tell_state(EngineState.ONLINE)
            return
        more = len(sentences) - SHOWN_PROBLEMS
        shown = [*sentences[:SHOWN_PROBLEMS], *([f"And {more} more."] if more > 0 else [])]
        await self.tell_state(EngineState.DEGRADED, " ".join(shown))

    async def stamp_seen(self) -> None:
        self.engine.last_seen_at = timezone.now()
        await self.write(stamp_engine_seen, engine_id=self.engine.pk, at=timezone.now())


def write_under_lease(
    lease: Lease, function: Callable[..., R], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> R:
    with relay_changes(lease):
        return function(*args, **kwargs)
