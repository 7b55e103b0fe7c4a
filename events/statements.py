"""Running one statement that is known as text, on the shortest way that keeps what Django promises.

On SQLite a cursor of Django's costs more than most of our statements: it is made anew each time, and the
placeholders are rewritten each time. What it promises is kept: errors are Django's own, a connection stays
with its thread and out of the event loop, a broken transaction runs nothing more, a taken lock is waited for.
Where statements are logged or wrapped otherwise, and on every other database, Django's cursor runs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.base import FORMAT_QMARK_REGEX

from events.sqlite_waiting import retry_while_locked

OWN_WRAPPERS = [retry_while_locked]


def find_connection() -> BaseDatabaseWrapper:
    """Of this thread."""
    return connections[DEFAULT_DB_ALIAS]


def run_statement(
    wrapper: BaseDatabaseWrapper, sql: str, parameters: Sequence[Any], *, is_reading: bool
) -> tuple[list[Any], int]:
    """(rows, how many were changed). `sql` has Django's placeholders."""
    wrapper.ensure_connection()  # raises in the event loop
    if wrapper.vendor == "sqlite" and wrapper.execute_wrappers == OWN_WRAPPERS and not wrapper.queries_logged:
        return run_on_sqlite(wrapper, sql, parameters)
    with wrapper.cursor() as cursor:
        cursor.execute(sql, parameters)
        return (cursor.fetchall(), -1) if is_reading else ([], int(cursor.rowcount))


def run_on_sqlite(wrapper: BaseDatabaseWrapper, sql: str, parameters: Sequence[Any]) -> tuple[list[Any], int]:
    wrapper.validate_thread_sharing()
    wrapper.validate_no_broken_transaction()
    run = partial(run_once, wrapper)
    found: tuple[list[Any], int]
    if wrapper.in_atomic_block:
        found = run(to_question_marks(sql), parameters)
    else:
        found = retry_while_locked(run, to_question_marks(sql), parameters, False, {"connection": wrapper})
    return found


def run_once(
    wrapper: BaseDatabaseWrapper, sql: str, parameters: Sequence[Any], *_: object
) -> tuple[list[Any], int]:
    with wrapper.wrap_database_errors:
        cursor = wrapper.connection.execute(sql, parameters)
        try:
            return cursor.fetchall(), cursor.rowcount
        finally:
            # Now, and not when its garbage is collected on another thread: see `sqlite_waiting`.
            cursor.close()


@lru_cache(maxsize=512)
def to_question_marks(sql: str) -> str:
    """As Django's SQLite cursor rewrites it."""
    return str(FORMAT_QMARK_REGEX.sub("?", sql).replace("%%", "%"))
