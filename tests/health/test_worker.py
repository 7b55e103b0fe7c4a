"""The background task as it runs: one process looks, another takes over, nothing is written twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.utils import timezone

from events.database_threads import DatabaseThread
from health.enums import Component
from health.findings import Report
from health.looking import list_probes
from health.models import HealthCheck, HealthWatch, PortalProcess
from health.watchdog import Watchdog
from health.worker import HealthWorker, pause_after
from tests.factories import make_engine, make_team
from tests.health.make import make_finding

pytestmark = pytest.mark.django_db(transaction=True)

WAIT_S = 30.0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("health.worker.TURN_EVERY_S", 0.05)
    monkeypatch.setattr("health.worker.BEAT_EVERY_S", 0.1)
    monkeypatch.setattr("health.worker.RENEW_EVERY_S", 0.1)
    monkeypatch.setattr("health.worker.ROUND_EVERY_S", 0.1)
    monkeypatch.setattr("health.worker.STARTING_ROUND_EVERY_S", 0.1)
    monkeypatch.setattr("health.probes.engines.TRY_AGAIN_AFTER_S", 0.0)


@asynccontextmanager
async def running(worker: HealthWorker) -> AsyncIterator[HealthWorker]:
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(stop))
    try:
        yield worker
    finally:
        stop.set()
        await task


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not await is_so():
            await asyncio.sleep(0.02)


async def read_states() -> dict[tuple[str, str], str]:
    rows = HealthCheck.objects.filter(ended_at=None).values_list("component", "subject_id", "state")
    return {(component, subject): state async for component, subject, state in rows}


async def test_a_process_looks_at_everything_there_is(settings: Any) -> None:
    settings.REDIS_URL = None
    engine = await sync_to_async(make_engine)(await sync_to_async(make_team)())
    async with running(HealthWorker()) as worker:
        await until(lambda: HealthWatch.objects.filter(round_at__isnull=False).aexists())
        assert worker.is_heard
        states = await read_states()
    disks = {key: state for key, state in states.items() if key[0] == "disk"}
    assert disks
    assert {key: state for key, state in states.items() if key not in disks} == {
        ("database", ""): "ready",
        ("channel_layer", ""): "ready",
        ("engine", engine.pk): "starting",
        ("event_stream", engine.pk): "starting",
        ("gate", engine.pk): "degraded",
        ("relay", ""): "starting",
        ("task", "processes"): "ready",
        ("task", "health"): "ready",
    }


async def test_when_it_stops_another_process_looks_at_once() -> None:
    first, second = HealthWorker(), HealthWorker()
    async with running(second):
        async with running(first):
            await until(lambda: HealthWatch.objects.filter(round_at__isnull=False).aexists())
            await until(lambda: has_processes(2))
            watching = [worker.watch is not None for worker in (first, second)]
            assert sorted(watching) == [False, True]
            leader, other = (first, second) if watching[0] else (second, first)
            epoch = (await HealthWatch.objects.aget()).epoch
            assert other.is_heard
        if leader is first:
            await until(lambda: HealthWatch.objects.filter(epoch=epoch + 1, holder=second.holder).aexists())
        assert await has_processes(1)
    assert await has_processes(0)


async def has_processes(count: int) -> bool:
    return await PortalProcess.objects.acount() == count


async def test_a_stop_waits_for_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = asyncio.Event()

    async def never_answer(_: Any) -> Any:
        asked.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("health.looking.probe_engines", never_answer)
    async with asyncio.timeout(WAIT_S):
        async with running(HealthWorker()):
            await asked.wait()
    assert await has_processes(0)


async def test_one_that_lost_its_place_writes_nothing_and_may_come_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running(HealthWorker()) as worker:
        await until(lambda: HealthWatch.objects.filter(round_at__isnull=False).aexists())
        await HealthWatch.objects.aupdate(holder="another", epoch=77)

        async def has_noticed() -> bool:
            return worker.watch is None

        await until(has_noticed)
        assert "Another process looks at health now." in [record.getMessage() for record in caplog.records]
        watch = await HealthWatch.objects.aget()
        beat_at = (await PortalProcess.objects.aget()).beat_at
        await until(lambda: PortalProcess.objects.filter(beat_at__gt=beat_at).aexists())
        # Several turns later it is still the other's, who has not looked.
        later = await HealthWatch.objects.aget()
        assert (later.holder, later.epoch, later.round_at) == ("another", 77, watch.round_at)
        await HealthWatch.objects.aupdate(expires_at=watch.round_at)
        await until(lambda: HealthWatch.objects.filter(epoch=78, round_at__gt=watch.round_at).aexists())


async def test_a_probe_that_fails_takes_no_other_with_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("health.looking.probe_disk", fail)
    async with running(HealthWorker()):
        await until(lambda: HealthWatch.objects.filter(round_at__isnull=False).aexists())
        states = await read_states()
    assert (states["database", ""], states["task", "health"]) == ("ready", "degraded")
    assert "disk" not in {component for component, _ in states}


async def test_a_database_that_is_away_is_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise OperationalError("away")

    async with running(HealthWorker(watchdog=Watchdog(silent_after_s=0.3, tick_s=0.02))) as worker:
        await until(lambda: HealthWatch.objects.filter(round_at__isnull=False).aexists())
        with monkeypatch.context() as patch:
            patch.setattr("health.worker.renew_watch", refuse)
            patch.setattr("health.watchdog.record_silence", refuse)

            async def is_silent() -> bool:
                return worker.watchdog.is_silent

            await until(is_silent)
            assert not worker.is_heard

        async def is_heard() -> bool:
            return worker.is_heard

        await until(is_heard)


def test_what_starts_is_looked_at_again_sooner_but_for_gates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("health.worker.ROUND_EVERY_S", 7.0)
    monkeypatch.setattr("health.worker.STARTING_ROUND_EVERY_S", 3.0)
    reports = [
        Report((make_finding(state, component=component),))
        for component, state in (("engine", "starting"), ("gate", "starting"), ("engine", "ready"))
    ]
    assert [pause_after(report) for report in reports] == [3.0, 7.0, 7.0]


def test_every_kind_of_component_is_looked_at() -> None:
    kinds = [component for component, _ in list_probes(DatabaseThread("unused"), timezone.now())]
    assert sorted(kinds) == sorted(Component)
