"""Waiting for one subject to change, on the hub and without one."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import pytest

from accounts.models import Team
from events.actors import Subject
from events.database_threads import DatabaseThread
from live import polling
from live.hub import Hub, Timing
from live.waits import wait_for_change
from tests.live.streams import DEADLINE_S, emit, until

pytestmark = pytest.mark.django_db(transaction=True)
SUBJECT = Subject("test", "1")


async def test_wait_ends_with_the_seq_of_the_change(hub: Hub, team: Team, writer: DatabaseThread) -> None:
    since = hub.cursor
    waiting = asyncio.create_task(wait_for_change(SUBJECT, since=since, timeout_s=DEADLINE_S))
    await until(lambda: hub.waiters)
    await writer.run(lambda: emit(team.audience, subject="2"))
    seq = await writer.run(lambda: emit(team.audience, subject="1"))
    assert (await waiting, dict(hub.waiters)) == (seq, {})


async def test_change_before_the_wait_and_after_the_cursor_is_not_missed(
    hub: Hub, team: Team, writer: DatabaseThread
) -> None:
    since = hub.cursor
    seq = await writer.run(lambda: emit(team.audience))
    await until(lambda: hub.cursor >= seq)
    assert await wait_for_change(SUBJECT, since=since, timeout_s=DEADLINE_S) == seq


async def test_cursor_ahead_of_the_hub_is_not_woken_by_what_it_knows(
    hub: Hub, team: Team, writer: DatabaseThread
) -> None:
    """As when a page was read from the database a moment before the hub has read the same events."""
    waiting = asyncio.create_task(wait_for_change(SUBJECT, since=hub.cursor + 1, timeout_s=DEADLINE_S))
    await until(lambda: hub.waiters)
    await writer.run(lambda: emit(team.audience))
    second = await writer.run(lambda: emit(team.audience))
    assert await waiting == second


async def test_time_runs_out(hub: Hub, team: Team) -> None:
    assert await wait_for_change(SUBJECT, since=hub.cursor, timeout_s=0.01) is None
    assert dict(hub.waiters) == {}


async def test_a_thousand_waiters_cost_one_read_of_the_log(
    hub: Hub, team: Team, writer: DatabaseThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    run = hub.thread.run

    async def count_and_run(function: Any, /, *args: Any, **kwargs: Any) -> Any:
        calls.append(function.__name__)
        return await run(function, *args, **kwargs)

    monkeypatch.setattr(hub.thread, "run", count_and_run)
    threads = threading.active_count()
    async with asyncio.TaskGroup() as group:
        waiting = [
            group.create_task(wait_for_change(SUBJECT, since=hub.cursor, timeout_s=DEADLINE_S))
            for _ in range(1000)
        ]
        await until(lambda: len(hub.waiters[SUBJECT]) == 1000)
        assert (calls, threading.active_count()) == ([], threads)
        seq = await writer.run(lambda: emit(team.audience))
    assert ({task.result() for task in waiting}, set(calls)) == ({seq}, {"read_news"})


async def test_hub_that_stops_ends_the_waits(team: Team, writer: DatabaseThread) -> None:
    hub = Hub(Timing(reconcile_s=60, rights_s=60))
    running = asyncio.create_task(hub.run())
    await until(lambda: hub.is_started)
    waiting = asyncio.create_task(hub.wait_for_change(SUBJECT, since=hub.cursor, timeout_s=DEADLINE_S))
    await until(lambda: hub.waiters)
    running.cancel()
    assert await waiting is None
    await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()


async def test_without_a_hub_the_log_is_polled_and_the_log_says_so(
    team: Team, writer: DatabaseThread, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first = await writer.run(lambda: emit(team.audience))
    with caplog.at_level(logging.WARNING, logger="live.polling"):
        waiting = [
            asyncio.create_task(
                polling.poll_for_change(SUBJECT, since=first, timeout_s=DEADLINE_S, interval_s=0.01)
            )
            for _ in range(3)
        ]
        await until(lambda: polling.shared_thread.users == 3)
        seq = await writer.run(lambda: emit(team.audience))
        assert await asyncio.gather(*waiting) == [seq, seq, seq]
    said = [record.getMessage() for record in caplog.records if record.name == "live.polling"]
    assert said == ["no hub is running here: waiting by reading the event log every second"]
    assert polling.shared_thread.thread is None


async def test_without_a_hub_the_time_runs_out_too(team: Team, writer: DatabaseThread) -> None:
    seq = await writer.run(lambda: emit(team.audience))
    assert await wait_for_change(SUBJECT, since=seq - 1, timeout_s=DEADLINE_S) == seq
    assert await wait_for_change(SUBJECT, since=seq, timeout_s=0.01) is None
