"""The websocket on the real server: named close codes reach the client, and a stop sends everybody away."""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import orjson
import pytest

from live.enums import CloseCode
from tests.portal.server_client import ROOT, WAIT_S, ServerProcess, connect, running

# The server keeps its own SQLite file, whatever this run tests on.
pytestmark = pytest.mark.sqlite

TEXT, CLOSE = 1, 8
KEYS = base64.b64encode(os.urandom(16)).decode()


@pytest.fixture
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[ServerProcess, int, str]]:
    """(process, port, a token) on a data folder of its own; on Daphne unless a test names uvicorn."""
    names = [request.param] if hasattr(request, "param") else []
    variables = {
        "COUNTERSIGN_DATA_DIR": str(tmp_path / "data"),
        "COUNTERSIGN_KEYS_FILE": str(tmp_path / "keys" / "countersign.keys"),
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }
    with running(["-m", "tests.live.server_process", *names], **variables) as process:
        line = process.wait_for_line(lambda line: line.startswith("{"))
        facts = orjson.loads(line)
        yield process, facts["port"], facts["token"]


class RawSocket:
    """A websocket as bytes on a connection."""

    def __init__(self, port: int, *headers: str) -> None:
        lines = [
            # Not what the portal has to tell of itself meanwhile.
            "GET /ws/events/?topics=requests HTTP/1.1",
            "Host: localhost",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {KEYS}",
            "Sec-WebSocket-Version: 13",
            *headers,
        ]
        self.connection: socket.socket = connect(port)
        self.connection.sendall("\r\n".join([*lines, "", ""]).encode())
        self.stream = self.connection.makefile("rb")
        assert self.stream.readline() == b"HTTP/1.1 101 Switching Protocols\r\n"
        while self.stream.readline() != b"\r\n":
            pass

    def receive(self) -> tuple[int, bytes]:
        """(opcode, payload) of the next frame; all of ours are short."""
        first, length = self.stream.read(2)
        size = int.from_bytes(self.stream.read(2)) if length == 126 else length
        return first & 0x0F, self.stream.read(size)

    def read_to_the_end(self) -> Iterator[tuple[int, bytes]]:
        """Events, and the frame that closes, whose payload is cut to its code."""
        while True:
            opcode, payload = self.receive()
            if opcode == CLOSE:
                yield opcode, payload[:2]
                return
            if opcode == TEXT and orjson.loads(payload)["type"] == "event":
                yield opcode, payload

    def read_to_any_end(self) -> tuple[int, int | None]:
        """(events and the frame that closes, its code or None for a line that was cut)."""
        count = 0
        try:
            for opcode, payload in self.read_to_the_end():
                count += 1
                if opcode == CLOSE:
                    return count, int.from_bytes(payload)
        except (ConnectionResetError, ValueError):
            pass
        return count, None

    def receive_close(self) -> int:
        opcode, payload = self.receive()
        assert opcode == CLOSE, payload
        return int.from_bytes(payload[:2])

    def send(self, payload: bytes) -> None:
        assert len(payload) < 126
        self.connection.sendall(bytes([0x80 | TEXT, 0x80 | len(payload)]) + bytes(4) + payload)

    def close(self) -> None:
        self.stream.close()
        self.connection.close()


def test_close_codes_reach_the_client_and_a_stop_sends_everybody_away(
    server: tuple[ServerProcess, int, str],
) -> None:
    process, port, token = server
    authorization = f"Authorization: Bearer {token}"
    with ExitStack() as cleaning:
        # The first of them waits until the stream runs.
        listeners = [cleaning.enter_context(closing(listen(port, authorization))) for _ in range(3)]
        stranger = cleaning.enter_context(closing(RawSocket(port)))
        unknown = "Authorization: Bearer csk_00000000_unknown"
        anonymous = cleaning.enter_context(closing(RawSocket(port, unknown)))
        assert (stranger.receive_close(), anonymous.receive_close()) == (
            CloseCode.FOREIGN_ORIGIN,
            CloseCode.UNAUTHENTICATED,
        )
        listeners[0].send(b"\xff")
        # Not UTF-8: refused below us, with the protocol's own code.
        assert listeners[0].receive_close() == 1007
        listeners[1].send(b"hello")
        assert listeners[1].receive_close() == CloseCode.MALFORMED
        process.process.send_signal(signal.SIGTERM)
        assert listeners[2].receive_close() == CloseCode.UNAVAILABLE
        assert process.wait() == 0


