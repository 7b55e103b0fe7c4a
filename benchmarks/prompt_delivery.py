"""Messages through crashes of the engine: `python -m benchmarks.prompt_delivery [--kills 30] [--seed N]`.

A real engine with a scripted model, the relay, SQLite with full flushes. In each round three messages are
sent, two to a chat that goes on and one that begins a chat; at a random moment the engine is killed (SIGKILL)
and started again, and the next round begins once all three are delivered and the engine has been healthy.
Every message must end delivered, stand in the engine exactly once, and be given to the model at most once.
One that was not answered was cut off by the kill, and its answer is on record as aborted.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
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
        steps = ["benchmarks.prompt_delivery_steps", folder, str(options.kills), str(options.seed)]
        answer = subprocess.run(
            [sys.executable, "-m", *steps],
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    found: dict[str, Any] = json.loads(answer.stdout)
    faults = {name: found[name] for name in ("undelivered", "not_once", "asked_again", "unexplained")}
    calm_ms = statistics.median(found["calm_ms"])
    at = ", ".join(f"{step} {count}" for step, count in sorted(found["killed_at"].items()))
    print(
        f"{found['kills']} kills (seed {options.seed}) with messages {at}: {found['messages']} messages, "
        f"{found['answered']} answered, {found['cut_off']} cut off in the middle of the answer and shown so, "
        f"{found['sent_again']} sent again under their ids"
    )
    print(
        f"delivered without a kill: median {calm_ms:.0f} ms; "
        f"with one: slowest {max(found['killed_ms']) / 1000:.1f} s, the engine's start in it"
    )
    words = ", ".join(f"{name.replace('_', ' ')} {len(texts)}" for name, texts in faults.items())
    is_good = not any(faults.values())
    print(f"delivered once: {words}{'' if is_good else f'  WRONG: {faults}'}")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
