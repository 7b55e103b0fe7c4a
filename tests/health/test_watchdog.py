"""The watchdog notices its own side's silence: once, on record, and not while somebody else looks."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from events.models import Event
from health.domain.silence import record_silence
from health.models import HealthChange, HealthCheck, HealthWatch
from health.watchdog import Watchdog
from tests.health.make import get_check, make_finding, report

SILENT = "Nobody looks at anything: the background task health does not get to it."


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def look_was(seconds_ago: float) -> None:
    moment = timezone.now() - timedelta(seconds=seconds_ago)
    HealthCheck.objects.update(last_ping_at=moment)
    HealthWatch.objects.update(round_at=moment)


def read_states() -> list[tuple[str, str, str]]:
    rows = HealthChange.objects.filter(health_check=get_check("task", "health")).order_by("id")
    return sorted(rows.values_list("before", "state", "detail"))


@pytest.mark.django_db
def test_silence_is_noticed_logged_and_recorded_once(caplog: pytest.LogCaptureFixture) -> None:
    report(make_finding())
    look_was(50)
    clock = Clock()
    dog = Watchdog(clock=clock)
    clock.now_s += 44
    dog.look()
    assert (dog.is_silent, get_check("task", "health").state) == (False, "ready")
    clock.now_s += 1
    for _ in range(3):
        dog.look()
    assert (dog.is_silent, [record.getMessage() for record in caplog.records]) == (
        True,
        ["nobody has looked at the health of anything for 45 s"],
    )
    assert read_states() == [("", "ready", ""), ("ready", "offline", SILENT)]
    assert Event.objects.latest("seq").words == {"component": "task", "state": "offline"}
    dog.hear()
    dog.look()
    assert not dog.is_silent


@pytest.mark.django_db
def test_the_next_round_ends_the_silence() -> None:
    report(make_finding())
    look_was(50)
    assert record_silence(now=timezone.now())
    report(make_finding())
    assert read_states() == [
        ("", "ready", ""),
        ("offline", "ready", ""),
        ("ready", "offline", SILENT),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("seconds_ago", [None, 5])
def test_nothing_is_recorded_while_another_process_looks_or_before_anybody_did(
    seconds_ago: int | None,
) -> None:
    if seconds_ago is not None:
        report(make_finding())
        look_was(seconds_ago)
    assert not record_silence(now=timezone.now())


@pytest.mark.django_db
def test_what_the_database_did_not_take_is_written_when_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    report(make_finding())
    look_was(50)
    clock = Clock()
    dog = Watchdog(clock=clock)
    clock.now_s += 60
    with monkeypatch.context() as patch:
        patch.setattr("health.watchdog.record_silence", refuse)
        dog.look()
    assert (dog.is_silent, dog.is_recorded) == (True, False)
    dog.look()
    assert (dog.is_recorded, get_check("task", "health").state) == (True, "offline")


def refuse(**_: Any) -> bool:
    raise OperationalError("away")


@pytest.mark.django_db(transaction=True)
async def test_an_event_loop_that_stands_still_is_noticed() -> None:
    """A real thread beside a real loop that does nothing but block."""
    from asgiref.sync import sync_to_async

    await sync_to_async(report)(make_finding())
    await sync_to_async(look_was)(50)
    dog = Watchdog(silent_after_s=0.2, tick_s=0.02)
    dog.start()
    try:
        ends_at = time.monotonic() + 20
        # The loop stands here: nothing that runs on it could have noticed.
        while not dog.is_recorded and time.monotonic() < ends_at:
            time.sleep(0.01)  # noqa: ASYNC251 - standing still is the point
    finally:
        await asyncio.to_thread(dog.stop)
    check = await HealthCheck.objects.aget(component="task", subject_id="health")
    assert (dog.is_silent, check.state) == (True, "offline")
