"""How the bootstrap steps speak and how they fail."""

import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

OUTPUT_TAIL_LINES = 15


class StepFailed(Exception):
    """A step could not be done; the message says what is missing and what a person can do about it."""


def say(message: str) -> None:
    """Print one line of progress, at once even when the output is a pipe."""
    print(f"[set-up] {message}", file=sys.stderr, flush=True)


def run(
    command: Sequence[str | Path],
    *,
    purpose: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout_s: float = 900,
) -> str:
    """Run a command quietly and return what it printed; raise StepFailed with its last lines otherwise."""
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
        )
    except FileNotFoundError as error:
        raise StepFailed(f"{purpose}: {words[0]} was not found.") from error
    except subprocess.TimeoutExpired as error:
        raise StepFailed(f"{purpose}: no end after {timeout_s:.0f} s ({shlex.join(words)}).") from error
    if finished.returncode != 0:
        tail = "\n".join(finished.stdout.splitlines()[-OUTPUT_TAIL_LINES:])
        raise StepFailed(f"{purpose} failed ({shlex.join(words)}, exit {finished.returncode}):\n{tail}")
    return finished.stdout
