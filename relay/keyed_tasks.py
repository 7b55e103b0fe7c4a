"""Background work of one engine's relay: at most one task for a key, all of them ending with the relay."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable

from relay.opencode.errors import EngineError, EngineUnauthorized

logger = logging.getLogger(__name__)

Work = Callable[[], Awaitable[None]]

# What does not fit is left to the next reconciliation, which finds it by listing.
MAX_TASKS = 2000


class KeyedTasks:
    """Starts work in a task group.

    Work that fails with an EngineError is left to the next reconciliation; refused credentials and
    anything unexpected end the group, and with it this run of the relay.
    """

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self._group = group
        self._running: set[Hashable] = set()
        self._again: dict[Hashable, Work] = {}

    def start(self, key: Hashable, work: Work) -> None:
        """Run `work` soon. Asked again while it runs, the newest work is run once more afterwards."""
        if key in self._running:
            self._again[key] = work
            return
        if len(self._running) >= MAX_TASKS:
            logger.warning("Too much background work; left one task to the next reconciliation.")
            return
        running = self._run(key, work)
        try:
            self._group.create_task(running)
        except RuntimeError:
            # The relay is ending; the next one begins with a reconciliation.
            running.close()
        else:
            self._running.add(key)

    def is_running(self, key: Hashable) -> bool:
        return key in self._running

    async def _run(self, key: Hashable, work: Work | None) -> None:
        try:
            while work is not None:
                try:
                    await work()
                except EngineUnauthorized:
                    raise
                except EngineError as error:
                    logger.info("Left to the next reconciliation: %s", error)
                work = self._again.pop(key, None)
        finally:
            self._running.discard(key)
            self._again.pop(key, None)
