"""HTTP in one hop against Django's standard ASGI handler: `python -m benchmarks.one_hop [--seconds 3]`.

Both run on Daphne with the product's settings and middleware, on a SQLite file of their own, turn by turn in
one run. Requests a second and server CPU a request; trust the ratios, not the numbers.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import tempfile
from pathlib import Path

from benchmarks.http_load import CONCURRENCY, Call, Figures, load, measure
from benchmarks.product import running_server

HANDLERS = ("standard", "one-hop")
CALLS = (Call("constant view", "GET", "/constant/"), Call("REST framework view, one query", "GET", "/rest/"))
ROUNDS = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each measurement")
    options = parser.parse_args()
    report(measure_all(options.seconds), options.seconds)


def measure_all(seconds: float) -> dict[tuple[str, str], Figures]:
    figures = {(handler, call.name): Figures() for handler in HANDLERS for call in CALLS}
    with tempfile.TemporaryDirectory(prefix="cs-bench-") as folder:
        for _ in range(ROUNDS):
            for handler in HANDLERS:
                with running_server("benchmarks.one_hop_server", handler, folder=Path(folder)) as (
                    pid,
                    facts,
                ):
                    for call in CALLS:
                        requests = itertools.repeat(call.encode(facts))
                        asyncio.run(load(facts["port"], requests, status=200, seconds=0.5))
                        measure(
                            figures[handler, call.name], pid, facts["port"], requests, call.status, seconds
                        )
    return figures


def report(figures: dict[tuple[str, str], Figures], seconds: float) -> None:
    print(
        f"Daphne, {CONCURRENCY} connections, SQLite (synchronous=FULL), {ROUNDS} rounds of {seconds:g} s each"
    )
    for name in (call.name for call in CALLS):
        standard, one_hop = figures["standard", name], figures["one-hop", name]
        for handler, row in (("standard", standard), ("one-hop", one_hop)):
            print(f"{name:<32} {handler:<9} {row.rate:7.0f} req/s {row.cpu_us:7.0f} µs CPU")
        gain, saving = one_hop.rate / standard.rate, standard.cpu_us / one_hop.cpu_us
        print(f"{name:<32} ratio     {gain:6.1f}x rate  {saving:5.1f}x less CPU")


if __name__ == "__main__":
    main()
