"""What a sandbox promises, whichever way it is built."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """What a program may take.

    `memory_bytes` holds for each process's data, and for all of them together; what it writes stays within
    `home_bytes` in each of its three folders.
    """

    cpu_s: int = 30
    memory_bytes: int = 1024 * MIB
    file_size_bytes: int = 16 * MIB
    home_bytes: int = 32 * MIB
    processes: int = 128
    open_files: int = 256


DEFAULT_LIMITS = SandboxLimits()


@dataclass(frozen=True, slots=True)
class Task:
    """One program to be started. `argv[0]` is an absolute path.

    `environment` is all that it gets beside a home, a search path and a language; `readable` are the folders
    and files that it sees beside the system's.
    """

    argv: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    readable: tuple[Path, ...] = ()
    directory: str = ""
    limits: SandboxLimits = DEFAULT_LIMITS


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the sandbox itself says of a program that ended: none of it can be written by the program."""

    has_started: bool = False
    failure: str = ""
    is_out_of_memory: bool = False
    exit_code: int | None = None

    @property
    def sentence(self) -> str:
        if self.failure:
            return f"The sandbox did not start it: {self.failure}"
        if self.is_out_of_memory:
            return "It took more memory than it may have and was ended."
        if not self.has_started:
            return "The sandbox did not start it."
        if self.exit_code is None:
            return "It did not end by itself."
        if self.exit_code > 128:
            return f"It was ended by signal {self.exit_code - 128}."
        return f"It ended with exit code {self.exit_code}."


@dataclass(frozen=True, slots=True)
class NoSandbox:
    """Why nothing may be started here that nobody approved."""

    reason: str


class SandboxError(Exception):
    """This program can't be put into a sandbox; the message says why, as a sentence."""
