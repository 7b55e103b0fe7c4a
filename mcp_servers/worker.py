"""Works on what was asked for and looks again at what is approved.

Any number of processes may run this: a claim in the database lets one of them through for each request and
each probe. A claim runs out when it is not renewed, so whatever a killed process worked on is taken up by the
next one, from its beginning.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, NoReturn

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from engines.domain.leases import name_holder
from engines.lease_keeper import NotRenewed, keep_renewed
from events.database_threads import DatabaseThread
from events.until_set import wait_until_set
from mcp_servers.domain.intake import ClaimLost, begin_checks, is_any_due, release_claim, renew_claim
from mcp_servers.domain.probes import (
    claim_probe,
    give_up_lost_probes,
    list_due_probes,
    release_probe,
    renew_probe,
)
from mcp_servers.first_look import FirstLook
from mcp_servers.models import McpProbe, McpRequest
from mcp_servers.second_look import SecondLook

logger = logging.getLogger(__name__)

Work = Callable[[], Awaitable[None]]

LOOK_EVERY_S = 1.0
RENEW_EVERY_S = 15.0
# A holder that could not renew for this long stops before anybody else can take over.
GIVE_UP_AFTER_S = 45.0
# After a fault that is nobody's step: the database, or a bug.
FAULT_PAUSE_S = 10.0
STOP_GRACE_S = 5.0
# Each starts a program of its own; more at a time only make each of them slower.
SLOTS = 2


async def run_prober(stop: asyncio.Event) -> None:
    """Check, fetch and probe until `stop`."""
    database = DatabaseThread("countersign-prober")
    prober = Prober(database)
    try:
        await prober.run(stop)
    finally:
        await database.aclose()


class Prober:
    """The work of this process, a few at a time."""

    def __init__(self, database: DatabaseThread) -> None:
        self.database = database
        self.holder = name_holder()
        self.tasks: set[asyncio.Task[None]] = set()
        self._paused_until_s = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        try:
            while not stop.is_set():
                await self.look()
                await wait_until_set(stop, timeout_s=LOOK_EVERY_S)
        finally:
            await self.stop_all()

    async def look(self) -> None:
        """Claim what waits, as far as there is room."""
        if time.monotonic() < self._paused_until_s:
            return
        try:
            while len(self.tasks) < SLOTS and await self.start_next():
                continue
        except (OperationalError, InterfaceError) as error:
            logger.warning("What is to be probed could not be looked for: %s", error)

    async def start_next(self) -> bool:
        now = timezone.now()
        await self.database.run(give_up_lost_probes, now=now)
        if await self.database.run(is_any_due, now=now):
            request = await self.database.run(begin_checks, holder=self.holder)
            if request is not None:
                self.start(self.work_on(request))
                return True
        if await self.database.run(is_probe_due):
            probe = await self.database.run(claim_probe, holder=self.holder)
            if probe is not None:
                self.start(self.look_again(probe))
                return True
        return False

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def work_on(self, request: McpRequest) -> None:
        look = FirstLook(request, self.holder, self.database)
        try:
            await self.keep_to(look.run, look.break_off, renew_claim, request=request)
        except asyncio.CancelledError:
            # This process stops: the next one may begin at once.
            await self.free(release_claim, request=request)
            raise

    async def look_again(self, probe: McpProbe) -> None:
        look = SecondLook(probe, self.holder, self.database)
        try:
            await self.keep_to(look.run, look.break_off, renew_probe, probe=probe)
        except asyncio.CancelledError:
            await self.free(release_probe, probe=probe)
            raise

    async def keep_to(self, run: Work, break_off: Work, renew: Callable[..., None], **what: Any) -> None:
        """Work to its end; a fault of our own is written down, so that nothing is tried for ever."""
        try:
            async with self.keeping(renew, **what):
                await run()
        except* ClaimLost:
            logger.info("%s is no longer this worker's.", what)
        except* (OperationalError, InterfaceError) as errors:
            # Somebody takes it up when the claim has run out.
            logger.warning("The database failed the work on %s: %s", what, errors.exceptions[0])
            self.rest()
        except* Exception:
            logger.exception("The work on %s failed.", what)
            with contextlib.suppress(ClaimLost, OperationalError, InterfaceError):
                await break_off()

    def rest(self) -> None:
        self._paused_until_s = time.monotonic() + FAULT_PAUSE_S

    @contextlib.asynccontextmanager
    async def keeping(self, renew: Callable[..., None], **what: Any) -> AsyncIterator[None]:
        """Renew the claim meanwhile; the work is cancelled when that fails for too long."""
        async with asyncio.TaskGroup() as group:
            renewing = group.create_task(self.keep(renew, **what))
            try:
                yield
            finally:
                renewing.cancel()

    async def keep(self, renew: Callable[..., None], **what: Any) -> NoReturn:
        """Raises ClaimLost."""

        async def renew_once() -> None:
            await self.database.run(renew, holder=self.holder, **what)

        try:
            await keep_renewed(
                renew_once,
                what=f"The claim on {what}",
                every_s=RENEW_EVERY_S,
                give_up_after_s=GIVE_UP_AFTER_S,
            )
        except NotRenewed as error:
            raise ClaimLost("not renewed") from error

    async def free(self, release: Callable[..., None], **what: Any) -> None:
        with contextlib.suppress(OperationalError, InterfaceError, RuntimeError):
            await self.database.run(release, holder=self.holder, **what)

    async def stop_all(self) -> None:
        tasks = list(self.tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_GRACE_S)


def is_probe_due() -> bool:
    return list_due_probes(timezone.now()).exists()
