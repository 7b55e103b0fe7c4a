"""The inbox with few and with many stored requests: `python -m benchmarks.inbox_page [--rows 1000,200000]`.

Every tab, read by a member of one team, by a member of three and by an owner, on SQLite and on PostgreSQL.
Two databases that differ only in the length of their history are read in turns, so that whatever else the
machine does slows both; the ratio of the medians must stay at or below 1.5. Searches and chips that no index
answers look through a bounded part of the history: they are printed and not held to the ratio, because 1,000
requests are less than what they look through. Trust the ratios, not the numbers.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from deploy.console import StepFailed
from deploy.postgres import PostgresServer

LARGEST_RATIO = 1.5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", default="1000,200000", help="stored requests: few, many")
    parser.add_argument("--rounds", type=int, default=9, help="readings of each page")
    options = parser.parse_args()
    few, many = (int(size) for size in options.rows.split(","))
    is_right = [measure(title, urls, (few, many), options.rounds) for title, urls in list_databases()]
    return 0 if is_right and all(is_right) else 1


def list_databases() -> Iterator[tuple[str, tuple[str, str]]]:
    """(title, two DATABASE_URLs) of each kind that can be had here, running while it is measured."""
    with tempfile.TemporaryDirectory(prefix="cs-bench-") as folder:
        few, many = (f"sqlite:///{Path(folder) / name}.sqlite3" for name in ("few", "many"))
        yield "SQLite", (few, many)
    with ExitStack() as stack:
        try:
            servers = [stack.enter_context(PostgresServer()) for _ in range(2)]
        except StepFailed as failure:
            print(f"PostgreSQL: NOT MEASURED: {failure}")
            return
        yield "PostgreSQL", (servers[0].url(), servers[1].url())


class Reader:
    """A process on one database that reads a page whenever it is told to."""

    def __init__(self, url: str, folder: Path, rows: int) -> None:
        variables = {
            "DATABASE_URL": url,
            "REDIS_URL": "",
            "SQLITE_SYNCHRONOUS": "NORMAL",
            "COUNTERSIGN_DATA_DIR": str(folder / "data"),
            "COUNTERSIGN_KEYS_FILE": str(folder / "keys" / "countersign.keys"),
            "COUNTERSIGN_LOG_LEVEL": "ERROR",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.inbox_page_steps", str(rows)],
            env={**os.environ, **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def hear(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the reader has ended; its errors stand above")
        return json.loads(line)

    def read(self, page: str) -> dict[str, Any]:
        """{"ms": how long it took, "shown": rows on it}."""
        assert self.process.stdin is not None
        self.process.stdin.write(page + "\n")
        self.process.stdin.flush()
        facts: dict[str, Any] = self.hear()
        return facts

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)


def measure(title: str, urls: tuple[str, str], sizes: tuple[int, int], rounds: int) -> bool:
    """A line for each page; True when the ratio of every tab held."""
    with ExitStack() as stack:
        readers = []
        for url, size in zip(urls, sizes, strict=True):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cs-bench-")))
            reader = Reader(url, folder, size)
            stack.callback(reader.close)
            readers.append(reader)
        pages: dict[str, bool] = readers[0].hear()
        readers[1].hear()
        print(f"{title}: a page's median with {sizes[0]:,} and with {sizes[1]:,} stored requests", flush=True)
        ratios = {page: read_in_turns(readers, page, rounds, is_held=held) for page, held in pages.items()}
    worst = max(ratio for page, ratio in ratios.items() if pages[page])
    print(f"{title}: worst ratio of a tab {worst:.2f}, to be at most {LARGEST_RATIO}\n", flush=True)
    return worst <= LARGEST_RATIO


def read_in_turns(readers: list[Reader], page: str, rounds: int, *, is_held: bool) -> float:
    """Print one page's medians; their ratio."""
    for reader in readers:
        reader.read(page)
    readings = [[reader.read(page) for reader in readers] for _ in range(rounds)]
    few, many = (statistics.median(pair[side]["ms"] for pair in readings) for side in (0, 1))
    ratio = many / few
    word = ("  TOO MUCH" if ratio > LARGEST_RATIO else "") if is_held else "  (not held to it)"
    shown = readings[-1][1]["shown"]
    print(f"  {page:<36} {few:7.1f} ms {many:7.1f} ms  x {ratio:4.2f}  {shown} rows{word}", flush=True)
    return ratio


if __name__ == "__main__":
    sys.exit(main())
