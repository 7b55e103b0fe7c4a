"""Runs pip in a process that can start no other one: `python -I pip_guard.py PIP-ARGUMENTS`.

A package may name what it needs by an address of sources; pip would fetch that, whatever is said about
binaries alone, and run its build. All of that takes a process of its own, which is refused here. Stands
alone: it is run as a file.
"""

import importlib.util
import runpy
import sys
from pathlib import Path
from typing import Any

# Of the interpreter's own audit events, those by which a program comes to run. A system call of pip's own
# vendored code that only asks for the system's name fails as it would where that program is missing.
_STARTS = ("subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system")


def refuse_processes(event: str, _arguments: tuple[Any, ...]) -> None:
    if event in _STARTS or event.startswith("pty."):
        raise PermissionError("Nothing is built or run while packages are fetched.")


def find_pip() -> None:
    """Put the interpreter's own copy of pip on the path where none is installed."""
    if importlib.util.find_spec("pip") is not None:
        return
    # Some systems leave it out, and those that bring pip have no need of it.
    import ensurepip

    bundled = sorted((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
    sys.path.insert(0, str(bundled[-1]))


if __name__ == "__main__":
    find_pip()
    sys.addaudithook(refuse_processes)
    sys.argv[0] = "pip"
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
