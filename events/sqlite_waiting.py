"""Waiting for SQLite's write lock in Python, where nobody is held up by the waiting.

While SQLite itself waits (`busy_timeout`), it holds the mutex of the waiting connection. If Python's garbage
collector then runs on the thread that has the write lock, and finds a dead cursor of the waiting connection,
it waits for that mutex, the interpreter lock in its hand: every thread of the process stands still until the
time-out, and the waiting write fails with "database is locked". (Seen on Python 3.11.7 with SQLite 3.40.)

So SQLite gives up after a few milliseconds, and the statement is tried again from here.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

# The longest that one thread's waiting can hold up another's garbage collection.
BUSY_TIMEOUT_MS = 10
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.001, 0.02
# Extended result codes keep the kind of error in their low byte.
PRIMARY_CODE = 0xFF

Execute = Callable[[str, Any, bool, dict[str, Any]], Any]


def connect_signals() -> None:
    """Called once, when the app is ready."""
    connection_created.connect(wait_in_python, dispatch_uid="events.sqlite_waiting")


def wait_in_python(*, connection: BaseDatabaseWrapper, **_: object) -> None:
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    if retry_while_locked not in connection.execute_wrappers:
        connection.execute_wrappers.append(retry_while_locked)


def retry_while_locked(execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Try a statement until the lock is free or the connection's `timeout` is over.

    Only outside a transaction, BEGIN included: a statement that found the lock taken has done nothing there.
    Inside one the lock is held already.
    """
    connection: BaseDatabaseWrapper = context["connection"]
    if connection.in_atomic_block or many:
        return execute(sql, params, many, context)
    give_up_at = time.monotonic() + float(connection.settings_dict["OPTIONS"].get("timeout", 5))
    while True:
        try:
            return execute(sql, params, many, context)
        except OperationalError as error:
            if not is_lock(error) or time.monotonic() >= give_up_at:
                raise
        time.sleep(random.uniform(SHORTEST_PAUSE_S, LONGEST_PAUSE_S))  # noqa: S311 - spreads the waiters


def is_lock(error: OperationalError) -> bool:
    code = getattr(error.__cause__, "sqlite_errorcode", None)
    return code is not None and code & PRIMARY_CODE == sqlite3.SQLITE_BUSY
