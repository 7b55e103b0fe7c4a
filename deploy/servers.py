"""What the PostgreSQL and Valkey servers for tests, benchmarks and trials have in common."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.console import OUTPUT_TAIL_LINES, StepFailed, run_as

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0
POLL_S = 0.02


def free_port() -> int:
    """Return a loopback port that is free now; whoever binds it must cope with somebody being faster."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def make_private_folder(*, prefix: str, owner: pwd.struct_passwd | None = None) -> Path:
    """Make a folder directly under /tmp with mode 0700, owned by `owner` when given.

    Not below the project: a unix socket's path may have 107 bytes, and another OS user could not reach it
    without loosening the folders above.
    """
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
    if owner is not None:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    return folder


class ServerProcess:
    """A child process with its own folder under /tmp, both gone after `stop()`."""

    def __init__(self, *, name: str, folder: Path, owner: pwd.struct_passwd | None = None) -> None:
        self.name = name
        self.folder = folder
        self.owner = owner
        self.log = folder / "server.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, command: Sequence[str | Path], *, is_ready: Callable[[], bool]) -> None:
        """Start the server and wait until `is_ready`; raises StepFailed with the end of its log otherwise."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                cwd=self.folder,
                env=plain_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Out of the terminal's process group: Ctrl-C reaches us alone, and we stop it in order.
                start_new_session=True,
                **run_as(self.owner),
            )
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while not is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline_s:
                log_tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-OUTPUT_TAIL_LINES:])
                self.stop()
                raise StepFailed(f"{self.name} did not start:\n{log_tail}")
            time.sleep(POLL_S)

    def stop(self, *, signal_number: int = 15) -> None:
        """Stop the server, with a kill after ten seconds, and remove its folder. Harmless when repeated."""
        self.end(signal_number=signal_number)
        shutil.rmtree(self.folder, ignore_errors=True)

    def end(self, *, signal_number: int = 15) -> None:
        """The same, but its folder stays: it can be started again with what it had."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal_number)
            try:
                self.process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def plain_environment() -> dict[str, str]:
    """Return the little that a server needs; our own environment may hold secrets."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
