"""HTTP in one hop against Django's standard ASGI handler: `python -m benchmarks.one_hop [--seconds 3]`.

Both run on Daphne with the product's settings and middleware, on a SQLite file of their own, turn by turn in
one run. Requests a second and server CPU a request; trust the ratios, not the numbers.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HANDLERS = ("standard", "one-hop")
VIEWS = {"constant view": "/constant/", "REST framework view, one query": "/rest/"}
CONCURRENCY = 16
ROUNDS = 2
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


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
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each measurement")
    parser.add_argument("--serve", choices=HANDLERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        from benchmarks.one_hop_server import serve

        serve(options.serve)
    else:
        measure_all(options.seconds)


def measure_all(seconds: float) -> None:
    figures = {(handler, view): Figures() for handler in HANDLERS for view in VIEWS}
    with tempfile.TemporaryDirectory(prefix="cs-bench-") as folder:
        for _ in range(ROUNDS):
            for handler in HANDLERS:
                with running_server(handler, Path(folder)) as (process, port):
                    for view, path in VIEWS.items():
                        asyncio.run(load(port, path, seconds=0.5))
                        measure(figures[handler, view], process.pid, port, path, seconds)
    print(
        f"Daphne, {CONCURRENCY} connections, SQLite (synchronous=FULL), {ROUNDS} rounds of {seconds:g} s each"
    )
    for view in VIEWS:
        standard, one_hop = figures["standard", view], figures["one-hop", view]
        for handler, row in (("standard", standard), ("one-hop", one_hop)):
            print(f"{view:<32} {handler:<9} {row.rate:7.0f} req/s {row.cpu_us:7.0f} µs CPU")
        gain, saving = one_hop.rate / standard.rate, standard.cpu_us / one_hop.cpu_us
        print(f"{view:<32} ratio     {gain:6.1f}x rate  {saving:5.1f}x less CPU")


def measure(figures: Figures, pid: int, port: int, path: str, seconds: float) -> None:
    cpu_before, started_at = read_cpu_s(pid), time.monotonic()
    figures.requests += asyncio.run(load(port, path, seconds=seconds))
    figures.seconds += time.monotonic() - started_at
    figures.cpu_s += read_cpu_s(pid) - cpu_before


def read_cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


@contextmanager
def running_server(handler: str, folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    environment = {
        **os.environ,
        "COUNTERSIGN_DATA_DIR": str(folder / "data"),
        "COUNTERSIGN_KEYS_FILE": str(folder / "keys" / "countersign.keys"),
        "COUNTERSIGN_BIND": "127.0.0.1:0",
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.one_hop", "--serve", handler],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(30)


async def load(port: int, path: str, *, seconds: float) -> int:
    """Requests answered within `seconds`, over kept connections; a wrong answer stops the run."""
    ends_at = time.monotonic() + seconds
    counts = await asyncio.gather(*(ask_until(port, path, ends_at) for _ in range(CONCURRENCY)))
    return sum(counts)


async def ask_until(port: int, path: str, ends_at: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    question = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    count = 0
    while time.monotonic() < ends_at:
        writer.write(question)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        count += 1
    writer.close()
    await writer.wait_closed()
    return count


if __name__ == "__main__":
    main()
