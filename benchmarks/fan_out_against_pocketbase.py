"""Events to 1, 100 and 1,000 listeners against PocketBase: `python -m benchmarks.fan_out_against_pocketbase`.

PocketBase's realtime (server-sent events) and our hub (websockets) on Daphne and on uvicorn, turn by turn
in one run. One publisher, ten events to a transaction, flat out: PocketBase by its batch of creates, which
is the only way to make an event there; we by a commit to the event log. With one listener that is what is
compared, with many the delivery. "Events" are those that reach a client: one event to 1,000 listeners is
1,000. Lost and out of order are counted; memory is what a listener adds to the server's process. Last, a
listener that reads nothing while others do: what it costs us, and when it is closed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from benchmarks.against_pocketbase import find_free_port
from benchmarks.fan_out import Client, Tally, connect, publish
from benchmarks.http_load import read_cpu_s, read_memory_bytes
from benchmarks.pocketbase import EMAIL, PASSWORD, PocketBase, find_program, running_pocketbase
from benchmarks.product import SERVERS, running_server

BARS = {"daphne": 1.5, "uvicorn": 3.0}
EVENTS_A_COMMIT = 10
# Deliveries that one measurement aims at.
DELIVERIES = {"pocketbase": 20_000, "daphne": 60_000, "uvicorn": 60_000}
MAX_COMMITS = {"pocketbase": 40, "daphne": 100, "uvicorn": 100}
QUIET_S = 3.0
PATIENCE_S = 60.0
MAX_STALLED_BYTES = 64 * 1024 * 1024
STALLED_COMMITS = 1500
CLOSED_WITHIN_S = 30.0
NUMBER = re.compile(rb'"fingerprint":"([0-9a-f]{64})"')


@dataclass
class Figures:
    """Of one server with one number of listeners, over the rounds."""

    received: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    lost: int = 0
    out_of_order: int = 0
    bytes_a_listener: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.received / self.seconds

    @property
    def cpu_us(self) -> float:
        return self.cpu_s / self.received * 1e6


# PocketBase ----------------------------------------------------------------------------------------


class RealtimeClient(asyncio.Protocol):
    """One subscriber of PocketBase's realtime: counts events and looks at their order."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.buffer = b""
        self.last_number = -1
        self.client_id: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.transport.write(
            b"GET /api/realtime HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
        )

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.client_id.done():
            found = re.search(rb'"clientId":"(\w+)"', self.buffer)
            if found:
                self.client_id.set_result(found[1].decode())
                self.buffer = b""
            return
        end = 0
        for found in NUMBER.finditer(self.buffer):
            self.count(int(found[1], 16))
            end = found.end()
        self.buffer = self.buffer[end:]

    def count(self, number: int) -> None:
        self.tally.received += 1
        self.tally.out_of_order += number <= self.last_number
        self.tally.last_at = time.monotonic()
        self.last_number = number


async def measure_pocketbase(server: PocketBase, listeners: int, figures: Figures) -> None:
    tally = Tally()
    memory = read_memory_bytes(server.pid)
    loop = asyncio.get_running_loop()
    clients: list[RealtimeClient] = []
    address = f"http://127.0.0.1:{server.port}/api/"
    async with httpx.AsyncClient(
        base_url=address, headers={"authorization": server.token}, timeout=PATIENCE_S
    ) as http:
        for start in range(0, listeners, 50):
            for _ in range(start, min(start + 50, listeners)):
                _, client = await loop.create_connection(
                    lambda: RealtimeClient(tally), "127.0.0.1", server.port
                )
                clients.append(client)
            await asyncio.gather(*(subscribe(http, client) for client in clients[start:]))
        figures.bytes_a_listener.append((read_memory_bytes(server.pid) - memory) / listeners)
        commits = count_commits("pocketbase", listeners)
        await run_flat_out(server, http, tally, commits, listeners, figures)
    for client in clients:
        client.transport.abort()
    await asyncio.sleep(0.5)


