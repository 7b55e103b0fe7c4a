"""Notices when this process has stopped looking: on a thread of its own, which needs no event loop.

Whoever looks says so after every turn. Turns that do not come are an event loop that stands still, a database
that does not answer, a probe that hangs, or a machine that slept; whichever it is, nobody may read in the
old rows that all is well.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from django.db import Error as DatabaseProblem, close_old_connections, connections
from django.utils import timezone

from health.domain.silence import record_silence

logger = logging.getLogger(__name__)

TICK_S = 1.0
# Turns come every few seconds; a round with engines that do not answer takes up to twenty.
SILENT_AFTER_S = 45.0


class Watchdog:
    """Started and stopped by whoever looks; `hear()` is called from any thread."""

    def __init__(
        self,
        *,
        silent_after_s: float = SILENT_AFTER_S,
        tick_s: float = TICK_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.silent_after_s = silent_after_s
        self.tick_s = tick_s
        self.clock = clock
        self.heard_at_s = clock()
        self.is_silent = False
        self.is_recorded = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def hear(self) -> None:
        """A turn has ended well."""
        self.heard_at_s = self.clock()

    def start(self) -> None:
        self.hear()
        self._stop.clear()
        self._thread = threading.Thread(target=self.run, name="countersign-watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Return when the thread has ended, or after a few seconds when its database hangs."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5 * self.tick_s)

    def run(self) -> None:
        try:
            while not self._stop.wait(self.tick_s):
                self.look_with_connection()
        finally:
            connections.close_all()

    def look_with_connection(self) -> None:
        """Django's rules for connections apply to each look; whatever goes wrong, the next one is made."""
        close_old_connections()
        try:
            self.look()
        except Exception:
            logger.exception("the watchdog could not look")
        finally:
            close_old_connections()

    def look(self) -> None:
        """Raise the alarm once for each silence, on record as soon as the database takes it."""
        silence_s = self.clock() - self.heard_at_s
        if silence_s < self.silent_after_s:
            if self.is_silent:
                logger.warning("health is looked at again")
            self.is_silent = self.is_recorded = False
            return
        if not self.is_silent:
            self.is_silent = True
            logger.error("nobody has looked at the health of anything for %d s", silence_s)
        if not self.is_recorded:
            self.is_recorded = self.record()

    def record(self) -> bool:
        """Whether there is nothing left to write: it stands there, or another process looks."""
        try:
            record_silence(now=timezone.now())
        except DatabaseProblem as error:
            logger.warning("the silence can't be written down: %s", type(error).__name__)
            return False
        return True
