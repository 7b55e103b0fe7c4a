"""Processes that say they are there, and how their background tasks are judged together."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from health.domain.processes import beat, forget_lost_processes, leave, read_host
from health.models import PortalProcess
from health.probes.tasks import probe_tasks

pytestmark = pytest.mark.django_db

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONG_AGO = T0 - timedelta(hours=1)
WELL = {"is_ready": True, "restarts": 0, "last_error": ""}
FAILED = {"is_ready": False, "restarts": 4, "last_error": "OSError"}
COMING = {"is_ready": False, "restarts": 0, "last_error": ""}


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def run_process(
    holder: str, *, started_at: datetime = LONG_AGO, beat_at: datetime = T0, **tasks: Any
) -> None:
    PortalProcess.objects.create(
        holder=holder, host="h", pid=len(holder), started_at=started_at, beat_at=beat_at, tasks=tasks
    )


def judge(now: datetime = T0) -> dict[str, tuple[str, str]]:
    """{task: (state, detail)}, and of the processes themselves."""
    return {found.subject_id: (found.state.value, found.detail) for found in probe_tasks(now=now)}


def test_a_process_says_that_it_is_there_how_its_tasks_are_and_that_it_stops() -> None:
    beat(holder="a", tasks={"hub": COMING}, started_at=T0, now=at(1))
    beat(holder="a", tasks={"hub": WELL}, started_at=T0, now=at(6))
    [process] = PortalProcess.objects.all()
    assert (process.host, process.pid, process.started_at, process.beat_at, process.tasks) == (
        *(read_host(), os.getpid(), T0, at(6)),
        {"hub": WELL},
    )
    leave(holder="a")
    assert PortalProcess.objects.count() == 0


def test_whoever_starts_knows_which_processes_of_its_machine_were_killed() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for holder, host, pid in (("killed", read_host(), ended.pid), ("elsewhere", "another", ended.pid)):
        PortalProcess.objects.create(holder=holder, host=host, pid=pid)
    beat(holder="new", tasks={}, started_at=T0, now=T0)
    assert set(PortalProcess.objects.values_list("holder", flat=True)) == {"elsewhere", "new"}


def test_a_process_that_fell_silent_is_told_and_later_forgotten() -> None:
    run_process("one", hub=WELL)
    run_process("other", beat_at=at(-21), hub=FAILED)
    assert judge() == {
        "processes": ("degraded", "Not heard of any more, without having said that it stops: h:5."),
        "hub": ("ready", ""),
    }
    assert (forget_lost_processes(now=at(500)), forget_lost_processes(now=at(590))) == (0, 1)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (WELL, WELL, ("ready", "")),
        (WELL, FAILED, ("degraded", "It does not run in 1 of 2 processes; its last error: OSError.")),
        (FAILED, FAILED, ("error", "It does not run in 2 of 2 processes; its last error: OSError.")),
        (WELL, COMING, ("degraded", "It does not run in 1 of 2 processes.")),
    ],
)
def test_a_task_is_judged_over_all_processes(
    first: dict[str, Any], second: dict[str, Any], expected: tuple[str, str]
) -> None:
    run_process("a", hub=first)
    run_process("bb", hub=second)
    assert judge()["hub"] == expected


def test_a_task_of_a_new_process_may_take_a_minute() -> None:
    run_process("a", started_at=at(-30), hub=COMING)
    assert judge()["hub"] == ("starting", "")
    assert judge(at(19))["hub"] == ("starting", "")
    PortalProcess.objects.update(started_at=at(-61))
    assert judge()["hub"] == ("error", "It does not run.")


def test_one_that_fails_at_once_is_no_start() -> None:
    run_process("a", started_at=at(-3), hub=FAILED)
    assert judge()["hub"] == ("error", "It does not run; its last error: OSError.")


def test_whoever_looks_is_judged_by_the_round_alone() -> None:
    run_process("a", health=FAILED)
    assert judge() == {"processes": ("ready", "")}
