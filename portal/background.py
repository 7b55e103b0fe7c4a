"""Tasks that run beside the requests in the server's event loop: hub, relay, the hourly signature.

A task that ends or fails without being asked to is logged and started again after a pause, never
silently dead. Stopping is asked for first (an event), and enforced (cancelled) at the deadline.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from events.until_set import wait_until_set

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
# A task that ran this long had started properly: its next failure is a new one.
SETTLED_AFTER_S = 60.0

StoppableTask = Callable[[asyncio.Event], Coroutine[Any, Any, object]]


@dataclass(slots=True)
class BackgroundTask:
    """`run(stop)` returns soon after `stop` is set; `has_started` tells whether it is at work yet.

    The rest is what /readyz shows of it.
    """

    name: str
    run: StoppableTask
    first_pause_s: float = FIRST_PAUSE_S
    has_started: Callable[[], bool] = lambda: True
    is_running: bool = field(default=False, init=False)
    restarts: int = field(default=0, init=False)
    last_error: str = field(default="", init=False)

    @property
    def is_ready(self) -> bool:
        return self.is_running and self.has_started()

    async def supervise(self, stop: asyncio.Event) -> None:
        """Run until `stop`, again and again."""
        pause_s = self.first_pause_s
        while not stop.is_set():
            started_at = time.monotonic()
            await self.run_once(stop)
            if stop.is_set():
                return
            if time.monotonic() - started_at > SETTLED_AFTER_S:
                pause_s = self.first_pause_s
            self.restarts += 1
            await wait_until_set(stop, timeout_s=pause_s * random.uniform(0.75, 1.25))  # noqa: S311 - spreads restarts
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def run_once(self, stop: asyncio.Event) -> None:
        self.is_running = True
        try:
            await self.run(stop)
        except Exception as error:
            self.last_error = type(error).__name__
            logger.exception("the background task %s failed", self.name)
        else:
            if not stop.is_set():
                self.last_error = "ended"
                logger.error("the background task %s ended without being asked to", self.name)
        finally:
            self.is_running = False


class BackgroundTasks:
    """The tasks of one process; started and stopped in the server's event loop."""

    def __init__(self, tasks: Sequence[BackgroundTask]) -> None:
        self.tasks = tuple(tasks)
        self.stop_event = asyncio.Event()
        self.running: dict[asyncio.Task[None], BackgroundTask] = {}

    def start(self) -> None:
        global _current  # noqa: PLW0603 - what runs in this process is a fact of the process
        _current = self
        for task in self.tasks:
            supervisor = asyncio.create_task(task.supervise(self.stop_event), name=task.name)
            self.running[supervisor] = task

    async def stop(self, deadline_s: float) -> None:
        """Ask every task to end, wait at most `deadline_s`, then cancel and name those that did not."""
        global _current  # noqa: PLW0603
        _current = None
        self.stop_event.set()
        if not self.running:
            return
        _, late = await asyncio.wait(self.running, timeout=deadline_s)
        for supervisor in late:
            logger.error(
                "the background task %s did not stop in time; cancelled", self.running[supervisor].name
            )
            supervisor.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)
        self.running.clear()


_current: BackgroundTasks | None = None


def get_background_tasks() -> BackgroundTasks | None:
    """The background tasks of this process while they run."""
    return _current


def describe_tasks() -> dict[str, dict[str, Any]]:
    """{name: {"is_ready", "restarts", "last_error"}} of this process's tasks; empty where none run."""
    tasks = get_background_tasks()
    if tasks is None:
        return {}
    return {
        task.name: {"is_ready": task.is_ready, "restarts": task.restarts, "last_error": task.last_error}
        for task in tasks.tasks
    }


def until_stopped(run: Callable[[], Awaitable[object]]) -> StoppableTask:
    """A stoppable task from one that knows no stop: it is cancelled when asked to end."""

    async def run_until_stopped(stop: asyncio.Event) -> None:
        work = asyncio.ensure_future(run())
        asked = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({work, asked}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
        finally:
            asked.cancel()
            work.cancel()
            await asyncio.gather(work, asked, return_exceptions=True)

    return run_until_stopped
