"""One round of looking at everything. A probe that fails itself takes no other one with it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from events.database_threads import DatabaseThread
from health.domain.processes import forget_lost_processes
from health.enums import Component
from health.findings import Finding, Report
from health.models import PortalProcess
from health.probes.cao import probe_cao
from health.probes.channel_layer import probe_channel_layer
from health.probes.database import probe_database
from health.probes.disk import probe_disk
from health.probes.engines import list_engines_to_ask, probe_engines
from health.probes.mcp_servers import probe_mcp_servers
from health.probes.streams import probe_gates, probe_relay, probe_streams
from health.probes.tasks import probe_tasks

logger = logging.getLogger(__name__)

# A round as a whole: well below what counts as silence.
ROUND_TIMEOUT_S = 20.0

Probe = Callable[[], Awaitable[list[Finding]]]


async def look(database: DatabaseThread) -> Report:
    """Raises OperationalError or InterfaceError when the database is away: nobody could write that down."""
    now = timezone.now()
    await database.run(forget_lost_processes, now=now)
    probes = list_probes(database, now)
    results = await asyncio.gather(*(try_probe(component, probe) for component, probe in probes))
    findings: list[Finding] = []
    unseen: set[Component] = set()
    for (component, _), found in zip(probes, results, strict=True):
        if found is None:
            unseen.add(component)
        else:
            findings.extend(found)
    return Report(tuple(findings), frozenset(unseen))


def list_probes(database: DatabaseThread, now: datetime) -> list[tuple[Component, Probe]]:
    async def ask_engines() -> list[Finding]:
        return await probe_engines(await database.run(list_engines_to_ask))

    async def ask_channel_layer() -> list[Finding]:
        count = await database.run(PortalProcess.objects.count)
        return await probe_channel_layer(process_count=count)

    return [
        (Component.DATABASE, lambda: database.run(probe_database)),
        (Component.CHANNEL_LAYER, ask_channel_layer),
        (Component.ENGINE, ask_engines),
        (Component.EVENT_STREAM, lambda: database.run(probe_streams, now=now)),
        (Component.GATE, lambda: database.run(probe_gates)),
        (Component.RELAY, lambda: database.run(probe_relay, now=now)),
        (Component.TASK, lambda: database.run(probe_tasks, now=now)),
        (Component.CAO, lambda: database.run(probe_cao, now=now)),
        # A disk that hangs must not hold up the database's thread.
        (Component.DISK, lambda: asyncio.to_thread(probe_disk)),
        (Component.MCP_SERVER, lambda: database.run(probe_mcp_servers, now=now)),
    ]


async def try_probe(component: Component, probe: Probe) -> list[Finding] | None:
    """None when it could not be looked at. Raises OperationalError or InterfaceError."""
    try:
        async with asyncio.timeout(ROUND_TIMEOUT_S):
            return await probe()
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("how the %s is could not be looked at", component.label)
        return None
