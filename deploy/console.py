"""How the bootstrap steps speak and how they fail."""

import pwd
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

OUTPUT_TAIL_LINES = 15


class StepFailed(Exception):
    """A step could not be done; the message says what is missing and what a person can do about it."""


def say(message: str) -> None:
    """Print one line of progress, at once even when the output is a pipe."""
    print(f"[set-up] {message}", file=sys.stderr, flush=True)


class ChildUser(TypedDict, total=False):
    """The `subprocess` arguments that make a child run as somebody else."""

    user: int
    group: int
    extra_groups: list[int]


def run_as(owner: pwd.struct_passwd | None) -> ChildUser:
    """Return the arguments that make a child run as `owner` without any other group; None: as ourselves."""
    if owner is None:
        return {}
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def run(
    command: Sequence[str | Path],
    *,
    purpose: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    owner: pwd.struct_passwd | None = None,
    timeout_s: float = 900,
) -> str:
    """Run a command quietly, as another OS user if wanted, and return what it printed.

    Raises StepFailed with the last lines of its output otherwise.
    """
    words = [str(word) for word in command]
    try:
        finished = subprocess.run(
            words,
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
            **run_as(owner),
        )
    except FileNotFoundError as error:
        raise StepFailed(f"{purpose}: {words[0]} was not found.") from error
    except subprocess.TimeoutExpired as error:
        raise StepFailed(f"{purpose}: no end after {timeout_s:.0f} s ({shlex.join(words)}).") from error
    if finished.returncode != 0:
        tail = "\n".join(finished.stdout.splitlines()[-OUTPUT_TAIL_LINES:])
        raise StepFailed(f"{purpose} failed ({shlex.join(words)}, exit {finished.returncode}):\n{tail}")
    return finished.stdout
