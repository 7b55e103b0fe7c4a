"""How large the messages table is, and with the eight columns that it does not have: what the engine knows.

`python -m benchmarks.message_size [--messages 20000]`, on SQLite and on PostgreSQL. Each database holds the
same conversations (benchmarks/message_size_steps.py says what they are made of) in four tables:

- ours: what a conversation shows;
- ours with cost, tokens, agent, provider, model, finish reason, error and metadata of each message;
- what the engine keeps of each part, inputs and outputs of tools included, without those columns;
- the same with them.

Counted are the rows and their indexes, after the database has tidied up.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from deploy.console import StepFailed
from deploy.postgres import PostgresServer

# How much smaller than with the eight columns ours is at least.
SMALLEST_SAVING = 0.20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    options = parser.parse_args()
    is_right = [measure(title, url, options.messages) for title, url in list_databases()]
    return 0 if is_right and all(is_right) else 1


def list_databases() -> Iterator[tuple[str, str]]:
    """(title, DATABASE_URL) of each kind that can be had here, running while it is measured."""
    with tempfile.TemporaryDirectory(prefix="cs-bench-") as folder:
        yield "SQLite", f"sqlite:///{Path(folder) / 'messages'}.sqlite3"
    with ExitStack() as stack:
        try:
            server = stack.enter_context(PostgresServer())
        except StepFailed as failure:
            print(f"PostgreSQL: NOT MEASURED: {failure}")
            return
        yield "PostgreSQL", server.url()


def measure(title: str, url: str, messages: int) -> bool:
    """Print the sizes; True when the saving is what it has to be."""
    sizes = read_sizes(url, messages)
    print(f"{title}: {messages:,} messages, bytes a message with its share of the indexes")
    for name, size_bytes in sizes.items():
        print(f"  {name:<44} {size_bytes / messages:8,.0f}")
    saving = 1 - sizes["ours"] / sizes["ours, with the eight columns"]
    whole = 1 - sizes["whole parts"] / sizes["whole parts, with the eight columns"]
    against = 1 - sizes["ours"] / sizes["whole parts, with the eight columns"]
    print(f"  without the eight columns: {saving:.0%} smaller (at least {SMALLEST_SAVING:.0%})")
    print(f"  the same beside whole parts: {whole:.0%} smaller")
    print(
        f"  without the eight columns and without what tools read and wrote: {against:.0%} smaller\n",
        flush=True,
    )
    return saving >= SMALLEST_SAVING


def read_sizes(url: str, messages: int) -> dict[str, int]:
    """Table → bytes, as a process of its own found them."""
    with tempfile.TemporaryDirectory(prefix="cs-bench-") as folder:
        variables = {
            "DATABASE_URL": url,
            "REDIS_URL": "",
            "SQLITE_SYNCHRONOUS": "NORMAL",
            "COUNTERSIGN_DATA_DIR": f"{folder}/data",
            "COUNTERSIGN_KEYS_FILE": f"{folder}/keys/countersign.keys",
            "COUNTERSIGN_LOG_LEVEL": "ERROR",
        }
        command = [sys.executable, "-m", "benchmarks.message_size_steps", f"{messages}"]
        done = subprocess.run(
            command, env={**os.environ, **variables}, stdout=subprocess.PIPE, text=True, check=True
        )
    sizes: dict[str, int] = json.loads(done.stdout)
    return sizes


if __name__ == "__main__":
    sys.exit(main())
