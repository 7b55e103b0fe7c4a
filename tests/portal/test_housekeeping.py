from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import time_machine
from asgiref.sync import sync_to_async
from django.db import IntegrityError

from events.actors import Subject, build_command_actor
from events.audit import verify_chain
from events.audit_checks import start_check
from events.changes import changes
from events.models import AuditCheck, Event, SignedHead
from portal import housekeeping
from portal.housekeeping import check_chains, prune_daily, sign_heads

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def heads_file(settings: Any, tmp_path: Path) -> Path:
    settings.COUNTERSIGN_AUDIT_HEADS_FILE = tmp_path / "heads.jsonl"
    return tmp_path / "heads.jsonl"


def audit() -> None:
    with changes(build_command_actor("test")) as change:
        change.audit("thing.touch", Subject("thing", "1"))


def read_heads(path: Path) -> list[int]:
    return [json.loads(line)["n"] for line in path.read_text().splitlines()]


def list_signed() -> list[int]:
    return list(SignedHead.objects.values_list("n", flat=True))


async def test_the_head_is_signed_at_once_and_again_after_the_interval(heads_file: Path) -> None:
    await sync_to_async(audit)()
    stop = asyncio.Event()
    signing = asyncio.create_task(sign_heads(stop, interval_s=0.05))
    await until_signed([1])
    await sync_to_async(audit)()
    await until_signed([1, 2])
    stop.set()
    await asyncio.wait_for(signing, 20)
    assert await sync_to_async(read_heads)(heads_file) == [1, 2]
    assert await sync_to_async(verify_chain)(heads_file) == []


async def test_two_processes_that_sign_the_same_head_do_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def sign_second() -> None:
        raise IntegrityError

    monkeypatch.setattr(housekeeping, "sign_head", sign_second)
    stop = asyncio.Event()
    signing = asyncio.create_task(sign_heads(stop))
    await asyncio.sleep(0)
    stop.set()
    await asyncio.wait_for(signing, 20)


async def test_events_past_their_time_are_dropped() -> None:
    def announce_long_ago() -> None:
        with time_machine.travel("2020-01-01"), changes(build_command_actor("test")) as change:
            change.event("user.rights_changed", Subject("user", "1"), topic="notices", audience="owners")

    await sync_to_async(announce_long_ago)()
    assert await Event.objects.acount() == 1
    stop = asyncio.Event()
    pruning = asyncio.create_task(prune_daily(stop))
    async with asyncio.timeout(20):
        while await Event.objects.acount():
            await asyncio.sleep(0.02)
    stop.set()
    await asyncio.wait_for(pruning, 20)


async def until_signed(numbers: list[int]) -> None:
    async with asyncio.timeout(20):
        while await sync_to_async(list_signed)() != numbers:
            await asyncio.sleep(0.02)


async def test_a_check_that_somebody_asked_for_is_carried_out() -> None:
    def ask() -> None:
        for _ in range(3):
            audit()
        start_check(build_command_actor("test"))

    stop = asyncio.Event()
    checking = asyncio.create_task(check_chains(stop, interval_s=0.02))
    await sync_to_async(ask)()
    async with asyncio.timeout(20):
        while await AuditCheck.objects.filter(state="running").aexists():
            await asyncio.sleep(0.02)
    stop.set()
    await asyncio.wait_for(checking, 20)
    check = await AuditCheck.objects.aget()
    assert (check.checked_n, check.finding_count) == (4, 0)