async def subscribe(http: httpx.AsyncClient, client: RealtimeClient) -> None:
    wish = {"clientId": await client.client_id, "subscriptions": ["requests/*"]}
    (await http.post("realtime", json=wish)).raise_for_status()


async def run_flat_out(
    server: PocketBase,
    http: httpx.AsyncClient,
    tally: Tally,
    commits: int,
    listeners: int,
    figures: Figures,
) -> None:
    expected = commits * EVENTS_A_COMMIT * listeners
    started_at, cpu_s = time.monotonic(), read_cpu_s(server.pid)
    tally.last_at = started_at
    for commit in range(commits):
        rows = [server.row(commit * EVENTS_A_COMMIT + number) for number in range(EVENTS_A_COMMIT)]
        batch = [{"method": "POST", "url": "/api/collections/requests/records", "body": row} for row in rows]
        (await http.post("batch", json={"requests": batch})).raise_for_status()
    await wait_for_all(tally, expected)
    add(figures, tally, expected, started_at, read_cpu_s(server.pid) - cpu_s)


async def allow_batches(server: PocketBase) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}/api/") as http:
        who = {"identity": EMAIL, "password": PASSWORD}
        answer = await http.post("collections/_superusers/auth-with-password", json=who)
        http.headers["authorization"] = answer.json()["token"]
        wish = {"batch": {"enabled": True, "maxRequests": 100, "timeout": 30}}
        (await http.patch("settings", json=wish)).raise_for_status()


# The product ---------------------------------------------------------------------------------------


async def measure_product(name: str, site: dict[str, Any], listeners: int, figures: Figures) -> None:
    tally = Tally()
    memory = read_memory_bytes(site["pid"])
    control = await connect(site, "/ws/control/", Tally())
    clients: list[Client] = []
    for start in range(0, listeners, 50):
        portion = range(start, min(start + 50, listeners))
        clients += await asyncio.gather(
            *(connect(site, "/ws/events/?topics=requests", tally) for _ in portion)
        )
    figures.bytes_a_listener.append((read_memory_bytes(site["pid"]) - memory) / listeners)
    commits = count_commits(name, listeners)
    expected = commits * EVENTS_A_COMMIT * listeners
    started_at, cpu_s = time.monotonic(), read_cpu_s(site["pid"])
    order = {"way": "hub", "commits": commits, "events": EVENTS_A_COMMIT, "pause_s": 0}
    await publish(control, tally, order, expected)
    await wait_for_all(tally, expected)
    add(figures, tally, expected, started_at, read_cpu_s(site["pid"]) - cpu_s)
    for client in [*clients, control]:
        client.transport.abort()
    await asyncio.sleep(0.5)


async def measure_stalled(site: dict[str, Any]) -> tuple[int, float | None]:
    """(bytes that a listener costs which reads nothing, seconds until it is closed or None)."""
    healthy, stalled = Tally(), Tally()
    control = await connect(site, "/ws/control/", Tally())
    reader = await connect(site, "/ws/events/?topics=requests", healthy)
    sleeper = await connect(site, "/ws/events/?topics=requests", stalled)
    # It never acknowledges either: one that reads on before its time is over is no stalled one.
    sleeper.acknowledges = False
    sleeper.transport.pause_reading()
    memory = most = read_memory_bytes(site["pid"])
    started_at = time.monotonic()
    order = {"way": "hub", "commits": STALLED_COMMITS, "events": EVENTS_A_COMMIT, "pause_s": 0}
    control.send(1, json.dumps(order).encode())
    while control.answers.empty():
        await asyncio.sleep(0.05)
        most = max(most, read_memory_bytes(site["pid"]))
    sleeper.transport.resume_reading()
    closed_after_s = None
    while closed_after_s is None and time.monotonic() - started_at < CLOSED_WITHIN_S + 30:
        await asyncio.sleep(0.05)
        if stalled.closed or sleeper.close_code:
            closed_after_s = time.monotonic() - started_at
    for client in (reader, control, sleeper):
        client.transport.abort()
    return most - memory, closed_after_s


