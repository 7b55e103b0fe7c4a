"""The short way of a statement keeps what Django's cursor promises, on both databases."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from django.core.exceptions import SynchronousOnlyOperation
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from events.sqlite_waiting import retry_while_locked
from events.statements import find_connection, run_statement
from tests.factories import make_team

pytestmark = pytest.mark.django_db

READ = "SELECT name FROM accounts_team WHERE name = %s OR name LIKE 'z%%' ORDER BY name"
WRITE = "UPDATE accounts_team SET name = %s WHERE name = %s"


def read(*names: str) -> list[Any]:
    rows, _ = run_statement(find_connection(), READ, names, is_reading=True)
    return [tuple(row) for row in rows]


def write(*names: str) -> int:
    return run_statement(find_connection(), WRITE, names, is_reading=False)[1]


def test_it_reads_and_counts_as_djangos_cursor_does() -> None:
    for name in ("a", "b", "zebra"):
        make_team(name)
    assert (read("a"), read("x")) == ([("a",), ("zebra",)], [("zebra",)])
    assert (write("c", "b"), write("c", "b")) == (1, 0)
    assert read("c") == [("c",), ("zebra",)]


def test_what_is_watched_goes_djangos_way() -> None:
    make_team("a")
    with CaptureQueriesContext(connection) as queries:
        read("a")
    assert len(queries) == 1
    seen: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        read("a")
    assert seen == [READ]


def test_errors_are_djangos_own_and_break_the_transaction() -> None:
    make_team("a")
    make_team("b")
    with pytest.raises(IntegrityError), transaction.atomic():
        run_statement(find_connection(), "UPDATE accounts_team SET id = %s", ["same"], is_reading=False)
    assert read("a") == [("a",)]
    with pytest.raises(DatabaseError), transaction.atomic():
        run_statement(find_connection(), "SELECT nothing FROM nowhere", [], is_reading=True)
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            read("a")
        transaction.set_rollback(False)


def test_neither_the_event_loop_nor_another_thread_uses_a_connection() -> None:
    wrapper = find_connection()
    refusals: list[type[BaseException]] = []

    async def use_in_loop() -> None:
        with pytest.raises(SynchronousOnlyOperation):
            run_statement(wrapper, READ, ["a"], is_reading=True)

    def use_in_thread() -> None:
        try:
            run_statement(wrapper, READ, ["a"], is_reading=True)
        except DatabaseError as error:
            refusals.append(type(error))

    asyncio.run(use_in_loop())
    thread = threading.Thread(target=use_in_thread)
    thread.start()
    thread.join()
    assert refusals == [DatabaseError]


@pytest.mark.sqlite
def test_on_sqlite_it_is_the_short_way_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    make_team("a")
    assert connection.execute_wrappers == [retry_while_locked]
    monkeypatch.setattr(BaseDatabaseWrapper, "cursor", None)
    assert read("a") == [("a",)]
