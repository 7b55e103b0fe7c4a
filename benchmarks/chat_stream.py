"""Agents write, people read along: `python -m benchmarks.chat_stream [--chats 200] [--rate 20]`.

The product as `manage.py up` starts it (one process, Daphne, SQLite with full flushes) follows an engine that
writes in all chats at once; each chat has a listener on the websocket. The delay is from the engine's writing
to the listener, so everything on the way counts; before it, that of a client that reads the engine's own
stream, alone: both at once would measure how busy the measuring process is. CPU is the product's. A text that
a listener does not have whole in the end, or has in another order, is a failure.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
import orjson
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.chat_stream_server import DELTA_CHARACTERS, STAMP_CHARACTERS
from benchmarks.http_load import read_cpu_s, read_memory_bytes

ROOT = Path(__file__).resolve().parent.parent
GOAL_P95_MS = 250.0
WAIT_S = 120.0
ACK_S = 3.0
# Nobody has heard anything for so long: what is missing is lost.
QUIET_S = 3.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chats", type=int, default=200)
    parser.add_argument("--rate", type=float, default=20.0, help="deltas a second in each chat")
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cs-bench-") as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "COUNTERSIGN_DATA_DIR": f"{folder}/data",
            "COUNTERSIGN_KEYS_FILE": f"{folder}/keys/countersign.keys",
            "COUNTERSIGN_BIND": "127.0.0.1:0",
            "COUNTERSIGN_LOG_LEVEL": "WARNING",
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "SQLITE_SYNCHRONOUS": "FULL",
        }
        import django

        django.setup()
        return asyncio.run(measure(options.chats, options.rate, options.seconds))


@dataclass
class Reader:
    """A listener of one chat, or a client of the engine's stream: the text it has, and how old it was."""

    text: str = ""
    delays_ms: list[float] = field(default_factory=list)
    out_of_place: int = 0
    gaps: int = 0
    frames: int = 0

    def take(self, offset: int, text: str) -> None:
        now_us = time.monotonic_ns() // 1000
        self.frames += 1
        if offset != len(self.text):
            self.out_of_place += 1
            return
        self.text += text
        while len(self.text) >= (start := len(self.delays_ms) * DELTA_CHARACTERS) + DELTA_CHARACTERS:
            self.delays_ms.append((now_us - int(self.text[start : start + STAMP_CHARACTERS])) / 1000)


class EngineServer:
    """The engine's process."""

    def __init__(self, process: asyncio.subprocess.Process, address: str) -> None:
        self.process = process
        self.address = address

    @classmethod
    async def start(cls, chats: int) -> EngineServer:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "benchmarks.chat_stream_server",
            str(chats),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        return cls(process, (await process.stdout.readline()).decode().strip())

    async def order(self, line: str) -> None:
        """Returns when it is done."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{line}\n".encode())
        answer = (await self.process.stdout.readline()).decode().strip()
        assert answer == line.split(maxsplit=1)[0], answer

    async def stop(self) -> None:
        self.process.kill()
        await self.process.wait()


async def measure(chats: int, rate: float, seconds: float) -> int:
    plain = await measure_plain(chats, rate, seconds)
    engine = await EngineServer.start(chats)
    token = await asyncio.to_thread(set_up, engine.address)
    product = await asyncio.create_subprocess_exec(
        sys.executable, "manage.py", "up", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        from benchmarks.latency import read_port, wait_online

        port = await asyncio.wait_for(read_port(product), WAIT_S)
        await asyncio.to_thread(wait_online)
        await engine.order("begin")
        chat_ids = await asyncio.to_thread(wait_for_chats, chats)
        readers = {chat_id: Reader() for chat_id in chat_ids}
        async with asyncio.TaskGroup() as group:
            sockets = [await join(port, token, chat_id) for chat_id in chat_ids]
            hearing = [
                group.create_task(hear(socket, readers[chat_id]))
                for socket, chat_id in zip(sockets, chat_ids, strict=True)
            ]
            before_s, started_s = read_cpu_s(product.pid), time.monotonic()
            await engine.order(f"write {rate} {seconds}")
            cpu_share = (read_cpu_s(product.pid) - before_s) / (time.monotonic() - started_s)
            await wait_until_quiet(list(readers.values()))
            cpu_s = read_cpu_s(product.pid) - before_s
            memory_bytes = read_memory_bytes(product.pid)
            await engine.order("end")
            stored = await asyncio.to_thread(read_stored, {reader.text for reader in readers.values()})
            for task in hearing:
                task.cancel()
        figures = Figures(list(readers.values()), plain, int(rate * seconds))
        return report(figures, Cost(cpu_share, cpu_s, memory_bytes), stored)
    finally:
        product.terminate()
        await product.wait()
        await engine.stop()


async def measure_plain(chats: int, rate: float, seconds: float) -> list[Reader]:
    """The same writing, heard by one client of the engine's own stream."""
    engine = await EngineServer.start(chats)
    readers: dict[str, Reader] = {}
    reading = asyncio.create_task(read_engine(engine.address, readers))
    try:
        await engine.order("listened")
        await engine.order("begin")
        await engine.order(f"write {rate} {seconds}")
        await wait_until_quiet(list(readers.values()))
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await engine.stop()
    return list(readers.values())


