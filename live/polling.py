"""Waiting for a change without a hub: the log is read every second."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from events.actors import Subject
from events.database_threads import DatabaseThread
from live.queries import find_change

logger = logging.getLogger(__name__)

POLL_INTERVAL_S = 1.0


class SharedThread:
    """One database thread for everybody who polls; it ends with the last of them."""

    def __init__(self) -> None:
        self.users = 0
        self.thread: DatabaseThread | None = None

    @asynccontextmanager
    async def borrow(self) -> AsyncIterator[DatabaseThread]:
        if self.thread is None:
            logger.warning("no hub is running here: waiting by reading the event log every second")
            self.thread = DatabaseThread("countersign-polling")
        thread = self.thread
        self.users += 1
        try:
            yield thread
        finally:
            self.users -= 1
            if self.users == 0:
                self.thread = None
                await thread.aclose()


async def poll_for_change(
    subject: Subject, *, since: int, timeout_s: float, interval_s: float = POLL_INTERVAL_S
) -> int | None:
    """The seq of an event about `subject` after `since`; None when the time ran out."""
    try:
        async with shared_thread.borrow() as thread, asyncio.timeout(timeout_s):
            while True:
                seq = await thread.run(find_change, subject, since)
                if seq is not None:
                    return seq
                await asyncio.sleep(interval_s)
    except TimeoutError:
        return None


shared_thread = SharedThread()
