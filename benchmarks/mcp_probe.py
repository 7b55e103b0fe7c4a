"""What the sandbox, the digests and the lint add to a probe: `python -m benchmarks.mcp_probe [--rounds 7]`.

Stock servers from PyPI and npm, from the store (fetched into it the first time). Each is probed in turn by
the official SDK alone (its own start of the program, initialise, every list, its own shutdown) and by the
portal (the same in the sandbox, with all limits, digests and lint). Both see the same, to the digest. The SDK
asks a server to end and waits for that; the sandbox is simply ended: what that saves is shown apart.
The portal may take at most 20 % longer over all servers. A probe's rows and events are not in it: they are
written beside what the server does.
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

MOST_OVERHEAD_PERCENT = 20.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--store", type=Path, default=None, help="where packages are kept; var/mcp")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cs-bench-") as folder:
        variables = {
            "DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3",
            "COUNTERSIGN_DATA_DIR": str(Path(folder) / "data"),
            "COUNTERSIGN_KEYS_FILE": str(Path(folder) / "keys" / "countersign.keys"),
            "COUNTERSIGN_LOG_LEVEL": "ERROR",
        }
        if options.store is not None:
            variables["COUNTERSIGN_MCP_STORE"] = str(options.store.resolve())
        command = [sys.executable, "-m", "benchmarks.mcp_probe_steps", str(options.rounds)]
        answer = subprocess.run(
            command, env={**os.environ, **variables}, stdout=subprocess.PIPE, text=True, check=True
        )
    found: dict[str, dict[str, list[float]]] = json.loads(answer.stdout)
    sums_ms = dict.fromkeys(("bare", "listed", "ours"), 0.0)
    for name, times_ms in found.items():
        medians = {key: statistics.median(values) for key, values in times_ms.items()}
        sums_ms = {key: sums_ms[key] + medians[key] for key in sums_ms}
        print(
            f"{name:12} SDK alone {medians['bare']:6.0f} ms ({medians['listed']:.0f} ms until listed), "
            f"portal {medians['ours']:6.0f} ms: {100 * (medians['ours'] / medians['bare'] - 1):+.0f} %"
        )
    overhead = 100 * (sums_ms["ours"] / sums_ms["bare"] - 1)
    strict = 100 * (sums_ms["ours"] / sums_ms["listed"] - 1)
    word = "" if overhead < MOST_OVERHEAD_PERCENT else "  TOO MUCH"
    print(
        f"probe of {len(found)} stock servers: portal's overhead over the SDK alone {overhead:+.1f} % "
        f"({sums_ms['ours']:.0f} ms against {sums_ms['bare']:.0f} ms; {strict:+.1f} % without the SDK's "
        f"shutdown of its servers), to be under {MOST_OVERHEAD_PERCENT:.0f} %{word}"
    )
    return 0 if overhead < MOST_OVERHEAD_PERCENT else 1


if __name__ == "__main__":
    sys.exit(main())
