"""The websocket on the real server: named close codes reach the client, and a stop sends everybody away."""

from __future__ import annotations

import base64
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from live.enums import CloseCode
from tests.portal.server_client import ServerProcess, connect, running

# The server keeps its own SQLite file, whatever this run tests on.
pytestmark = pytest.mark.sqlite

TEXT, CLOSE = 1, 8
KEYS = base64.b64encode(os.urandom(16)).decode()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[ServerProcess, int, str]]:
    """(process, port, a token) of `manage.py up` on a data folder of its own."""
    variables = {
        "COUNTERSIGN_DATA_DIR": str(tmp_path / "data"),
        "COUNTERSIGN_KEYS_FILE": str(tmp_path / "keys" / "countersign.keys"),
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }
    with running(["-m", "tests.live.server_process"], **variables) as process:
        line = process.wait_for_line(lambda line: line.startswith("{"))
        facts = orjson.loads(line)
        yield process, facts["port"], facts["token"]


class RawSocket:
    """A websocket as bytes on a connection."""

    def __init__(self, port: int, *headers: str) -> None:
        lines = [
            "GET /ws/events/ HTTP/1.1",
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
    stranger = RawSocket(port)
    anonymous = RawSocket(port, "Authorization: Bearer csk_00000000_unknown")
    listeners = [RawSocket(port, f"Authorization: Bearer {token}") for _ in range(3)]
    assert (stranger.receive_close(), anonymous.receive_close()) == (
        CloseCode.FOREIGN_ORIGIN,
        CloseCode.UNAUTHENTICATED,
    )
    for listener in listeners:
        opcode, payload = listener.receive()
        assert (opcode, orjson.loads(payload)["type"]) == (TEXT, "ready")
    listeners[0].send(b"\xff")
    # Not UTF-8: refused below us, with the protocol's own code.
    assert listeners[0].receive_close() == 1007
    listeners[1].send(b"hello")
    assert listeners[1].receive_close() == CloseCode.MALFORMED
    process.process.send_signal(signal.SIGTERM)
    assert listeners[2].receive_close() == CloseCode.UNAVAILABLE
    assert process.wait() == 0
    for each in (stranger, anonymous, *listeners):
        each.close()
