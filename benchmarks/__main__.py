"""`python -m benchmarks [NAME …]`: run the named benchmarks one after another, all of them without a name.

Each is a module of this package that can be run by itself, in a process of its own.
"""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
RUN_GUARD = 'if __name__ == "__main__":'


def main(names: list[str]) -> int:
    """Return 0 when every benchmark ended well."""
    known = sorted(path.stem for path in FOLDER.glob("[a-z]*.py") if RUN_GUARD in path.read_text())
    unknown = set(names) - set(known)
    if unknown:
        print(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}.")
        return 2
    failed = []
    for name in names or known:
        print(f"\n===== {name} =====", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}"]
        if subprocess.run(command, cwd=FOLDER.parent, stdin=subprocess.DEVNULL, check=False).returncode != 0:
            failed.append(name)
    if failed:
        print(f"\nFAILED: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
