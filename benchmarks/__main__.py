"""`python -m benchmarks [NAME …]`: run the named benchmarks one after another, all of them without a name.

Each is a module of this package that can be run by itself, in a process of its own. Modules that end in
`_server` or `_steps` are the processes that a benchmark starts.
"""

import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
RUN_GUARD = 'if __name__ == "__main__":'
NO_BENCHMARKS = ("_server", "_steps")


def list_benchmarks() -> list[str]:
    return sorted(
        path.stem
        for path in FOLDER.glob("[a-z]*.py")
        if RUN_GUARD in path.read_text() and not path.stem.endswith(NO_BENCHMARKS)
    )


def main(names: list[str]) -> int:
    """Return 0 when every benchmark ended well."""
    known = list_benchmarks()
    unknown = set(names) - set(known)
    if unknown:
        print(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}.")
        return 2
    failed = []
    for name in names or known:
        print(f"\n===== {name} =====", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}"]
        started_at = time.monotonic()
        if subprocess.run(command, cwd=FOLDER.parent, stdin=subprocess.DEVNULL, check=False).returncode != 0:
            failed.append(name)
        print(f"({name}: {time.monotonic() - started_at:.0f} s)", flush=True)
    if failed:
        print(f"\nFAILED: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
