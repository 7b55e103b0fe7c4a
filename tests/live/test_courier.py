"""What a relay's process reads is heard in another process, through Valkey."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
import redis

from accounts.enums import Role, Scope
from accounts.models import Team
from deploy.valkey import ValkeyServer
from live import registry
from live.courier import CHATS, WANTED, Sender
from live.deltas import Batch
from live.hub import Hub
from tests.factories import make_token, make_user
from tests.live.streams import DEADLINE_S, Connect, Socket
from tests.live.test_hints import describe_database

pytestmark = [pytest.mark.redis, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
CHAT = "chat00000000000"


@pytest.fixture(autouse=True)
def chats(team: Team) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "_resolvers", {})
        registry.register_followed("chat", lambda ids: dict.fromkeys(ids, team.audience))
        yield


@pytest.fixture
def token(team: Team) -> str:
    return make_token(make_user(team, Role.VIEWER), Scope.EVENTS_READ, Scope.CHATS_READ)


class Publisher:
    def __init__(self, process: asyncio.subprocess.Process, team: Team) -> None:
        self.process = process
        self.team = team

    def write(self, text: str, chat: str = CHAT) -> None:
        assert self.process.stdin is not None
        line = orjson.dumps({"chat": chat, "audience": self.team.audience, "text": text})
        self.process.stdin.write(line + b"\n")


@asynccontextmanager
async def publisher(url: str, team: Team) -> AsyncIterator[Publisher]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.live.publisher_process",
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": describe_database(), "REDIS_URL": url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(DEADLINE_S * 3):
            assert await process.stdout.readline() == b"ready\n"
        yield Publisher(process, team)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def hear(socket: Socket, text: str, heard: str = "") -> str:
    """What is heard until it ends with `text`, put together as a client does: what is known is left out."""
    while not heard.endswith(text):
        frame = await socket.receive()
        if frame["type"] == "delta" and frame["offset"] <= len(heard):
            heard += frame["text"][len(heard) - frame["offset"] :]
    return heard


@pytest.fixture
def valkey(valkey_url: str, settings: Any) -> str:
    settings.REDIS_URL = valkey_url
    return valkey_url


async def test_what_one_process_reads_is_heard_in_another_from_its_beginning(
    valkey: str, hub: Hub, connect: Connect, token: str, team: Team
) -> None:
    async with publisher(valkey, team) as other:
        first = await connect(token=token, query=f"?chats={CHAT}")
        await first.receive_until("following")
        other.write("Let me ")
        assert await hear(first, "Let me ") == "Let me "
        second = await connect(token=token, query=f"?chats={CHAT}")
        await second.receive_until("following")
        await first.leave()
        await second.leave()
        other.write("look ")
        # Nobody follows it here just now; who comes then gets what was written meanwhile.
        third = await connect(token=token, query=f"?chats={CHAT}")
        await third.receive_until("following")
        other.write("at it.")
        assert await hear(third, "at it.") == "Let me look at it."


@pytest.fixture
def server(settings: Any) -> Iterator[ValkeyServer]:
    """One of the test's own."""
    server = ValkeyServer()
    settings.REDIS_URL = server.url
    server.start()
    yield server
    server.stop()


async def test_after_a_break_who_watches_is_told_read_again_and_hears_what_follows(
    server: ValkeyServer, hub: Hub, connect: Connect, token: str, team: Team
) -> None:
    async with publisher(server.url, team) as other:
        socket = await connect(token=token, query=f"?chats={CHAT}")
        await socket.receive_until("following")
        other.write("Let me ")
        await hear(socket, "Let me ")
        server.pause()
        other.write("look ")
        server.start()

        async def go_on() -> None:
            while True:
                other.write("at it ")
                await asyncio.sleep(0.05)

        async with asyncio.TaskGroup() as group:
            going = group.create_task(go_on())
            assert (await socket.receive_until("gap"))[-1] == {"type": "gap", "chat": CHAT}
            heard = (await socket.receive_until("delta"))[-1]
            going.cancel()
        assert ("Let me look " + "at it " * 1000).startswith(heard["text"], heard["offset"])


async def test_nonsense_between_processes_does_no_harm(
    server: ValkeyServer, hub: Hub, connect: Connect, token: str, team: Team
) -> None:
    async with publisher(server.url, team) as other:
        socket = await connect(token=token, query=f"?chats={CHAT}")
        await socket.receive_until("following")
        other.write("Let me ")
        await hear(socket, "Let me ")
        with redis.Redis.from_url(server.url) as client:
            for nonsense in (b"", b"{}", b"[1]", b"\xff", b'{"from": "", "for": "", "deltas": [1]}'):
                client.publish(f"{CHATS}{CHAT}", nonsense)
                client.publish(WANTED, nonsense)
        other.write("look")
        assert await hear(socket, "look", "Let me ") == "Let me look"


@pytest.mark.parametrize("turns", range(40))
async def test_a_sender_ends_when_told_to_whatever_it_is_at(valkey: str, team: Team, turns: int) -> None:
    sender = Sender()
    running = asyncio.create_task(sender.run())
    sender.take(Batch(CHAT, team.audience, is_gapped=True))
    while sender.waiting:
        await asyncio.sleep(0)
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    ended, _ = await asyncio.wait([running], timeout=DEADLINE_S)
    assert ended, "a cancellation was lost"
