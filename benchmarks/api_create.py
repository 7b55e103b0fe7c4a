"""The REST door over loopback: ask, view and list against a constant view: `python -m benchmarks.api_create`.

One Daphne with the product's own application (middleware, hub, audit chain), a SQLite file of its own, kept
connections with an agent's token. Requests a second and server CPU a request; trust the ratios of one run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONCURRENCY = 16
ROUNDS = 2
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Call:
    """One kind of HTTP request; `{token}` and `{id}` are filled in."""

    name: str
    method: str
    path: str
    status: int = 200
    body: bytes = b""

    def encode(self, facts: dict[str, Any]) -> bytes:
        head = [
            f"{self.method} {self.path.format(**facts)} HTTP/1.1",
            "Host: localhost",
            f"Authorization: Bearer {facts['token']}",
        ]
        if self.body:
            head += ["Content-Type: application/json", f"Content-Length: {len(self.body)}"]
        return "\r\n".join(head).encode() + b"\r\n\r\n" + self.body


WISH = {"permission": "bash", "command": "make deploy", "arguments": {"command": "make deploy"}}
CALLS = [
    Call("constant view", "GET", "/constant/"),
    Call("who am I", "GET", "/api/v1/users/me/"),
    Call("view by id", "GET", "/api/v1/permission-requests/{id}/"),
    Call("list of 30", "GET", "/api/v1/permission-requests/?state=pending"),
    Call("ask (create)", "POST", "/api/v1/permission-requests/", 201, json.dumps(WISH).encode()),
]


@dataclass
class Figures:
    """Sums over the rounds."""

    requests: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def cpu_us(self) -> float:
        return self.cpu_s / self.requests * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.5, help="length of each measurement")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        from benchmarks.api_server import serve

        serve()
        return
    report(measure_all(options.seconds), options.seconds)


def measure_all(seconds: float) -> dict[str, Figures]:
    figures = {call.name: Figures() for call in CALLS}
    with (
        tempfile.TemporaryDirectory(prefix="cs-bench-") as folder,
        running_server(Path(folder)) as (pid, facts),
    ):
        for call in CALLS:
            asyncio.run(load(call, facts, seconds=0.3))
        for _ in range(ROUNDS):
            for call in CALLS:
                measure(figures[call.name], call, pid, facts, seconds)
    return figures


def report(figures: dict[str, Figures], seconds: float) -> None:
    print(f"Daphne, one worker thread, {CONCURRENCY} connections, {ROUNDS} rounds of {seconds:g} s each,")
    print(
        "SQLite (synchronous=FULL): a request that is asked is on the disk, with its audit entries and events"
    )
    constant = figures["constant view"]
    for name, row in figures.items():
        print(
            f"{name:<16} {row.rate:7.0f} req/s {row.cpu_us:7.0f} µs CPU"
            f"   {row.rate / constant.rate:5.2f} of the constant view's rate"
        )


def measure(figures: Figures, call: Call, pid: int, facts: dict[str, Any], seconds: float) -> None:
    cpu_before, started_at = read_cpu_s(pid), time.monotonic()
    figures.requests += asyncio.run(load(call, facts, seconds=seconds))
    figures.seconds += time.monotonic() - started_at
    figures.cpu_s += read_cpu_s(pid) - cpu_before


def read_cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


@contextmanager
def running_server(folder: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(process id, what the server says of itself: port, token, id of a request)."""
    environment = {
        **os.environ,
        "COUNTERSIGN_DATA_DIR": str(folder / "data"),
        "COUNTERSIGN_KEYS_FILE": str(folder / "keys" / "countersign.keys"),
        "COUNTERSIGN_AUDIT_HEADS_FILE": str(folder / "audit" / "heads.jsonl"),
        "COUNTERSIGN_BIND": "127.0.0.1:0",
        "COUNTERSIGN_LOG_LEVEL": "ERROR",
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "SQLITE_SYNCHRONOUS": "FULL",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.api_create", "--serve"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.pid, json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(30)


async def load(call: Call, facts: dict[str, Any], *, seconds: float) -> int:
    """Requests answered within `seconds`; a wrong answer stops the run."""
    ends_at = time.monotonic() + seconds
    counts = await asyncio.gather(*(ask_until(call, facts, ends_at) for _ in range(CONCURRENCY)))
    return sum(counts)


async def ask_until(call: Call, facts: dict[str, Any], ends_at: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", facts["port"])
    question, expected = call.encode(facts), f"HTTP/1.1 {call.status}".encode()
    count = 0
    while time.monotonic() < ends_at:
        writer.write(question)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(expected), head
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        count += 1
    writer.close()
    await writer.wait_closed()
    return count


if __name__ == "__main__":
    main()
