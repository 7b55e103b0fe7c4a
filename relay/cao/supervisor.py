"""Which CAO servers this process reads: it takes their leases and runs one collector for each.

Any number of processes may run this; the lease lets one of them through for each server.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import InterfaceError, OperationalError

from engines.domain.cao_servers import list_collected_servers
from engines.domain.leases import Lease, LeaseLost, name_holder
from engines.lease_keeper import keep_lease
from engines.models import CaoServer
from events.database_threads import DatabaseThread
from events.egress import DEFAULT_ALLOW, AllowList, EgressRefused
from events.encryption import reveal
from relay.cao.collector import LOOK_EVERY_S, Collector
from relay.cao.http import CaoClient
from relay.domain.cao_leases import CAO_LEASES

logger = logging.getLogger(__name__)

# After a fault: the database, or a bug.
FAULT_PAUSE_S = 5.0


async def run_collectors(stop: asyncio.Event) -> None:
    """Read every CAO server whose lease can be had, until `stop`."""
    database = DatabaseThread("countersign-cao")
    collectors = Collectors(database)
    try:
        await collectors.run(stop)
    finally:
        await database.aclose()


@dataclass(slots=True)
class Berth:
    server: CaoServer
    task: asyncio.Task[None]


class Collectors:
    """The collectors of this process."""

    def __init__(self, database: DatabaseThread) -> None:
        self.database = database
        self.holder = name_holder()
        self.berths: dict[str, Berth] = {}
        self._paused_until_s: dict[str, float] = {}

    async def run(self, stop: asyncio.Event) -> None:
        try:
            while not stop.is_set():
                await self.look()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await stop.wait()
        finally:
            for berth in self.berths.values():
                berth.task.cancel()
            await asyncio.gather(*(berth.task for berth in self.berths.values()), return_exceptions=True)

    async def look(self) -> None:
        try:
            servers = await self.database.run(list_collected_servers)
            for key, berth in list(self.berths.items()):
                server = servers.get(key)
                if server is None or describe_access(server) != describe_access(berth.server):
                    berth.task.cancel()
                    await asyncio.gather(berth.task, return_exceptions=True)
            for key, server in servers.items():
                if key not in self.berths and time.monotonic() >= self._paused_until_s.get(key, 0.0):
                    await self.start(server)
        except (OperationalError, InterfaceError) as error:
            logger.warning("The CAO servers could not be looked for: %s", error)

    async def start(self, server: CaoServer) -> None:
        lease = await self.database.run(CAO_LEASES.acquire, engine_id=server.pk, holder=self.holder)
        if lease is not None:
            task = asyncio.create_task(self.keep(server, lease), name=f"collector of {server.pk}")
            self.berths[server.pk] = Berth(server, task)

    async def keep(self, server: CaoServer, lease: Lease) -> None:
        """Collect to its end; the next look starts anew."""
        try:
            await collect(server, lease, self.database)
        except* LeaseLost:
            logger.warning("The lease of the CAO server %s was lost.", server.pk)
        except* Exception:
            logger.exception("The collector of the CAO server %s failed.", server.pk)
            self._paused_until_s[server.pk] = time.monotonic() + FAULT_PAUSE_S
        finally:
            self.berths.pop(server.pk, None)
            with contextlib.suppress(OperationalError, InterfaceError, RuntimeError):
                await self.database.run(CAO_LEASES.release, lease)


async def collect(server: CaoServer, lease: Lease, database: DatabaseThread) -> None:
    """Until cancelled, or the lease is lost."""
    client = await database.run(build_client_of, server)
    try:
        collector = Collector(server, lease, database, client)
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_lease(database, CAO_LEASES, lease))
            group.create_task(look_on(collector))
    finally:
        if client is not None:
            await client.aclose()


async def look_on(collector: Collector) -> None:
    while True:
        started_s = time.monotonic()
        try:
            await collector.look()
        except (OperationalError, InterfaceError) as error:
            logger.warning("A CAO server's delegations could not be recorded: %s", error)
        await asyncio.sleep(max(LOOK_EVERY_S - (time.monotonic() - started_s), 0.05))


def build_client_of(server: CaoServer) -> CaoClient | None:
    """None without an address, or with one that may not be connected to."""
    if not server.address:
        return None
    allow = AllowList.parse([*DEFAULT_ALLOW, *settings.COUNTERSIGN_EGRESS_ALLOW])
    try:
        return CaoClient(server.address, reveal(server, "token"), allow=allow)
    except EgressRefused as error:
        logger.warning("The CAO server %s can't be asked: %s", server.pk, error)
        return None


def describe_access(server: CaoServer) -> tuple[str, ...]:
    return (server.home_folder, server.address, server.token)