async def join(port: int, token: str, chat_id: str) -> ClientConnection:
    """A listener of one chat, who hears everything from here on."""
    socket = await connect(
        f"ws://127.0.0.1:{port}/ws/events/?topics=notices&chats={chat_id}",
        additional_headers={"Authorization": f"Bearer {token}"},
        compression=None,
        open_timeout=WAIT_S,
    )
    async with asyncio.timeout(WAIT_S):
        while orjson.loads(await socket.recv())["type"] != "following":
            pass
    return socket


async def hear(socket: ClientConnection, reader: Reader) -> None:
    acknowledged_s, cursor = time.monotonic(), 0
    async for message in socket:
        frame = orjson.loads(message)
        if frame["type"] == "delta":
            reader.take(frame["offset"], frame["text"])
        elif frame["type"] == "gap":
            reader.gaps += 1
        cursor = max(cursor, frame.get("cursor", 0), frame.get("seq", 0))
        if time.monotonic() - acknowledged_s > ACK_S:
            acknowledged_s = time.monotonic()
            await socket.send(orjson.dumps({"ack": cursor}).decode())


async def read_engine(address: str, readers: dict[str, Reader]) -> None:
    """The engine's own stream, read as plainly as can be."""
    async with (
        httpx.AsyncClient(timeout=None) as client,  # noqa: S113 - it lasts as long as the measurement
        client.stream("GET", f"{address}/global/event") as answer,
    ):
        async for line in answer.aiter_lines():
            if not line.startswith("data:"):
                continue
            payload = orjson.loads(line[5:])["payload"]
            if payload["type"] == "message.part.delta":
                facts = payload["properties"]
                reader = readers.setdefault(facts["partID"], Reader())
                reader.take(len(reader.text), facts["delta"])


async def wait_until_quiet(readers: Sequence[Reader]) -> None:
    heard = -1
    while heard != (heard := sum(reader.frames for reader in readers)):  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(QUIET_S)


def set_up(address: str) -> str:
    """A team with the engine and one person; returns the person's token."""
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from accounts.domain.teams import add_member, create_team
    from accounts.domain.tokens import create_token
    from accounts.domain.users import create_user
    from accounts.enums import Role, Scope
    from engines.domain.registry import register_engine
    from events.actors import build_command_actor
    from events.keyring import make_keys_file
    from tests.relay.fake_engine import DIRECTORY

    make_keys_file(Path(os.environ["COUNTERSIGN_KEYS_FILE"]))
    call_command("migrate", verbosity=0)
    actor = build_command_actor("benchmark")
    team = create_team(actor=actor, name="Bench")
    user = create_user(actor=actor, username="ada")
    add_member(actor=actor, team=team, user=user, role=Role.VIEWER)
    register_engine(
        actor=actor,
        team=team,
        name="engine",
        address=address,
        username="opencode",
        password="",
        directories=[DIRECTORY],
    )
    ends = timezone.now() + timedelta(hours=1)
    scopes: list[str] = [Scope.EVENTS_READ, Scope.CHATS_READ]
    made = create_token(actor=actor, user=user, name="bench", scopes=scopes, expires_at=ends)
    connection.close()
    return made.secret


