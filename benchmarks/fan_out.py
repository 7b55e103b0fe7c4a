"""Events to 1, 100 and 1,000 websockets on Daphne: `python -m benchmarks.fan_out [--listeners 1 100 1000]`.

The hub against a naive Channels consumer (one `group_send` per event, in-memory layer) on the same server, in
one run: latency from before the commit to the client at 20 events a second, then flat out. "Events" are those
that reach a client: one event to 1,000 listeners is 1,000. CPU is the server's, for each of them. What has
not come when nothing comes any more, or when patience ends, is lost; for the hub that, or a wrong order, is a
failure. The naive way gets less to do flat out, so that the run stays short.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from benchmarks.http_load import read_cpu_s
from benchmarks.product import running_server

PATHS = {"hub": "/ws/events/?topics=requests", "naive": "/ws/naive/"}
ACK_EVENTS = 64
PACED_PAUSE_S = 0.05
EVENTS_A_COMMIT = 10
# Deliveries that one flat-out measurement aims at, and how long it may take at most.
DELIVERIES = {"hub": 60_000, "naive": 10_000}
MAX_COMMITS = 50
PATIENCE_S = {"hub": 30.0, "naive": 12.0}
# What has not come when nothing has come for this long is lost.
QUIET_S = 2.5


@dataclass
class Tally:
    """What all clients of one measurement received."""

    received: int = 0
    out_of_order: int = 0
    latencies_ms: list[float] = field(default_factory=list)
    last_at: float = 0.0
    closed: int = 0


class Client(asyncio.Protocol):
    """A websocket client that reads text frames and acknowledges; small, so that the server is measured."""

    def __init__(self, path: str, token: str, tally: Tally) -> None:
        self.path = path
        self.token = token
        self.tally = tally
        self.buffer = b""
        self.last_seq = 0
        self.unacknowledged = 0
        self.acknowledges = path.startswith("/ws/events/")
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.is_open = False
        self.close_code = 0
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {self.path} HTTP/1.1",
            "Host: localhost",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            f"Authorization: Bearer {self.token}",
        ]
        self.transport.write("\r\n".join([*lines, "", ""]).encode())

    def connection_lost(self, _error: Exception | None) -> None:
        self.tally.closed += 1

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.is_open:
            head, separator, rest = self.buffer.partition(b"\r\n\r\n")
            if not separator:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self.buffer, self.is_open = rest, True
            if not self.path.startswith("/ws/events/"):
                self.opened.set_result(None)
        self.read_frames()

    def read_frames(self) -> None:
        buffer, place = self.buffer, 0
        while len(buffer) - place >= 2:
            length, start = buffer[place + 1] & 0x7F, place + 2
            if length == 126:
                length, start = int.from_bytes(buffer[place + 2 : place + 4]), place + 4
            if len(buffer) < start + length:
                break
            self.read_frame(buffer[place] & 0x0F, buffer[start : start + length])
            place = start + length
        self.buffer = buffer[place:]

    def read_frame(self, opcode: int, payload: bytes) -> None:
        if opcode == 9:
            self.send(10, payload)
        if opcode == 8:
            self.close_code = int.from_bytes(payload[:2])
        if opcode != 1:
            return
        frame = orjson.loads(payload)
        if frame.get("type") == "event":
            self.count(frame)
        elif frame.get("type") == "ready":
            self.opened.set_result(None)
        else:
            self.answers.put_nowait(frame)

    def count(self, frame: dict[str, Any]) -> None:
        now = time.monotonic()
        tally, seq = self.tally, frame["seq"]
        tally.received += 1
        tally.out_of_order += seq <= self.last_seq
        tally.last_at = now
        tally.latencies_ms.append(now * 1000 - frame["words"]["sent_us"] / 1000)
        self.last_seq = seq
        self.unacknowledged += 1
        if self.acknowledges and self.unacknowledged >= ACK_EVENTS:
            self.unacknowledged = 0
            self.send(1, b'{"ack":%d}' % seq)

    def send(self, opcode: int, payload: bytes) -> None:
        """A masked frame; the mask is zero, which is allowed and costs nothing."""
        self.transport.write(bytes([0x80 | opcode, 0x80 | len(payload)]) + bytes(4) + payload)


@dataclass(frozen=True)
class Figures:
    way: str
    listeners: int
    p50_ms: float
    p99_ms: float
    events_a_second: float
    cpu_us: float
    lost: int
    out_of_order: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listeners", type=int, nargs="*", default=[1, 100, 1000])
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="cs-bench-") as folder,
        running_server("benchmarks.fan_out_server", "daphne", folder=Path(folder)) as (pid, facts),
    ):
        asyncio.run(measure_all({**facts, "pid": pid}, options.listeners))


async def measure_all(site: dict[str, Any], sizes: list[int]) -> None:
    print("Daphne, SQLite (synchronous=FULL); latency at 20 events/s, then flat out")
    print(
        f"{'':>6} {'listeners':>9} {'p50 ms':>8} {'p99 ms':>8} {'events/s':>9} {'CPU µs':>7}"
        f" {'lost':>7} {'disordered':>10}"
    )
    for listeners in sizes:
        hub, naive = [await measure(site, way, listeners) for way in ("hub", "naive")]
        for each in (hub, naive):
            print(
                f"{each.way:>6} {each.listeners:>9} {each.p50_ms:>8.1f} {each.p99_ms:>8.1f} "
                f"{each.events_a_second:>9,.0f} {each.cpu_us:>7.0f} {each.lost:>7,} {each.out_of_order:>10}"
            )
        print(f"       hub : naive, events a second: {hub.events_a_second / naive.events_a_second:.1f}")
        assert (hub.lost, hub.out_of_order) == (0, 0), "the hub lost events or changed their order"


async def measure(site: dict[str, Any], way: str, listeners: int) -> Figures:
    tally = Tally()
    control = await connect(site, "/ws/control/", Tally())
    clients = []
    # In portions: a thousand handshakes at once measure the backlog of the socket.
    for start in range(0, listeners, 50):
        portion = range(start, min(start + 50, listeners))
        clients += await asyncio.gather(*(connect(site, PATHS[way], tally) for _ in portion))
    paced_events = max(10, min(40, 4000 // listeners))
    paced = {"way": way, "commits": paced_events, "events": 1, "pause_s": PACED_PAUSE_S}
    expected = paced_events * listeners
    received_before = await publish(control, tally, paced, expected)
    latencies = sorted(tally.latencies_ms)
    commits = max(1, min(DELIVERIES[way] // listeners // EVENTS_A_COMMIT, MAX_COMMITS))
    flat_out = {"way": way, "commits": commits, "events": EVENTS_A_COMMIT, "pause_s": 0}
    expected += commits * EVENTS_A_COMMIT * listeners
    started_at, cpu_s = time.monotonic(), read_cpu_s(site["pid"])
    received = await publish(control, tally, flat_out, expected) - received_before
    cpu_s = read_cpu_s(site["pid"]) - cpu_s
    figures = Figures(
        way,
        listeners,
        statistics.median(latencies),
        latencies[int(len(latencies) * 0.99) - 1],
        received / (tally.last_at - started_at),
        cpu_s / received * 1e6,
        expected - tally.received,
        tally.out_of_order,
    )
    assert tally.closed == 0, f"{tally.closed} sockets were closed"
    for client in [*clients, control]:
        client.transport.abort()
    return figures


async def connect(site: dict[str, Any], path: str, tally: Tally) -> Client:
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(
        lambda: Client(path, site["token"], tally), "127.0.0.1", site["port"]
    )
    await asyncio.wait_for(client.opened, 30)
    return client


async def publish(control: Client, tally: Tally, order: dict[str, Any], expected: int) -> int:
    """Have events published; how many have arrived in all."""
    control.send(1, json.dumps(order).encode())
    started_at = tally.last_at = time.monotonic()
    # Whatever comes: nothing of this order may reach the listeners of the next one.
    await control.answers.get()
    while tally.received < expected:
        await asyncio.sleep(0.02)
        now = time.monotonic()
        if now - started_at > PATIENCE_S[order["way"]] or now - tally.last_at > QUIET_S:
            break
    return tally.received


if __name__ == "__main__":
    main()
