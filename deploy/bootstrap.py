"""`python3 -m deploy.bootstrap STEP …`: the set-up steps by name, each printing what it does."""

import argparse
import fcntl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from deploy.cao import provide_cao
from deploy.chromium import chromium_binary, provide_chromium
from deploy.console import StepFailed, say
from deploy.node import npm_command
from deploy.opencode import fetch_opencode, opencode_binary
from deploy.postgres import provide_postgres
from deploy.requirements import pin_requirements
from deploy.sshd import provide_sshd
from deploy.valkey import require_valkey
from deploy.virtualenv import ROOT, install_requirements

__all__ = ["chromium_binary", "main", "opencode_binary"]

STEPS: dict[str, tuple[str, Callable[[], object]]] = {
    "venv": ("the virtualenv with what Countersign needs to run", lambda: install_requirements(["run"])),
    "venv-dev": ("the same, and what checks and tests need", lambda: install_requirements(["run", "dev"])),
    "node": ("node and npm, from a wheel where the machine has none", npm_command),
    "opencode": ("the pinned OpenCode engine", fetch_opencode),
    "chromium": ("a Chromium for the browser tests", provide_chromium),
    "postgres": ("a PostgreSQL server for the tests", provide_postgres),
    "sshd": ("OpenSSH's server for the tests", provide_sshd),
    "cao": ("a CAO server for the tests", provide_cao),
    "valkey": ("a Redis-protocol server for the tests", require_valkey),
    "pin": ("requirements*.txt, regenerated from pyproject.toml", pin_requirements),
}


def main(arguments: list[str] | None = None) -> int:
    """Run the named steps in order; a failing one prints its sentence.

    Exit code 1 when a step failed, 0 with `--optional`, which goes on with the next step.
    """
    parser = argparse.ArgumentParser(prog="python3 -m deploy.bootstrap", description=__doc__)
    listing = ", ".join(f"{name} ({purpose})" for name, (purpose, _) in STEPS.items())
    parser.add_argument("steps", nargs="+", choices=list(STEPS), metavar="STEP", help=listing)
    parser.add_argument(
        "--optional", action="store_true", help="report a failing step, then go on without it"
    )
    options = parser.parse_args(arguments)
    with one_at_a_time():
        for name in options.steps:
            purpose, do = STEPS[name]
            try:
                do()
            except StepFailed as failure:
                say(f"COULD NOT PROVIDE {purpose}: {failure}")
                if not options.optional:
                    return 1
    return 0


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the set-up lock: two `make` at once would install over each other."""
    state = ROOT / "var"
    state.mkdir(exist_ok=True)
    with (state / "set-up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
