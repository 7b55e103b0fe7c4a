"""Many deciders at the same requests at once: `python -m benchmarks.decisions [--requests 1000]`.

Twenty people in four processes each try to approve or deny every request in an order of their own: on SQLite
and on PostgreSQL, with one approval needed and with two. Counts decisions made twice and requests left over
(both must be 0), and decisions and attempts a second. Trust the ratios, not the numbers.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.console import StepFailed
from deploy.postgres import PostgresServer

QUORUMS = (1, 2)
READY = "ready"


@dataclass
class Tally:
    """What the deciders of one round report."""

    ended: list[str] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--deciders", type=int, default=20)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--with-normal", action="store_true", help="SQLite with synchronous=NORMAL too")
    parser.add_argument("--decide", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--quorum", type=int, choices=QUORUMS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.decide is not None:
        decide_in_process(options.decide, options.quorum, options.deciders // options.processes)
        return 0
    databases = list_databases(with_normal=options.with_normal)
    is_right = [measure(title, variables, options) for title, variables in databases]
    return 0 if is_right and all(is_right) else 1


def list_databases(*, with_normal: bool) -> Iterator[tuple[str, dict[str, str]]]:
    """(title, environment) of each database that can be had here, running while it is measured."""
    for synchronous in ("FULL", "NORMAL") if with_normal else ("FULL",):
        with tempfile.TemporaryDirectory(prefix="cs-bench-") as folder:
            url = f"sqlite:///{Path(folder) / 'decisions.sqlite3'}"
            yield (
                f"SQLite, synchronous={synchronous}",
                {"DATABASE_URL": url, "SQLITE_SYNCHRONOUS": synchronous},
            )
    with ExitStack() as stack:
        try:
            server = stack.enter_context(PostgresServer())
        except StepFailed as failure:
            print(f"PostgreSQL: NOT MEASURED: {failure}")
            return
        yield "PostgreSQL, without fsync", {"DATABASE_URL": server.url()}


def measure(title: str, variables: Mapping[str, str], options: argparse.Namespace) -> bool:
    """Run both rounds on one database and print their figures; True when nothing went wrong."""
    with (
        tempfile.TemporaryDirectory(prefix="cs-bench-") as folder,
        prepared(Path(folder), variables, options),
    ):
        rounds = [measure_round(title, quorum, options) for quorum in QUORUMS]
    return all(rounds)


@contextmanager
def prepared(folder: Path, variables: Mapping[str, str], options: argparse.Namespace) -> Iterator[None]:
    """This process's environment and database, as the children will find them; put back afterwards."""
    before = dict(os.environ)
    os.environ.update(
        {
            **variables,
            "COUNTERSIGN_DATA_DIR": str(folder / "data"),
            "COUNTERSIGN_KEYS_FILE": str(folder / "keys" / "countersign.keys"),
            "COUNTERSIGN_DATABASE_POOL_SIZE": str(options.deciders),
            "COUNTERSIGN_LOG_LEVEL": "ERROR",
        }
    )
    try:
        run_python("prepare", requests=options.requests, deciders=options.deciders)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def run_python(step: str, **arguments: int) -> Any:
    """Run one of `benchmarks.decisions_steps` in a process of its own; what it returned."""
    command = [sys.executable, "-m", "benchmarks.decisions_steps", step, json.dumps(arguments)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def measure_round(title: str, quorum: int, options: argparse.Namespace) -> bool:
    tally, seconds = collect_decisions(quorum, options)
    facts = run_python("check", quorum=quorum)
    double = len(tally.ended) - len(set(tally.ended))
    lost = facts["undecided"] + facts["requests"] - len(set(tally.ended))
    attempts = sum(tally.outcomes.values())
    wrong = [*facts["wrong"], *(["deciders met errors"] if tally.outcomes["error"] else [])]
    print(
        f"{title}, {quorum} approval{'s' if quorum > 1 else ''} needed: {options.deciders} deciders, "
        f"{facts['requests']} requests: {double} double, {lost} lost; "
        f"{len(tally.ended) / seconds:,.0f} decisions/s, {attempts / seconds:,.0f} attempts/s "
        f"({attempts:,} in {seconds:.1f} s)",
        flush=True,
    )
    for sentence in wrong:
        print(f"  WRONG: {sentence}")
    return not (double or lost or wrong)


def collect_decisions(quorum: int, options: argparse.Namespace) -> tuple[Tally, float]:
    """Start every process, let them go at once, wait for all; their sums and the seconds it took."""
    command = [sys.executable, "-m", "benchmarks.decisions", "--quorum", str(quorum)]
    command += ["--deciders", str(options.deciders), "--processes", str(options.processes)]
    with ExitStack() as stack:
        children = [
            stack.enter_context(
                subprocess.Popen(
                    [*command, "--decide", str(number)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for number in range(options.processes)
        ]
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline().strip() == READY
        started_at = time.monotonic()
        for child in children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        tally = Tally()
        for child in children:
            assert child.stdout is not None
            report = json.loads(child.stdout.readline())
            tally.ended += report["ended"]
            tally.outcomes.update(report["outcomes"])
        seconds = time.monotonic() - started_at
    return tally, seconds


def decide_in_process(number: int, quorum: int, count: int) -> None:
    """`count` deciders on a thread each; begins at a line on standard input, reports in one line."""
    from benchmarks.decisions_steps import decide_all, load_django, read_round

    load_django()
    people, requests = read_round(quorum)
    tally = Tally()
    lock = threading.Lock()
    threads = [
        threading.Thread(target=decide_all, args=(person, requests, random.Random(), quorum, tally, lock))
        for person in people[number * count : (number + 1) * count]
    ]
    print(READY, flush=True)
    sys.stdin.readline()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"ended": tally.ended, "outcomes": tally.outcomes}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
