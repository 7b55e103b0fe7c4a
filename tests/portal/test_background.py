from __future__ import annotations

import asyncio

import pytest

from portal.background import BackgroundTask, BackgroundTasks, get_background_tasks, until_stopped


def test_nothing_runs_before_the_start() -> None:
    assert get_background_tasks() is None


async def test_a_task_runs_until_it_is_asked_to_stop() -> None:
    heard: list[str] = []

    async def run(stop: asyncio.Event) -> None:
        heard.append("began")
        await stop.wait()
        heard.append("ended")

    task = BackgroundTask("test", run)
    tasks = BackgroundTasks([task])
    tasks.start()
    await until(lambda: task.is_running)
    assert get_background_tasks() is tasks
    await tasks.stop(5)
    assert (heard, task.is_running, task.restarts, get_background_tasks()) == (
        ["began", "ended"],
        False,
        0,
        None,
    )


@pytest.mark.parametrize("fails", [True, False])
async def test_a_task_that_fails_or_ends_is_logged_and_started_again(
    fails: bool, caplog: pytest.LogCaptureFixture
) -> None:
    starts = 0

    async def run(stop: asyncio.Event) -> None:
        nonlocal starts
        starts += 1
        if starts < 3:
            if fails:
                raise ValueError("broken")
            return
        await stop.wait()

    task = BackgroundTask("test", run, first_pause_s=0.01)
    tasks = BackgroundTasks([task])
    tasks.start()
    await until(lambda: starts == 3)
    assert (task.restarts, task.last_error, task.is_running) == (2, "ValueError" if fails else "ended", True)
    await tasks.stop(5)
    expected = (
        "the background task test failed"
        if fails
        else "the background task test ended without being asked to"
    )
    assert [record.getMessage() for record in caplog.records] == [expected] * 2


async def test_one_failing_task_leaves_the_others_running() -> None:
    async def fail(_stop: asyncio.Event) -> None:
        raise ValueError("broken")

    async def run(stop: asyncio.Event) -> None:
        await stop.wait()

    failing, running = BackgroundTask("failing", fail, first_pause_s=0.01), BackgroundTask("running", run)
    tasks = BackgroundTasks([failing, running])
    tasks.start()
    await until(lambda: failing.restarts >= 2)
    assert running.is_running
    await tasks.stop(5)


async def test_a_task_that_ignores_the_stop_is_cancelled_and_named(caplog: pytest.LogCaptureFixture) -> None:
    async def ignore(_stop: asyncio.Event) -> None:
        await asyncio.sleep(60)

    tasks = BackgroundTasks([BackgroundTask("stubborn", ignore)])
    tasks.start()
    await asyncio.sleep(0)
    await asyncio.wait_for(tasks.stop(0.05), 5)
    assert [record.getMessage() for record in caplog.records] == [
        "the background task stubborn did not stop in time; cancelled"
    ]


async def test_a_pause_before_a_restart_does_not_hold_up_the_stop() -> None:
    async def fail(_stop: asyncio.Event) -> None:
        raise ValueError("broken")

    task = BackgroundTask("failing", fail, first_pause_s=60)
    tasks = BackgroundTasks([task])
    tasks.start()
    await until(lambda: task.restarts == 1)
    await asyncio.wait_for(tasks.stop(30), 5)


async def test_a_task_without_a_stop_is_cancelled_when_asked() -> None:
    heard: list[str] = []

    async def run() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            heard.append("cleaned up")

    stop = asyncio.Event()
    work = asyncio.create_task(until_stopped(run)(stop))
    await asyncio.sleep(0)
    stop.set()
    await asyncio.wait_for(work, 5)
    assert heard == ["cleaned up"]


async def test_a_task_without_a_stop_that_fails_fails_at_once() -> None:
    async def run() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await until_stopped(run)(asyncio.Event())


async def until(condition: object) -> None:
    async with asyncio.timeout(20):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.005)
