"""The publisher beside the relays: it finds what is due, takes the lease, and looks for drift."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest

from engines.enums import EngineControl
from engines.models import Engine
from events.models import AuditEntry, Event
from releases import worker
from releases.controls.interface import Trial
from releases.domain.drift import CHECK_EVERY
from releases.domain.leases import acquire_lease, release_lease
from releases.enums import DriftState
from releases.models import Drift, Publication
from releases.pressed import mark_pressed, take_pressed
from tests.releases.conftest import Site


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("releases.domain.drift.CHECK_EVERY", CHECK_EVERY / 600)
    monkeypatch.setattr(worker, "LOOK_FOR_DRIFT_EVERY_S", 0.1)
    monkeypatch.setattr(worker, "FAULT_PAUSE_S", 0.1)


@contextlib.asynccontextmanager
async def working(site: Site, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """The worker of a web process; the folder is the engine's real one, the throwaway engine is not there."""

    async def no_binary(*_: object) -> Trial:
        return Trial(False, "", "There is no OpenCode binary.")

    monkeypatch.setattr(worker, "try_release", no_binary)
    monkeypatch.setattr(worker, "open_control", lambda _engine: site.control)
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run_publishers(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)


async def wait_drift(site: Site, state: str) -> Drift:
    for _ in range(600):
        found = await site.run(lambda: Drift.objects.filter(engine=site.engine, state=state).first())
        if found is not None:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"not {state}")


async def test_it_publishes_what_was_pressed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async with working(site, monkeypatch):
        publication = await site.queue("One.")
        found = await site.wait(publication, lambda row: row.is_finished)
    assert (found.state, site.read_prompt()) == ("live", "One.")


async def test_another_process_that_holds_the_lease_is_left_alone(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = await site.run(lambda: acquire_lease(engine_id=site.engine.pk, holder="another"))
    assert lease is not None
    async with working(site, monkeypatch):
        publication = await site.queue("One.")
        fleet_looks = 5
        for _ in range(fleet_looks):
            await asyncio.sleep(0.1)
            assert (await site.load(publication)).state == "queued"
        await site.run(lambda: release_lease(lease))
        found = await site.wait(publication, lambda row: row.is_finished)
    assert found.state == "live"


async def test_a_control_that_cannot_be_used_fails_it_with_its_sentence(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unusable() -> None:
        Engine.objects.filter(pk=site.engine.pk).update(
            control=EngineControl.AGENT, control_address="no address"
        )

    await site.run(unusable)
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run_publishers(stop))
    publication = await site.queue("One.")
    found = await site.wait(publication, lambda row: row.is_finished)
    stop.set()
    await asyncio.wait_for(task, 30)
    assert found.state == "failed"
    assert found.error.startswith("How this engine is controlled can't be used: ")


async def test_drift_shows_with_a_diff_and_as_an_event_and_ends(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with working(site, monkeypatch):
        publication = await site.queue("One.")
        await site.wait(publication, lambda row: row.is_finished)
        await wait_drift(site, DriftState.SAME)
        assert site.server.loaded is not None
        site.server.loaded["agent/reviewer.md"] = site.server.loaded["agent/reviewer.md"].replace(
            "One.", "Another."
        )
        drift = await wait_drift(site, DriftState.DIFFERENT)
        assert [row["path"] for row in drift.differences] == ["agent.reviewer.prompt"]
        site.server.read_folder()
        await wait_drift(site, DriftState.SAME)
    kinds = await site.run(
        lambda: list(
            Event.objects.filter(kind__startswith="engine.drift").order_by("seq").values_list("kind", "words")
        )
    )
    assert kinds == [
        ("engine.drift", {"state": "different", "differences": 1}),
        ("engine.drift_ended", {"state": "same", "differences": 0}),
    ]
    verbs = await site.run(lambda: AuditEntry.objects.filter(verb="engine.drift").count())
    assert verbs == 2


async def wait_for_drift(site: Site, condition: Callable[[Drift], bool]) -> Drift:
    for _ in range(600):
        drift = await site.run(lambda: Drift.objects.filter(engine=site.engine).first())
        if drift is not None and condition(drift):
            return drift
        await asyncio.sleep(0.05)
    raise AssertionError("What was waited for did not come.")


async def test_an_engine_that_is_away_keeps_what_was_seen_last_and_says_why(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with working(site, monkeypatch):
        publication = await site.queue("One.")
        await site.wait(publication, lambda row: row.is_finished)
        await wait_for_drift(site, lambda row: row.state == "same")
        await site.server.stop()
        # A call that was under way says that its line broke.
        drift = await wait_for_drift(site, lambda row: row.reason == "No connection to the engine.")
        await site.server.start()
    assert (drift.state, drift.differences, drift.reason) == (
        "same",
        [],
        "No connection to the engine.",
    )


async def test_without_a_live_release_nothing_is_looked_at(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with working(site, monkeypatch):
        await asyncio.sleep(0.5)
    assert await site.run(lambda: (Drift.objects.count(), Publication.objects.count())) == (0, 0)
    assert site.server.count("GET", "/agent") == 0


def test_only_what_presses_something_has_publishers_look() -> None:
    take_pressed()
    looks = [take_pressed()]
    mark_pressed()
    looks += [take_pressed(), take_pressed()]
    assert looks == [False, True, False]