# Both ----------------------------------------------------------------------------------------------


def count_commits(name: str, listeners: int) -> int:
    return max(2, min(DELIVERIES[name] // listeners // EVENTS_A_COMMIT, MAX_COMMITS[name]))


async def wait_for_all(tally: Tally, expected: int) -> None:
    """Until everything has come, or nothing comes any more."""
    started_at = time.monotonic()
    while tally.received < expected:
        await asyncio.sleep(0.02)
        now = time.monotonic()
        if now - max(tally.last_at, started_at) > QUIET_S or now - started_at > PATIENCE_S:
            return


def add(figures: Figures, tally: Tally, expected: int, started_at: float, cpu_s: float) -> None:
    figures.received += tally.received
    figures.seconds += tally.last_at - started_at
    figures.cpu_s += cpu_s
    figures.lost += expected - tally.received
    figures.out_of_order += tally.out_of_order


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listeners", type=int, nargs="*", default=[1, 100, 1000])
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    program = find_program()
    if program is None:
        print("NOT RUN: there is no PocketBase; its wheel is one of the development packages.")
        return 0
    with tempfile.TemporaryDirectory(prefix="cs-bench-") as folder, ExitStack() as stack:
        server = stack.enter_context(running_pocketbase(program, Path(folder), find_free_port()))
        sites = {}
        for name in SERVERS:
            pid, facts = stack.enter_context(
                running_server("benchmarks.fan_out_server", name, folder=Path(folder) / name)
            )
            sites[name] = {**facts, "pid": pid}
        return asyncio.run(measure_all(server, sites, options))


async def measure_all(
    server: PocketBase, sites: dict[str, dict[str, Any]], options: argparse.Namespace
) -> int:
    await allow_batches(server)
    is_met = True
    print(f"flat out, {options.rounds} rounds, turn by turn; CPU of the server for each event at a client")
    titles = f"{'events/s':>10} {'CPU µs':>8} {'lost':>7} {'disordered':>10} {'KB each':>8}"
    print(f"{'listeners':>9} {'':<10} {titles}")
    for listeners in options.listeners:
        figures = {name: Figures() for name in ("pocketbase", *SERVERS)}
        for _ in range(options.rounds):
            await measure_pocketbase(server, listeners, figures["pocketbase"])
            for name, site in sites.items():
                await measure_product(name, site, listeners, figures[name])
        for name, row in figures.items():
            is_met &= report(listeners, name, row, figures["pocketbase"])
    for name, site in sites.items():
        growth, closed_after_s = await measure_stalled(site)
        is_closed = closed_after_s is not None and closed_after_s < CLOSED_WITHIN_S
        end = f"closed after {closed_after_s:.1f} s" if closed_after_s is not None else "NOT CLOSED"
        print(
            f"{name}: a stalled listener beside {STALLED_COMMITS * EVENTS_A_COMMIT:,} events: "
            f"{growth / 1024 / 1024:.1f} MB more, {end}"
        )
        is_met &= growth <= MAX_STALLED_BYTES and is_closed
    return 0 if is_met else 1


def report(listeners: int, name: str, row: Figures, theirs: Figures) -> bool:
    share = row.rate / theirs.rate
    bar = BARS.get(name)
    ratio = "" if bar is None else f"  = {share:.1f} of PocketBase ({theirs.cpu_us / row.cpu_us:.1f} by CPU)"
    is_met = bar is None or (
        max(share, theirs.cpu_us / row.cpu_us) >= bar and not row.lost + row.out_of_order
    )
    kilobytes = row.bytes_a_listener[0] / 1024
    print(
        f"{listeners:>9} {name:<10} {row.rate:>10,.0f} {row.cpu_us:>8.1f} {row.lost:>7,} "
        f"{row.out_of_order:>10,} {kilobytes:>8.0f}{ratio}{'' if is_met else '  MISSED'}",
        flush=True,
    )
    return is_met


if __name__ == "__main__":
    sys.exit(main())
