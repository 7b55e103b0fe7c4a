"""Hubs of two processes hear of each other's commits through Valkey, not by looking at the head row."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import redis
from django.db import connection

from accounts.enums import Role, Scope
from accounts.models import Team
from deploy.valkey import ValkeyServer
from events import doorbell
from events.database_threads import DatabaseThread
from live.hints import CHANNEL, HintRinger, follow_hints
from live.hub import Hub
from tests.factories import make_token, make_user
from tests.live.streams import DEADLINE_S, Connect, emit, until

pytestmark = [pytest.mark.redis, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def token(team: Team) -> str:
    return make_token(make_user(team, Role.VIEWER), Scope.EVENTS_READ)


@pytest.fixture
def redis_url(valkey_url: str, settings: Any) -> Iterator[str]:
    """This process with REDIS_URL set, as it would be from its start."""
    settings.REDIS_URL = valkey_url
    ringer = HintRinger()
    doorbell.add_ringer(ringer.ring)
    yield valkey_url
    doorbell.remove_ringer(ringer.ring)
    ringer.close()


def describe_database() -> str:
    """The DATABASE_URL of the database that this test uses."""
    facts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{quote(str(facts['NAME']))}"
    host = quote(facts["HOST"], safe="")
    return (
        f"postgres://{quote(facts['USER'])}:{quote(facts['PASSWORD'])}@/{facts['NAME']}"
        f"?host={host}&port={facts['PORT']}"
    )


class HubProcess:
    """Another process with a hub and a listener; `lines` is what the listener heard."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode().strip())

    def has_heard(self, seq: int) -> bool:
        return f"event {seq}" in self.lines

    def commit(self, audience: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{audience}\n".encode())


@asynccontextmanager
async def other_process(token: str, valkey_url: str) -> AsyncIterator[HubProcess]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.live.hub_process",
        token,
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": describe_database(), "REDIS_URL": valkey_url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    other = HubProcess(process)
    reading = asyncio.create_task(other.read())
    try:
        yield other
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


async def test_two_hubs_in_two_processes_hear_each_other(
    redis_url: str, hub: Hub, connect: Connect, token: str, team: Team, writer: DatabaseThread
) -> None:
    socket = await connect(token=token)
    start = (await socket.receive_until("ready"))[-1]["cursor"]
    async with other_process(token, redis_url) as other:
        async with asyncio.timeout(6 * DEADLINE_S):
            while "ready" not in other.lines:
                await asyncio.sleep(0.01)
        # What comes first may still have been found when the subscription began.
        for seq in range(start + 1, start + 4):
            await writer.run(emit, team.audience)
            await until(partial(other.has_heard, seq))
        for _ in range(3):
            other.commit(team.audience)
        heard = [(await socket.receive())["seq"] for _ in range(6)]
        await until(partial(other.has_heard, start + 6))
    expected = list(range(start + 1, start + 7))
    assert (heard, other.lines) == (expected, ["ready", *(f"event {seq}" for seq in expected)])


@pytest.fixture
def valkey(settings: Any) -> Iterator[ValkeyServer]:
    """A server of the test's own, not started yet; `settings` name it."""
    server = ValkeyServer()
    settings.REDIS_URL = server.url
    yield server
    server.stop()


@pytest.fixture
def ringer(valkey: ValkeyServer) -> Iterator[HintRinger]:
    ringer = HintRinger()
    yield ringer
    ringer.close()


@asynccontextmanager
async def following(*rings: Callable[[], None]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(follow_hints(ring, pause_s=0.01)) for ring in rings]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


LOST = "no hints from other processes: {}; the log is read every second"
UNSENT = "other processes can't be told of events; they read the log every second"


async def test_server_that_is_down_at_first_is_found_later_and_again_after_a_restart(
    valkey: ValkeyServer, ringer: HintRinger, caplog: pytest.LogCaptureFixture
) -> None:
    rings: list[int] = []
    async with following(lambda: rings.append(1)):
        ringer.ring(1)
        await until(lambda: len(caplog.messages) == 2)
        assert (rings, sorted(caplog.messages)) == ([], [LOST.format("ConnectionError"), UNSENT])
        valkey.start()
        await until(lambda: rings)
        rings.clear()
        ringer.ring(2)
        await until(lambda: rings)
        caplog.clear()
        valkey.pause()
        await until(lambda: caplog.messages)
        rings.clear()
        valkey.start()
        # Without anybody ringing: what was said meanwhile may be news.
        await until(lambda: rings)
        rings.clear()
        ringer.ring(3)
        await until(lambda: rings)
    assert caplog.messages == [LOST.format("the connection ended")]


async def test_a_process_has_one_subscription_for_everybody_who_follows(
    valkey: ValkeyServer, ringer: HintRinger
) -> None:
    valkey.start()
    rings: list[str] = []
    with redis.Redis.from_url(valkey.url) as client:
        async with following(lambda: rings.append("hub"), lambda: rings.append("relay")):
            await until(lambda: len(rings) >= 2)
            rings.clear()
            ringer.ring(1)
            await until(lambda: len(rings) == 2)
            assert (rings, client.pubsub_numsub(CHANNEL)) == (["hub", "relay"], [(CHANNEL.encode(), 1)])
        await until(lambda: client.pubsub_numsub(CHANNEL) == [(CHANNEL.encode(), 0)])