def wait_for_chats(count: int) -> list[str]:
    """Their ids, once all are at work and nothing of their beginnings is left to store."""
    from django.db import connection

    from engines.models import Chat, Message

    deadline = time.monotonic() + WAIT_S
    try:
        while min(Chat.objects.filter(session_state="busy").count(), Message.objects.count()) < count:
            assert time.monotonic() < deadline, "the chats did not come"
            time.sleep(0.1)
        return list(Chat.objects.order_by("pk").values_list("pk", flat=True))
    finally:
        connection.close()


def read_stored(texts: set[str]) -> int:
    """How many of these texts are stored whole in the end."""
    from django.db import connection

    from engines.models import Message

    deadline = time.monotonic() + WAIT_S
    try:
        while time.monotonic() < deadline:
            stored = {part["text"] for message in Message.objects.all() for part in message.parts}
            if texts <= stored:
                break
            time.sleep(0.5)
        return len(texts & stored)
    finally:
        connection.close()


@dataclass(frozen=True)
class Figures:
    """Listeners, what a client of the engine's stream had, and how many deltas each should have heard."""

    readers: list[Reader]
    direct: list[Reader]
    expected: int


@dataclass(frozen=True)
class Cost:
    """Of the product: its share of a core while agents write, its CPU until all was heard, its memory."""

    cpu_share: float
    cpu_s: float
    memory_bytes: int


def report(figures: Figures, cost: Cost, stored: int) -> int:
    """Print the figures; 1 when something was lost or the delay misses its goal."""
    readers = figures.readers
    delays = sorted(delay for reader in readers for delay in reader.delays_ms)
    plain = sorted(delay for reader in figures.direct for delay in reader.delays_ms)
    lost = sum(figures.expected - len(reader.delays_ms) for reader in readers)
    disordered = sum(reader.out_of_place for reader in readers)
    gaps = sum(reader.gaps for reader in readers)
    frames = sum(reader.frames for reader in readers)
    print(f"{len(readers)} chats, {len(delays):,} deltas heard in {frames:,} frames; Daphne, SQLite (FULL)")
    print(f"{'delay, engine to listener':<44}{show(delays)}")
    print(f"{'  at a client of the engine':<44}{show(plain)}")
    added_ms = pick(delays, 0.95) - pick(plain, 0.95)
    print(f"{'  added by the product, p95':<44}{added_ms:8.1f} ms")
    print(f"{'CPU of the product while they write':<44}{cost.cpu_share:8.0%} of a core")
    print(f"{'  for each delta, all told':<44}{cost.cpu_s / max(1, len(delays)) * 1e6:8.0f} µs")
    print(f"{'memory of the product':<44}{cost.memory_bytes / 2**20:8.0f} MiB")
    print(f"lost {lost}, out of place {disordered}, gaps {gaps}, stored whole {stored} of {len(readers)}")
    is_whole = (lost, disordered, gaps, stored) == (0, 0, 0, len(readers))
    is_quick = added_ms < GOAL_P95_MS
    print(f"goal: nothing lost: {'met' if is_whole else 'MISSED'}")
    print(f"goal: less than {GOAL_P95_MS:g} ms added, p95: {'met' if is_quick else 'MISSED'}")
    return 0 if is_whole and is_quick else 1


def pick(values: list[float], share: float) -> float:
    return values[int((len(values) - 1) * share)] if values else float("nan")


def show(values: list[float]) -> str:
    return f"{pick(values, 0.5):8.1f} ms (p95 {pick(values, 0.95):.1f}, p99 {pick(values, 0.99):.1f})"


if __name__ == "__main__":
    sys.exit(main())
