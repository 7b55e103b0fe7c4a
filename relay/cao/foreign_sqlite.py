"""Reading an SQLite file that belongs to another program, without being able to do it harm.

`mode=ro` alone lets a statement attach, and so create, other files, and reads every table; the connection
below refuses all but SELECTs of the tables that are named, and ends a statement that takes too long. Reads
are autocommit and fetched whole at once: a reader that stays delays a writer with a rollback journal.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

# Statements are short; one that is not must not hold the other program's writer up.
DEADLINE_S = 2.0
BUSY_S = 0.5
STEPS_BETWEEN_LOOKS = 2000
MAX_ROWS = 20_000

ALLOWED_ACTIONS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})
UNWRITABLE = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN})
READABLE_PRAGMAS = frozenset({"table_info"})


class SourceUnavailable(Exception):
    """The file can't be read now; the sentence is for people."""


class ForeignDatabase:
    """A guarded connection for one look; see `open_foreign`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def list_columns(self, table: str) -> frozenset[str]:
        """Empty when there is no such table."""
        return frozenset(str(row[1]) for row in self.fetch(f'PRAGMA table_info("{table}")'))

    def select(
        self, table: str, columns: Sequence[str], *, cut: Sequence[str] = (), cut_at: int = 0, order: str = ""
    ) -> list[dict[str, Any]]:
        """The columns that the table has, of at most MAX_ROWS rows; those of `cut` up to `cut_at` characters.

        A missing table gives no rows, a missing column None. Names are the caller's own, never data.
        """
        known = self.list_columns(table)
        wanted = [column for column in columns if column in known]
        if not wanted:
            return []
        shown = ", ".join(
            f'substr("{column}", 1, {int(cut_at)})' if column in cut else f'"{column}"' for column in wanted
        )
        ordered = f' ORDER BY "{order}" DESC' if order in known else ""
        rows = self.fetch(f'SELECT {shown} FROM "{table}"{ordered} LIMIT {MAX_ROWS}')  # noqa: S608 - our own names
        empty = dict.fromkeys(columns)
        return [empty | dict(zip(wanted, row, strict=True)) for row in rows]

    def fetch(self, sql: str) -> list[tuple[Any, ...]]:
        ends_s = time.monotonic() + DEADLINE_S
        self._connection.set_progress_handler(lambda: time.monotonic() > ends_s, STEPS_BETWEEN_LOOKS)
        try:
            return self._connection.execute(sql).fetchall()
        except sqlite3.Error as error:
            raise SourceUnavailable(describe(error)) from error


@contextmanager
def open_foreign(path: Path, *, tables: frozenset[str]) -> Iterator[ForeignDatabase]:
    """Only `tables` can be read through it. Raises SourceUnavailable."""
    connection = connect(path)
    try:
        guard(connection, tables)
        yield ForeignDatabase(connection)
    finally:
        connection.close()


def connect(path: Path) -> sqlite3.Connection:
    """Read-only; as an unchanging file only when it can't be locked and no log lies beside it.

    SQLite wants to write beside a file with a write-ahead log, even to read it.
    """
    if not path.is_file():
        raise SourceUnavailable("There is no database file.")
    try:
        return probe(path, "mode=ro")
    except sqlite3.Error as error:
        has_log = any(holds_bytes(path.with_name(f"{path.name}{end}")) for end in ("-wal", "-journal"))
        if has_log or error.sqlite_errorcode & 0xFF not in UNWRITABLE:
            raise SourceUnavailable(describe(error)) from error
    try:
        return probe(path, "mode=ro&immutable=1")
    except sqlite3.Error as error:
        raise SourceUnavailable(describe(error)) from error


def probe(path: Path, parameters: str) -> sqlite3.Connection:
    """Raises sqlite3.Error when nothing can be read that way."""
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?{parameters}", uri=True, timeout=BUSY_S, isolation_level=None
    )
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def guard(connection: sqlite3.Connection, tables: frozenset[str]) -> None:
    connection.execute("PRAGMA query_only = 1")
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)

    def authorize(action: int, first: str | None, second: str | None, *_: str | None) -> int:
        is_allowed = (
            action in ALLOWED_ACTIONS
            or (action == sqlite3.SQLITE_READ and first in tables)
            or (action == sqlite3.SQLITE_PRAGMA and first in READABLE_PRAGMAS and second in tables)
        )
        return sqlite3.SQLITE_OK if is_allowed else sqlite3.SQLITE_DENY

    connection.set_authorizer(authorize)


def holds_bytes(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def describe(error: sqlite3.Error) -> str:
    """SQLite's own words hold no data of the file."""
    return f"Its database can't be read: {error}."
