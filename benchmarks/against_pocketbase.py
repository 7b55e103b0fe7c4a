"""The REST door against PocketBase, side by side: `python -m benchmarks.against_pocketbase [--seconds 1.5]`.

PocketBase 0.40.6, the product on Daphne and the product on uvicorn run at once and are asked turn by turn, by
a signed-in member of one team, for rows of the same columns. Printed: requests a second and server CPU a
request, each as a share of PocketBase's, and where our own CPU goes. On a machine that others use, trust the
shares of CPU before those of the rate.

Both leave flushing to SQLite's checkpoints here (synchronous=NORMAL), as PocketBase always does; the
product flushes every commit (`--synchronous FULL` measures that). What is not alike: we write two audit
entries and two events beside each request that is asked; PocketBase keeps no such log, and uses several
cores.
Its list counts all rows that match; ours pages by a cursor and does not, so theirs is shown without too.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import socket
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.http_load import CONCURRENCY, Figures, encode_request, load, measure
from benchmarks.phases import PHASES
from benchmarks.pocketbase import VERSION, PocketBase, find_program, running_pocketbase
from benchmarks.product import SERVERS, running_server

OPERATIONS = ("ask (create)", "view by id", "list of 30", "decide")
BARS = {("daphne", "ask (create)"): 0.2, ("uvicorn", "ask (create)"): 0.3}
ROWS = 600
# Requests made for the decisions of one measurement, for each second of it.
POOL_A_SECOND = 1200
WISH = {"permission": "bash", "command": "make deploy", "arguments": {"command": "make deploy"}}


@dataclass
class Target:
    """One server with its ways to be asked; `pool` holds what a decision is made about."""

    name: str
    pid: int
    port: int
    asks: dict[str, Callable[[], Iterator[bytes]]]
    created_status: int
    pool: list[dict[str, Any]] = field(default_factory=list)

    def status(self, operation: str) -> int:
        return self.created_status if operation == "ask (create)" else 200

    def fill_pool(self, size: int) -> None:
        """Create what is decided next."""
        self.pool.clear()
        requests = itertools.islice(self.asks["ask (create)"](), size)
        asyncio.run(
            load(self.port, requests, status=self.created_status, seconds=600, on_answer=self.remember)
        )

    def remember(self, body: bytes) -> None:
        self.pool.append(json.loads(body))

    def measure(self, operation: str, figures: Figures, seconds: float) -> None:
        if operation == "decide":
            self.fill_pool(int(POOL_A_SECOND * seconds * (0.4 if self.name != "pocketbase" else 1)))
        measure(figures, self.pid, self.port, self.asks[operation](), self.status(operation), seconds)


def build_pocketbase(server: PocketBase) -> Target:
    rows = "/api/collections/requests/records"
    condition = quote("state='pending' && permission='bash'")
    page = f"{rows}?perPage=30&sort=-created_at&filter={condition}"
    vote = {
        "state": "approved",
        "approvals": 1,
        "decided_at": "2026-01-01 00:00:00.000Z",
        "decided_by_kind": "user",
        "decided_by_id": "0123456789abcde",
        "decided_by_label": "ada",
        "decision_door": "api",
    }

    def send(method: str, path: str, body: str = "") -> bytes:
        return encode_request(method, path, body, token=server.token)

    target = Target("pocketbase", server.pid, server.port, {}, 200)
    target.asks |= {
        "ask (create)": lambda: (
            send("POST", rows, json.dumps(server.row(number))) for number in itertools.count()
        ),
        "view by id": lambda: itertools.repeat(send("GET", f"{rows}/{target.pool[0]['id']}")),
        "list of 30": lambda: itertools.repeat(send("GET", page)),
        "list, no count": lambda: itertools.repeat(send("GET", page + "&skipTotal=1")),
        "decide": lambda: (
            send("PATCH", f"{rows}/{row['id']}", json.dumps(vote)) for row in list(target.pool)
        ),
    }
    return target


def build_product(name: str, pid: int, facts: dict[str, Any]) -> Target:
    rows = "/api/v1/permission-requests/"
    target = Target(name, pid, facts["port"], {}, 201)

    def decide(row: dict[str, Any]) -> bytes:
        body = json.dumps({"fingerprint": row["fingerprint"]})
        return encode_request("POST", f"{rows}{row['id']}/approve/", body, token=facts["decider"])

    def read(path: str) -> Iterator[bytes]:
        return itertools.repeat(encode_request("GET", path, token=facts["token"]))

    wish = encode_request("POST", rows, json.dumps(WISH), token=facts["token"])
    page = f"{rows}?state=pending&permission=bash"
    target.asks |= {
        "ask (create)": lambda: itertools.repeat(wish),
        "view by id": lambda: read(f"{rows}{target.pool[0]['id']}/"),
        "list of 30": lambda: read(page),
        "list, no count": lambda: read(page),
        "decide": lambda: (decide(row) for row in list(target.pool)),
    }
    return target


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.5, help="length of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--synchronous", choices=("FULL", "NORMAL"), default="NORMAL", help="ours; theirs is NORMAL"
    )
    options = parser.parse_args()
    program = find_program()
    if program is None:
        print("NOT RUN: there is no PocketBase; its wheel is one of the development packages.")
        return 0
    with tempfile.TemporaryDirectory(prefix="cs-bench-") as folder, ExitStack() as stack:
        server = stack.enter_context(running_pocketbase(program, Path(folder), find_free_port()))
        targets = [build_pocketbase(server)]
        for name in SERVERS:
            pid, facts = stack.enter_context(
                running_server(
                    "benchmarks.api_server",
                    name,
                    folder=Path(folder) / name,
                    SQLITE_SYNCHRONOUS=options.synchronous,
                )
            )
            targets.append(build_product(name, pid, facts))
        figures = measure_all(targets, options)
    is_met = report(figures, options)
    for name in SERVERS:
        show_phases(name, options.synchronous)
    return 0 if is_met else 1


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def measure_all(targets: list[Target], options: argparse.Namespace) -> dict[tuple[str, str], Figures]:
    operations = (*OPERATIONS[:3], "list, no count", "decide")
    figures = {(target.name, name): Figures() for target in targets for name in operations}
    for target in targets:
        target.fill_pool(ROWS)
        for operation in operations[1:-1]:
            target.measure(operation, Figures(), 0.3)
    for _ in range(options.rounds):
        for operation in ("view by id", "list of 30", "list, no count", "ask (create)", "decide"):
            for target in targets:
                target.measure(operation, figures[target.name, operation], options.seconds)
    return figures


def report(figures: dict[tuple[str, str], Figures], options: argparse.Namespace) -> bool:
    """Print the table; True when every bar is met."""
    print(
        f"PocketBase {VERSION} (synchronous=NORMAL) and us (synchronous={options.synchronous}), "
        f"{CONCURRENCY} connections, {options.rounds} rounds of {options.seconds:g} s each, turn by turn"
    )
    print(f"{'':<16} {'PocketBase':>20} {'Daphne':>34} {'uvicorn':>34}")
    is_met = True
    for operation in dict.fromkeys(name for _, name in figures):
        theirs = figures["pocketbase", operation]
        cells = [f"{theirs.rate:6.0f}/s {theirs.cpu_us:7.0f} µs"]
        for name in SERVERS:
            ours = figures[name, operation]
            share, cost = ours.rate / theirs.rate, theirs.cpu_us / ours.cpu_us
            cells.append(f"{ours.rate:6.0f}/s {ours.cpu_us:7.0f} µs = {share:4.2f} ({cost:4.2f})")
            bar = BARS.get((name, operation))
            if bar is not None and max(share, cost) < bar:
                is_met = False
                cells.append(f"MISSED: {bar:g}")
        print(f"{operation:<16} {cells[0]:>20} " + " ".join(f"{cell:>34}" for cell in cells[1:]))
    print("= share of PocketBase's rate (in brackets: PocketBase's CPU a request over ours)")
    return is_met


def show_phases(name: str, synchronous: str) -> None:
    """One more server, timed inside; the timing itself costs some."""
    with (
        tempfile.TemporaryDirectory(prefix="cs-bench-") as folder,
        running_server(
            "benchmarks.api_server", name, "--phases", folder=Path(folder), SQLITE_SYNCHRONOUS=synchronous
        ) as (pid, facts),
    ):
        target = build_product(name, pid, facts)
        target.fill_pool(10)
        print(f"\n{name}: µs of CPU a request, each phase without those inside it")
        titles = ("server+loop", *PHASES)
        print(f"{'':<16} " + " ".join(f"{title:>14}" for title in titles))
        for operation in OPERATIONS:
            target.measure(operation, Figures(), 0.3)
            if operation == "decide":
                target.fill_pool(200)
            read_phases(target.port)
            figures = Figures()
            measure(figures, pid, target.port, target.asks[operation](), target.status(operation), 1.0)
            phases = read_phases(target.port)
            outside = figures.cpu_us - sum(phases.values())
            values = [outside, *(phases[phase] for phase in PHASES)]
            print(f"{operation:<16} " + " ".join(f"{value:>14.0f}" for value in values))


def read_phases(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/phases/", timeout=30) as answer:
        phases: dict[str, float] = json.loads(answer.read())
    return phases


if __name__ == "__main__":
    sys.exit(main())
