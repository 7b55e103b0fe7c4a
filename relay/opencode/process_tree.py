"""Ending a child and everything below it, also one whose parent was killed before it could.

An agent's shell commands run in process groups of their own, so that a signal to the engine's group
misses them; the tree is read from /proc. Where there is no /proc (macOS) the engine's own group is all
that is ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

PROC = Path("/proc")
RECORD = "process.pid"
POLL_S = 0.02
# The kernel ends what was killed within moments, unless it waits for a disk.
GONE_S = 5.0
# A stopped process stops at its next instruction; one that waits for a disk does not.
HELD_S = 0.5
HOLD_POLL_S = 0.002
# States in which a process starts nobody; [] for one that is gone.
HELD: tuple[list[str], ...] = ([], ["T"], ["Z"], ["X"])
# Fields of /proc/PID/stat after the command's closing bracket: state, parent, group, session, ... start time.
_PARENT_FIELD, _GROUP_FIELD, _START_FIELD = 1, 2, 19


class ChildProcess:
    """One child in a session of its own, noted in `folder`: it can be ended whatever becomes of us."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def launch(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        output: IO[bytes] | None = None,
    ) -> None:
        """Start it; a child that a killed predecessor of ours left running is ended first.

        `output` None means that it writes where we write.
        """
        end_recorded_process(self.folder)
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        record_process(self.folder, self._process.pid)

    def stop(self, timeout_s: float) -> None:
        """End it and all below it: SIGTERM, after `timeout_s` SIGKILL. Blocks until it is gone."""
        process, self._process = self._process, None
        # The number of a child that ended by itself may be somebody else's by now.
        if process is not None and process.poll() is None:
            end_process_tree(process.pid, timeout_s)
            process.wait()
        (self.folder / RECORD).unlink(missing_ok=True)


def end_process_tree(pid: int, timeout_s: float) -> None:
    """SIGTERM to `pid`, SIGKILL after `timeout_s`, then SIGKILL to its group and all that was below it.

    Blocks until they are gone: one that was just being forked holds its parent's port as long as it lives.
    `pid` leads a process group. It is not reaped here, so that its number can't be given to another process
    before its group has been ended.
    """
    tree = {pid: read_start(pid), **list_descendants(pid)}
    if timeout_s > 0:
        send(pid, tree[pid], signal.SIGTERM)
        deadline = time.monotonic() + timeout_s
        while is_alive(pid) and time.monotonic() < deadline:
            time.sleep(POLL_S)
            tree |= list_descendants(pid)
    hold_tree(pid, tree)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    for each, started in tree.items():
        send(each, started, signal.SIGKILL)
    wait_until_gone({each: started for each, started in tree.items() if started})


def hold_tree(pid: int, tree: dict[int, str]) -> None:
    """Stop everybody in `tree` (process id → start time) and add whom they began meanwhile below `pid`.

    A child that its parent began between a look and the kill would be nobody's, and be left running.
    """
    held: set[int] = set()
    while fresh := tree.keys() - held:
        for each in fresh:
            send(each, tree[each], signal.SIGSTOP)
        wait_until_held(fresh)
        held |= fresh
        tree |= list_descendants(pid)


def wait_until_held(pids: set[int]) -> None:
    """Until each is stopped or has ended; gives up after a while."""
    deadline = time.monotonic() + HELD_S
    while any(_read_stat(pid)[:1] not in HELD for pid in pids) and time.monotonic() < deadline:
        time.sleep(HOLD_POLL_S)


def send(pid: int, started: str, number: signal.Signals) -> None:
    """Unless the process id belongs to somebody else by now."""
    if read_start(pid) == started:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def wait_until_gone(processes: Mapping[int, str]) -> None:
    """Process id → start time; gives up after a while."""
    deadline = time.monotonic() + GONE_S
    while any(read_start(pid) == started and is_alive(pid) for pid, started in processes.items()):
        if time.monotonic() > deadline:
            return
        # Most are no children of ours, whose end the kernel would tell: they are looked at.
        time.sleep(POLL_S)


def list_descendants(pid: int) -> dict[int, str]:
    """Process id → start time of everything below `pid`, and of its group, whose members may outlive it."""
    parents: dict[int, tuple[int, str]] = {}
    found: dict[int, str] = {}
    for entry in PROC.glob("[0-9]*"):
        fields = _read_stat(int(entry.name))
        if fields:
            parents[int(entry.name)] = int(fields[_PARENT_FIELD]), fields[_START_FIELD]
            if int(fields[_GROUP_FIELD]) == pid != int(entry.name):
                found[int(entry.name)] = fields[_START_FIELD]
    layer = {pid, *found}
    while layer:
        layer = {child for child, (parent, _) in parents.items() if parent in layer and child not in found}
        found.update({child: parents[child][1] for child in layer})
    return found


def is_alive(pid: int) -> bool:
    """False once it has ended, reaped or not."""
    fields = _read_stat(pid)
    if fields or PROC.is_dir():
        return bool(fields) and fields[0] not in {"Z", "X"}
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def read_start(pid: int) -> str:
    """When the process started, in the kernel's ticks; with its number it names a process for good."""
    fields = _read_stat(pid)
    return fields[_START_FIELD] if fields else ""


def record_process(folder: Path, pid: int) -> None:
    """Note the child, so that a successor can end it should we be killed."""
    (folder / RECORD).write_text(f"{pid} {read_start(pid)}\n")


def read_recorded_process(folder: Path) -> tuple[int, str] | None:
    """(process id, start time) of the recorded child while it runs."""
    try:
        pid_text, started = (folder / RECORD).read_text().split()
        pid = int(pid_text)
    except (OSError, ValueError):
        return None
    return (pid, started) if pid > 1 and started and read_start(pid) == started else None


def end_recorded_process(folder: Path) -> None:
    """End the recorded child if it still runs; a process that took over its number is left alone."""
    recorded = read_recorded_process(folder)
    if recorded is not None:
        end_process_tree(recorded[0], 0)
    (folder / RECORD).unlink(missing_ok=True)


def _read_stat(pid: int) -> list[str]:
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return []
    # The command stands in brackets and may hold blanks and brackets itself.
    return text.rpartition(")")[2].split()
