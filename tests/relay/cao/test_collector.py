"""The collector beside a CAO_HOME_DIR: what comes and goes between two of its looks is still on record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from engines.domain.cao_servers import retire_cao_server
from engines.domain.leases import LeaseLost
from engines.models import CaoServer, Subagent
from events.models import AuditEntry, Event
from relay.cao import collector as collector_module, foreign_sqlite, picture
from relay.cao.collector import Collector
from relay.cao.picture import DATABASE
from relay.cao.supervisor import run_collectors
from relay.domain.cao_leases import CAO_LEASES
from tests.factories import ACTOR, make_cao_server
from tests.relay.cao.homes import OLDEST, CaoHome, unpack_sample
from tests.relay.conftest import Desk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What vanished is lost at the next look."""
    monkeypatch.setattr(collector_module, "GONE_GRACE_S", 0.0)


@pytest.fixture
def home(tmp_path: Path) -> CaoHome:
    return CaoHome(tmp_path / "home")


async def begin(desk: Desk, folder: Path) -> Collector:
    server = await desk.run(lambda: make_cao_server(desk.team, home_folder=str(folder)))
    lease = await desk.run(lambda: CAO_LEASES.acquire(engine_id=server.pk, holder="test"))
    assert lease is not None
    return Collector(server, lease, desk.thread, None)


async def read_ledger(desk: Desk) -> dict[str, tuple[str, str, str, str]]:
    """{id: (kind, parent, status, result)}."""
    rows = await desk.run(lambda: list(Subagent.objects.select_related("parent")))
    return {
        row.source_ref: (
            row.kind,
            row.parent.source_ref if row.parent else "",
            row.status,
            row.result_excerpt,
        )
        for row in rows
    }


async def test_a_handoff_whose_row_no_look_saw_keeps_its_parent_and_its_result(
    desk: Desk, home: CaoHome
) -> None:
    collector = await begin(desk, home.folder)
    home.add("aaaaaaaa")
    await collector.look()
    home.hand_off("j", "running", created_at="2026-01-01 10:00:00")
    home.add("bbbbbbbb", "aaaaaaaa")
    home.hand_off("j", "completed", "bbbbbbbb", last_message="Done.", updated_at="2026-01-01 10:00:04")
    home.remove("bbbbbbbb", snapshot={"caller_id": "aaaaaaaa", "provider": "mock_cli"})
    await collector.look()
    assert await read_ledger(desk) == {
        "aaaaaaaa": ("cao_terminal", "", "running", ""),
        "bbbbbbbb": ("cao_handoff", "aaaaaaaa", "completed", "Done."),
    }


async def test_a_handoff_seen_while_its_row_lived_keeps_its_parent_without_a_snapshot(
    desk: Desk, home: CaoHome
) -> None:
    collector = await begin(desk, home.folder)
    home.add("aaaaaaaa")
    home.add("bbbbbbbb", "aaaaaaaa")
    await collector.look()
    home.hand_off("j", "completed", "bbbbbbbb", last_message="Done.")
    home.remove("bbbbbbbb")
    await collector.look()
    assert (await read_ledger(desk))["bbbbbbbb"] == ("cao_handoff", "aaaaaaaa", "completed", "Done.")


async def test_a_session_deleted_while_its_workers_run_loses_them(desk: Desk, home: CaoHome) -> None:
    collector = await begin(desk, home.folder)
    home.add("aaaaaaaa")
    home.add("bbbbbbbb", "aaaaaaaa", assigned=True)
    home.add("cccccccc", "bbbbbbbb", assigned=True)
    await collector.look()
    for terminal in ("cccccccc", "bbbbbbbb", "aaaaaaaa"):
        home.remove(terminal, snapshot={"caller_id": None})
    await collector.look()
    assert {row[2] for row in (await read_ledger(desk)).values()} == {"lost"}


