"""The REST door over loopback: ask, view and list against a constant view: `python -m benchmarks.api_create`.

One Daphne with the product's own application (middleware, hub, audit chain), a SQLite file of its own, kept
connections with an agent's token. Requests a second and server CPU a request; trust the ratios of one run.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import tempfile
from pathlib import Path

from benchmarks.http_load import CONCURRENCY, Call, Figures, load, measure
from benchmarks.product import running_server

ROUNDS = 2
WISH = {"permission": "bash", "command": "make deploy", "arguments": {"command": "make deploy"}}
PATH = "/api/v1/permission-requests/"
CALLS = [
    Call("constant view", "GET", "/constant/"),
    Call("who am I", "GET", "/api/v1/users/me/"),
    Call("view by id", "GET", PATH + "{id}/"),
    Call("list of 30", "GET", PATH + "?state=pending"),
    Call("ask (create)", "POST", PATH, 201, json.dumps(WISH)),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.5, help="length of each measurement")
    options = parser.parse_args()
    report(measure_all(options.seconds), options.seconds)


def measure_all(seconds: float) -> dict[str, Figures]:
    figures = {call.name: Figures() for call in CALLS}
    with (
        tempfile.TemporaryDirectory(prefix="cs-bench-") as folder,
        running_server("benchmarks.api_server", "daphne", folder=Path(folder)) as (pid, facts),
    ):
        port = facts["port"]
        for call in CALLS:
            requests = itertools.repeat(call.encode(facts))
            asyncio.run(load(port, requests, status=call.status, seconds=0.3))
        for _ in range(ROUNDS):
            for call in CALLS:
                requests = itertools.repeat(call.encode(facts))
                measure(figures[call.name], pid, port, requests, call.status, seconds)
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


if __name__ == "__main__":
    main()