MEMORY_BYTES = 64 * 1024 * 1024
FILL = """
from events.actors import Subject, build_command_actor
from events.changes import changes
words = {"x": "x" * 1400}
for _ in range(20):
    with changes(build_command_actor("test")) as change:
        for number in range(500):
            change.event(
                "test.happened", Subject("test", "1"), topic="requests", audience="owners", words=words
            )
print("written")
"""


def test_listener_that_reads_nothing_costs_little_and_is_closed(
    server: tuple[ServerProcess, int, str], tmp_path: Path
) -> None:
    """Sixteen megabytes of events for each of twenty listeners, who take none."""
    process, port, token = server
    authorization = f"Authorization: Bearer {token}"
    with ExitStack() as cleaning:
        sockets = [cleaning.enter_context(closing(listen(port, authorization))) for _ in range(10)]
        for _ in range(10):
            cleaning.enter_context(open_stream(port, authorization))
        before = process.read_memory_bytes()
        write_events(tmp_path)
        for each in sockets:
            frames = list(each.read_to_the_end())
            # 256 unacknowledged frames and no more, then five seconds of patience.
            assert (len(frames), frames[-1]) == (257, (CLOSE, CloseCode.TOO_FAR_BEHIND.to_bytes(2)))
        assert process.read_memory_bytes() - before < MEMORY_BYTES


@pytest.mark.parametrize("server", ["uvicorn"], indirect=True)
def test_on_uvicorn_it_costs_little_and_is_cut_off(
    server: tuple[ServerProcess, int, str], tmp_path: Path
) -> None:
    """There the sender waits for the client: it is told 4008, or finds a dead line when it reads too late."""
    process, port, token = server
    authorization = f"Authorization: Bearer {token}"
    with ExitStack() as cleaning:
        sockets = [cleaning.enter_context(closing(listen(port, authorization))) for _ in range(20)]
        before = process.read_memory_bytes()
        write_events(tmp_path)
        ends = [each.read_to_any_end() for each in sockets]
        assert {code for _, code in ends} <= {CloseCode.TOO_FAR_BEHIND, None}
        assert all(count <= 257 for count, _ in ends)
        assert process.read_memory_bytes() - before < MEMORY_BYTES


def write_events(folder: Path) -> None:
    """Sixteen megabytes of them, from another process."""
    variables = {
        "COUNTERSIGN_DATA_DIR": str(folder / "data"),
        "COUNTERSIGN_KEYS_FILE": str(folder / "keys" / "countersign.keys"),
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }
    subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", FILL],
        cwd=ROOT,
        env={**os.environ, **variables},
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=120,
    )


def listen(port: int, authorization: str) -> RawSocket:
    """A socket past its `ready`; just after the start the stream may not run yet."""
    ends_at = time.monotonic() + WAIT_S
    while True:
        found = RawSocket(port, authorization)
        opcode, payload = found.receive()
        if opcode == TEXT:
            return found
        found.close()
        assert int.from_bytes(payload[:2]) == CloseCode.UNAVAILABLE
        assert time.monotonic() < ends_at


def open_stream(port: int, authorization: str) -> socket.socket:
    """Server-sent events that nobody reads."""
    connection = connect(port)
    lines = ["GET /api/v1/events/stream/ HTTP/1.1", "Host: localhost", authorization]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    assert connection.recv(12) == b"HTTP/1.1 200"
    return connection