async def test_a_failure_recorded_after_its_terminal_is_gone_counts(
    desk: Desk, home: CaoHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CAO removes a refused worker first, and writes down why a moment later."""
    monkeypatch.setattr(collector_module, "GONE_GRACE_S", 3600.0)
    collector = await begin(desk, home.folder)
    home.add("aaaaaaaa")
    home.add("bbbbbbbb", "aaaaaaaa")
    await collector.look()
    home.remove("bbbbbbbb")
    await collector.look()
    assert (await read_ledger(desk))["bbbbbbbb"][2] == "running"
    home.hand_off("j", "error", "bbbbbbbb", error_message="refused")
    await collector.look()
    assert (await read_ledger(desk))["bbbbbbbb"][2] == "failed"


async def test_a_server_that_can_not_be_read_loses_nothing(
    desk: Desk, home: CaoHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collector_module, "UNREADABLE_GRACE_S", 0.0)
    collector = await begin(desk, home.folder)
    home.add("aaaaaaaa")
    await collector.look()
    away = home.folder / "away.db"
    (home.folder / DATABASE).rename(away)
    await collector.look()
    server = await desk.run(CaoServer.objects.get)
    assert (server.state, server.state_reason) == ("offline", "There is no database file.")
    assert (await read_ledger(desk))["aaaaaaaa"][2] == "running"
    away.rename(home.folder / DATABASE)
    await collector.look()
    assert (await desk.run(CaoServer.objects.get)).state == "online"


async def test_a_picture_that_is_not_whole_loses_nothing(
    desk: Desk, home: CaoHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = await begin(desk, home.folder)
    for terminal in ("aaaaaaaa", "bbbbbbbb", "cccccccc"):
        home.add(terminal)
    await collector.look()
    for module in (foreign_sqlite, picture):
        monkeypatch.setattr(module, "MAX_ROWS", 2)
    home.remove("cccccccc")
    await collector.look()
    assert {row[2] for row in (await read_ledger(desk)).values()} == {"running"}


async def test_a_collector_that_begins_anew_doubles_and_raises_nothing(desk: Desk, home: CaoHome) -> None:
    """It was away for longer than CAO keeps its rows; files and results were swept meanwhile."""
    first = await begin(desk, home.folder)
    home.add("aaaaaaaa")
    home.add("bbbbbbbb", "aaaaaaaa")
    home.hand_off("j", "completed", "bbbbbbbb", last_message="Done.")
    home.add("cccccccc", "aaaaaaaa", assigned=True)
    await first.look()
    home.execute("DELETE FROM handoff_results")
    home.remove("bbbbbbbb")
    home.remove("cccccccc")
    second = Collector(first.server, first.lease, desk.thread, None)
    await second.look()
    expected = {
        "aaaaaaaa": ("cao_terminal", "", "running", ""),
        "bbbbbbbb": ("cao_handoff", "aaaaaaaa", "completed", "Done."),
        "cccccccc": ("cao_assign", "aaaaaaaa", "lost", ""),
    }
    assert await read_ledger(desk) == expected
    home.write_snapshot("cccccccc", caller_id="aaaaaaaa")
    await Collector(first.server, first.lease, desk.thread, None).look()
    assert await read_ledger(desk) == expected


async def test_a_version_without_callers_is_collected_without_edges(desk: Desk, tmp_path: Path) -> None:
    home = CaoHome(tmp_path / "old", OLDEST, has_handoffs=False)
    home.add("aaaaaaaa")
    home.add("bbbbbbbb")
    collector = await begin(desk, home.folder)
    await collector.look()
    rows = await desk.run(lambda: list(Subagent.objects.values_list("parent_ref", "evidence")))
    assert {row[0] for row in rows} == {""}
    assert all("this version keeps no callers" in row[1] for row in rows)


async def test_an_unchanged_server_costs_no_write(desk: Desk, tmp_path: Path) -> None:
    collector = await begin(desk, unpack_sample(tmp_path / "home"))
    await collector.look()
    before = await desk.run(lambda: (AuditEntry.objects.count(), Event.objects.count()))
    for _ in range(3):
        await collector.read()
    assert await desk.run(lambda: (AuditEntry.objects.count(), Event.objects.count())) == before


async def test_who_lost_the_lease_writes_nothing(desk: Desk, home: CaoHome) -> None:
    collector = await begin(desk, home.folder)
    home.add("aaaaaaaa")
    await desk.run(lambda: CAO_LEASES.release(collector.lease))
    with pytest.raises(LeaseLost):
        await collector.look()
    assert await read_ledger(desk) == {}


async def test_what_can_not_be_stopped_from_here_says_so(desk: Desk, home: CaoHome) -> None:
    collector = await begin(desk, home.folder)
    home.add("aaaaaaaa")
    await collector.look()
    await desk.run(lambda: Subagent.objects.update(stop_asked_at=timezone.now()))
    await collector.look()
    await collector.look()
    row = await desk.run(Subagent.objects.get)
    assert (row.status, row.stop_attempts, row.stop_error) == (
        "running",
        1,
        "Its CAO server has no address here: it can only be stopped by hand.",
    )
    home.remove("aaaaaaaa")
    await collector.look()
    assert (await desk.run(Subagent.objects.get)).status == "cancelled"


@asynccontextmanager
async def running() -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(run_collectors(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 20)


async def test_the_task_collects_from_every_connected_server_until_it_is_retired(
    desk: Desk, home: CaoHome
) -> None:
    async with running():
        server = await desk.run(lambda: make_cao_server(desk.team, home_folder=str(home.folder)))
        home.add("aaaaaaaa")
        await desk.wait(lambda: Subagent.objects.filter(source_ref="aaaaaaaa").exists(), "the first row")
        home.add("bbbbbbbb", "aaaaaaaa", assigned=True)
        await desk.wait(lambda: Subagent.objects.filter(source_ref="bbbbbbbb").exists(), "the second row")
        await desk.run(lambda: retire_cao_server(actor=ACTOR, server=server))
        free = CAO_LEASES
        await desk.wait(lambda: free.acquire(engine_id=server.pk, holder="other"), "its lease is given back")
    states: list[Any] = await desk.run(lambda: list(CaoServer.objects.values_list("state", flat=True)))
    assert states == ["online"]
