"""Waiting for a change without a hub: the log is read every second."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from events.actors import Subject
from events.database_threads import DatabaseThread
from live.queries import find_change, read_head, read_page
from live.rights import Rights

logger = logging.getLogger(__name__)

T = TypeVar("T")

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
    return await poll(partial(find_change, subject, since), timeout_s=timeout_s, interval_s=interval_s)


async def poll_for_events(
    rights: Rights,
    topics: frozenset[str],
    *,
    since: int,
    timeout_s: float,
    interval_s: float = POLL_INTERVAL_S,
) -> None:
    """Until there is an event after `since` under these rights, or the cursor can't be replayed."""

    def look() -> bool | None:
        page = read_page(rights=rights, topics=topics, since=since, until=read_head(), limit=1)
        return True if page is None or page.events else None

    await poll(look, timeout_s=timeout_s, interval_s=interval_s)


async def poll(look: Callable[[], T | None], *, timeout_s: float, interval_s: float) -> T | None:
    """What `look` finds, called again and again; None when the time ran out."""
    try:
        async with shared_thread.borrow() as thread, asyncio.timeout(timeout_s):
            while True:
                found = await thread.run(look)
                if found is not None:
                    return found
                await asyncio.sleep(interval_s)
    except TimeoutError:
        return None


shared_thread = SharedThread()
