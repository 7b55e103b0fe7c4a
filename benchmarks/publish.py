"""The portal's own share of a publication on an idle engine: `python -m benchmarks.publish [--agents 50]`.

From the press of the button to `live`, with the worker as a web process runs it, a folder on this disk,
and an engine that answers at once. So what is left is ours: database writes (SQLite, synchronous=FULL),
files laid down with fsync, comparing. The throwaway engine, and the time the real one takes to boot, are
left out.
At most 300 ms, on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

LONGEST_MS = 300.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cs-bench-") as folder:
        variables = {
            "DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3",
            "REDIS_URL": "",
            "SQLITE_SYNCHRONOUS": "FULL",
            "COUNTERSIGN_DATA_DIR": str(Path(folder) / "data"),
            "COUNTERSIGN_KEYS_FILE": str(Path(folder) / "keys" / "countersign.keys"),
            "COUNTERSIGN_LOG_LEVEL": "ERROR",
        }
        steps = ["benchmarks.publish_steps", folder, str(options.agents), str(options.rounds)]
        command = [sys.executable, "-m", *steps]
        answer = subprocess.run(
            command, env={**os.environ, **variables}, stdout=subprocess.PIPE, text=True, check=True
        )
    times_ms: list[float] = json.loads(answer.stdout)
    median_ms = statistics.median(times_ms)
    word = "" if median_ms <= LONGEST_MS else "  TOO LONG"
    print(
        f"publish to read-back, {options.agents} agents: median {median_ms:.0f} ms, "
        f"slowest {max(times_ms):.0f} ms of {len(times_ms)}, to be at most {LONGEST_MS:.0f} ms{word}"
    )
    return 0 if median_ms <= LONGEST_MS else 1


if __name__ == "__main__":
    sys.exit(main())
