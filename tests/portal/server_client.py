"""A server process and a raw HTTP client, for what no well-behaved client would send."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
WAIT_S = 120


class ServerProcess:
    """A server that prints lines; `lines` grows while it runs."""

    def __init__(self, arguments: list[str], variables: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, "COUNTERSIGN_BIND": "127.0.0.1:0", **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def wait_for_line(self, wanted: Callable[[str], bool]) -> str:
        """The first line that fits; AssertionError with the output when the process ends without it."""
        ends_at = time.monotonic() + WAIT_S
        while time.monotonic() < ends_at:
            for line in list(self.lines):
                if wanted(line):
                    return line
            if self.process.poll() is not None and not self.reader.is_alive():
                break
            time.sleep(0.02)
        raise AssertionError("the server did not say it:\n" + "\n".join(self.lines))

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Signal, wait, return the exit code; all its lines are there afterwards."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        code = self.process.wait(WAIT_S)
        self.reader.join(WAIT_S)
        return code

    def read_memory_bytes(self) -> int:
        """Resident memory of the process."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def running(arguments: list[str], **variables: str) -> Iterator[ServerProcess]:
    server = ServerProcess(arguments, variables)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
        server.wait()
        if server.process.stdout is not None:
            server.process.stdout.close()


@dataclass
class RawAnswer:
    status: int
    head: bytes
    body: bytes


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)


def ask(port: int, data: bytes) -> RawAnswer:
    """Send bytes as they are and read until the server closes or the answer is complete."""
    with connect(port) as client:
        client.sendall(data)
        return read_answer(client)


def read_answer(client: socket.socket) -> RawAnswer:
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = client.recv(65536)
        if not chunk:
            break
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    length = find_length(head)
    is_chunked = b"transfer-encoding: chunked" in head.lower()
    while not (body.endswith(b"0\r\n\r\n") if is_chunked else length is not None and len(body) >= length):
        chunk = client.recv(65536)
        if not chunk:
            break
        body += chunk
    return RawAnswer(int(head.split(b" ", 2)[1]) if head else 0, head, body)


def find_length(head: bytes) -> int | None:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return None
