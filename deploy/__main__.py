"""`python3 -m deploy STEP …`: the bootstrap steps by name."""

import argparse
import sys
from collections.abc import Callable

from deploy.console import StepFailed
from deploy.virtualenv import install_requirements

STEPS: dict[str, tuple[str, Callable[[], object]]] = {
    "venv": ("the virtualenv with what Countersign needs to run", lambda: install_requirements(["run"])),
    "venv-dev": ("the same, and what checks and tests need", lambda: install_requirements(["run", "dev"])),
}


def main(arguments: list[str] | None = None) -> int:
    """Run the named steps in order; the first that fails ends the run with its sentence and exit code 1."""
    parser = argparse.ArgumentParser(prog="python3 -m deploy", description=__doc__)
    listing = ", ".join(f"{name} ({purpose})" for name, (purpose, _) in STEPS.items())
    parser.add_argument("steps", nargs="+", choices=list(STEPS), metavar="STEP", help=listing)
    options = parser.parse_args(arguments)
    for name in options.steps:
        try:
            STEPS[name][1]()
        except StepFailed as failure:
            print(f"set-up step '{name}': {failure}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
