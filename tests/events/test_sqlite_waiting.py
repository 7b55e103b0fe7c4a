"""Threads that wait for SQLite's write lock hold up nobody, and get it in the end."""

from __future__ import annotations

import gc
import sys
import threading
import time
import traceback
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from accounts.models import Team
from events.sqlite_waiting import BUSY_TIMEOUT_MS, retry_while_locked
from tests.support.concurrency import run_together

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db(transaction=True)]

# Far more than a few milliseconds of waiting, far less than the connection's time-out of 20 s.
QUICK_S = 8


def leave_dead_cursor() -> None:
    """An unfinished cursor of this thread's connection that only the garbage collector can remove."""
    cursor = connection.connection.cursor()
    cursor.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5) SELECT i FROM n")
    cursor.fetchone()
    circle: list[Any] = [cursor]
    circle.append(circle)


def is_begin_stuck(thread: list[int]) -> bool:
    """Whether the thread is seen inside its BEGIN twenty times in a row, before the deadline."""
    deadline, seen = time.monotonic() + QUICK_S, 0
    while seen < 20 and time.monotonic() < deadline:
        time.sleep(0.005)
        frame = sys._current_frames().get(thread[0]) if thread else None  # noqa: SLF001 - documented
        names = {walked.f_code.co_name for walked, _ in traceback.walk_stack(frame)} if frame else set()
        seen = seen + 1 if "_start_transaction_under_autocommit" in names else 0
    return seen >= 20


def test_collecting_a_waiting_threads_cursor_does_not_stop_the_process() -> None:
    has_lock = threading.Event()
    waiting_thread: list[int] = []
    took_s: list[float] = []

    def hold_the_lock() -> None:
        with transaction.atomic():
            has_lock.set()
            assert is_begin_stuck(waiting_thread)
            started_at = time.monotonic()
            gc.collect()
            took_s.append(time.monotonic() - started_at)
            Team.objects.create(name="first")

    def wait_for_it() -> None:
        Team.objects.exists()
        gc.collect()
        # Nothing but what is made from here on is looked at: a whole collection takes its time, too.
        gc.freeze()
        gc.disable()
        leave_dead_cursor()
        assert has_lock.wait(QUICK_S)
        waiting_thread.append(threading.get_ident())
        with transaction.atomic():
            Team.objects.create(name="second")

    try:
        run_together([hold_the_lock, wait_for_it])
    finally:
        gc.enable()
        gc.unfreeze()
    assert took_s[0] < QUICK_S
    assert sorted(Team.objects.values_list("name", flat=True)) == ["first", "second"]


def test_sqlite_itself_waits_a_moment_only() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone() == (BUSY_TIMEOUT_MS,)
    assert connection.execute_wrappers.count(retry_while_locked) == 1
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone() == (BUSY_TIMEOUT_MS,)
    assert connection.execute_wrappers.count(retry_while_locked) == 1


def test_single_statements_wait_too() -> None:
    team = Team.objects.create(name="0")
    has_lock, is_done = threading.Event(), threading.Event()

    def hold_the_lock() -> None:
        with transaction.atomic():
            has_lock.set()
            # Longer than SQLite waits by itself.
            is_done.wait(20 * BUSY_TIMEOUT_MS / 1000)

    def update() -> None:
        assert has_lock.wait(QUICK_S)
        Team.objects.filter(pk=team.pk).update(name="1")
        is_done.set()

    run_together([hold_the_lock, update])
    team.refresh_from_db()
    assert team.name == "1"


def test_the_wait_ends_at_the_connections_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.2)
    has_lock, has_failed = threading.Event(), threading.Event()

    def hold_the_lock() -> None:
        with transaction.atomic():
            has_lock.set()
            assert has_failed.wait(QUICK_S)

    def fail() -> None:
        assert has_lock.wait(QUICK_S)
        try:
            with pytest.raises(OperationalError, match="locked"), transaction.atomic():
                pass
        finally:
            has_failed.set()
        # The connection is as good as before.
        Team.objects.create(name="after")

    run_together([hold_the_lock, fail])
    assert Team.objects.get().name == "after"


def test_other_errors_are_not_tried_again() -> None:
    started_at = time.monotonic()
    with pytest.raises(OperationalError, match="no such table"), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM nothing_of_this_name")
    assert time.monotonic() - started_at < QUICK_S
