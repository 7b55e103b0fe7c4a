"""When the hub looks at the log: soon after a commit, and once for commits that follow one another closely.

Each look costs a query and some turns of the event loop: as much as a small request of the API.
"""

from __future__ import annotations

import asyncio
import time


class Pacing:
    """Rings come in on any thread; everything else happens on the loop that it was made on."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        # There were commits that the log has not been read for since.
        self.is_rung = False
        # Somebody waits for the log to be read.
        self.is_hurried = False
        self.woken, self.attended, self.was_read = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def ring(self) -> None:
        """On any thread. Rings that the log is still to be read for wake nobody again."""
        if not self.is_rung:
            self.is_rung = True
            self.loop.call_soon_threadsafe(self.woken.set)

    def attend(self) -> None:
        """Somebody has come who wants to hear of events: a pause may be too long now."""
        self.attended.set()

    def begin_reading(self) -> None:
        """Before the head is read: who rings from now on is not seen by that."""
        self.is_rung = False
        self.woken.clear()

    def end_reading(self) -> None:
        self.is_hurried = False
        self.was_read.set()
        self.was_read = asyncio.Event()

    async def wait_for_ring(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self.woken.wait()
        except TimeoutError:
            pass

    async def gather(self, looked_at_s: float, *, pause_s: float, idle_pause_s: float) -> None:
        """Wait for more commits: `pause_s` after the last look, or `idle_pause_s` while nobody attends."""
        self.attended.clear()
        ends_at_s = looked_at_s + idle_pause_s
        while not self.is_hurried and (left_s := ends_at_s - time.monotonic()) > 0:
            try:
                async with asyncio.timeout(left_s):
                    await self.attended.wait()
            except TimeoutError:
                return
            self.attended.clear()
            ends_at_s = looked_at_s + pause_s

    async def wait_for_reading(self) -> None:
        """Until the log has been read once more, without a pause before it."""
        self.is_hurried = True
        self.woken.set()
        self.attended.set()
        await self.was_read.wait()
