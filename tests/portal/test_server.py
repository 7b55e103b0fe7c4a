"""The server in a process of its own: bodies that are too long, malformed requests, signals."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.portal.server_client import RawAnswer, ServerProcess, ask, connect, read_answer, running

MODULE = ["-m", "tests.portal.server_process"]
LIMIT = 100_000
TOO_LARGE = {
    "type": "/problems/too_large",
    "title": "Too large",
    "status": 413,
    "code": "too_large",
    "detail": f"A request body holds at most {LIMIT} bytes.",
}


def variables(folder: Path) -> dict[str, str]:
    return {
        "COUNTERSIGN_DATA_DIR": str(folder / "data"),
        "COUNTERSIGN_KEYS_FILE": str(folder / "keys" / "countersign.keys"),
        "COUNTERSIGN_MAX_BODY_BYTES": str(LIMIT),
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }


def read_port(server: ServerProcess) -> int:
    return int(server.wait_for_line(str.isdigit))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running(MODULE, **variables(tmp_path_factory.mktemp("server"))) as server:
        yield server


@pytest.fixture(scope="module")
def port(server: ServerProcess) -> int:
    return read_port(server)


def head(method: str, path: str, **headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def is_too_large(answer: RawAnswer) -> bool:
    return answer.status == 413 and json.loads(answer.body) == TOO_LARGE


def test_a_request_is_answered(port: int) -> None:
    answer = ask(port, head("GET", "/plain/"))
    assert (answer.status, answer.body) == (200, b"plain")
    assert b"\r\nServer:" not in answer.head


def test_a_body_at_the_limit_passes(port: int) -> None:
    answer = ask(port, head("POST", "/echo/", Content_Length=str(LIMIT)) + b"x" * LIMIT)
    assert (answer.status, len(answer.body)) == (200, LIMIT)


def test_a_declared_body_over_the_limit_is_refused_before_it_is_sent(port: int) -> None:
    assert is_too_large(ask(port, head("POST", "/echo/", Content_Length=str(LIMIT + 1))))


def test_a_refused_body_is_not_invited(port: int) -> None:
    answer = ask(port, head("POST", "/echo/", Content_Length=str(10**12), Expect="100-continue"))
    assert is_too_large(answer)


def test_a_body_within_the_limit_is_invited(port: int) -> None:
    with connect(port) as client:
        client.sendall(head("POST", "/echo/", Content_Length="2", Expect="100-continue"))
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hi")
        assert read_answer(client).body == b"hi"


def test_a_client_that_sends_on_still_reads_its_refusal(server: ServerProcess, port: int) -> None:
    before = server.read_memory_bytes()
    with connect(port) as client:
        client.sendall(head("POST", "/echo/", Content_Length=str(10**9)))
        sent = send_until_refused(client, b"x" * 65536)
        assert is_too_large(read_answer(client))
    assert sent < 50_000_000
    assert server.read_memory_bytes() - before < 20_000_000


def test_a_chunked_body_is_refused_while_it_streams(server: ServerProcess, port: int) -> None:
    before = server.read_memory_bytes()
    with connect(port) as client:
        client.sendall(head("POST", "/echo/", Transfer_Encoding="chunked"))
        send_until_refused(client, b"8000\r\n" + b"x" * 0x8000 + b"\r\n")
        assert is_too_large(read_answer(client))
    assert server.read_memory_bytes() - before < 20_000_000


def test_a_chunked_body_within_the_limit_passes(port: int) -> None:
    data = head("POST", "/echo/", Transfer_Encoding="chunked") + b"3\r\none\r\n4\r\n two\r\n0\r\n\r\n"
    assert ask(port, data).body == b"one two"


def test_the_refused_connection_is_closed(port: int) -> None:
    with connect(port) as client:
        client.sendall(head("POST", "/echo/", Content_Length=str(LIMIT + 1)))
        assert is_too_large(read_answer(client))
        assert client.recv(1) == b""


def send_until_refused(client: socket.socket, chunk: bytes) -> int:
    """Send until an answer is there to read; returns the bytes sent."""
    client.settimeout(30)
    sent = 0
    while not has_answer(client):
        client.sendall(chunk)
        sent += len(chunk)
    return sent


def has_answer(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return bool(client.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False
    finally:
        client.settimeout(30)


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"GET /plain/\r\n\r\n",
        b"GET /plain/ HTTP/1.1\r\nno colon here\r\n\r\n",
        b"GET /plain/ HTTP/1.1\r\nHost: localhost\r\nX-Bad: a\0b\r\n\r\n",
        b"GET /plain/ HTTP/1.1\r\nHost: localhost\r\nX Bad: 1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /?q=\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /plain/ HTTP/1.1\r\nHost: localhost\r\n" + b"X-Many: x\r\n" * 600 + b"\r\n",
        b"POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /echo/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nnot-hex\r\n",
        b"G\xc3\x89T /plain/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /plain/ HTTP/1.1\r\nHost: \xff\r\n\r\n",
        b"GET /plain/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    ],
)
def test_a_malformed_request_is_400_and_the_server_goes_on(port: int, data: bytes) -> None:
    assert ask(port, data).status == 400
    assert ask(port, head("GET", "/plain/")).status == 200


def test_a_header_line_without_end_is_431(port: int) -> None:
    answer = ask(port, b"GET /plain/ HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 20_000 + b"\r\n\r\n")
    assert (answer.status, json.loads(answer.body)["code"]) == (431, "header_too_large")


def test_no_client_chooses_the_root_path(port: int) -> None:
    answer = ask(port, head("GET", "/redirect/", Daphne_Root_Path="/evil"))
    assert (answer.status, b"\r\nlocation: /plain/" in answer.head.lower()) == (302, True)


def test_a_kept_connection_serves_many_requests(port: int) -> None:
    with connect(port) as client:
        for _ in range(3):
            client.sendall(head("GET", "/plain/"))
            assert read_answer(client).body == b"plain"


def test_an_endless_stream_ends_with_its_client(server: ServerProcess, port: int) -> None:
    with connect(port) as client:
        client.sendall(head("GET", "/stream-endless/"))
        assert client.recv(16).startswith(b"HTTP/1.1 200")
    assert ask(port, head("GET", "/plain/")).status == 200


UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec_WebSocket_Version": "13",
}


@pytest.mark.parametrize(("path", "status"), [("/ws/echo/", 101), ("/ws/nowhere/", 403)])
def test_websockets_open_on_their_paths_only(port: int, path: str, status: int) -> None:
    with connect(port) as client:
        client.sendall(head("GET", path, **UPGRADE))
        assert int(client.recv(1000).split(b" ", 2)[1]) == status


def test_a_stop_lets_requests_and_tasks_end(tmp_path: Path) -> None:
    with running(MODULE, **variables(tmp_path)) as server:
        port = read_port(server)
        answers: list[RawAnswer] = []
        slow = threading.Thread(target=lambda: answers.append(ask(port, head("GET", "/slow/"))))
        slow.start()
        server.wait_for_line(lambda line: line == "slow began")
        code = server.stop()
        slow.join(20)
        assert ([answer.body for answer in answers], code) == ([b"slow"], 0)
        assert "told to stop" in server.lines
        with pytest.raises(ConnectionRefusedError):
            connect(port)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_stops_at_once(tmp_path: Path, number: int) -> None:
    with running(MODULE, **variables(tmp_path)) as server:
        port = read_port(server)
        # Connections that have sent nothing, and half a request, hold nothing up.
        with connect(port), connect(port) as half:
            half.sendall(b"GET /plain/ HTTP/1.1\r\n")
            assert ask(port, head("GET", "/plain/")).status == 200
            started_at = time.monotonic()
            assert server.stop(number) == 0
            assert time.monotonic() - started_at < 5


def test_a_request_that_never_ends_is_cut_at_the_deadline(tmp_path: Path) -> None:
    with running(MODULE, **variables(tmp_path), COUNTERSIGN_STOP_DEADLINE_S="1") as server:
        port = read_port(server)
        with connect(port) as client:
            client.sendall(head("GET", "/stuck/"))
            server.wait_for_line(lambda line: line == "stuck began")
            assert server.stop() == 1
            assert any("did not stop in time" in line for line in server.lines)


def test_a_used_port_is_said_and_ends_the_start(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        arguments: Any = {**variables(tmp_path), "COUNTERSIGN_BIND": bind}
        with running(MODULE, **arguments) as server:
            assert server.wait() == 1
            assert any(f"can't listen on {bind}" in line for line in server.lines)


MEMORY_BYTES = 64 * 1024 * 1024


def test_a_reader_that_takes_nothing_costs_little_and_is_cut_off(server: ServerProcess, port: int) -> None:
    before = server.read_memory_bytes()
    with connect(port) as stalled, connect(port) as patient:
        for client in (stalled, patient):
            client.sendall(head("GET", "/stream-flood/"))
        # A reader that goes on reading gets far more than is ever held for it.
        received = 0
        while received < 2 * MEMORY_BYTES:
            received += len(patient.recv(1 << 20))
        server.wait_for_line(lambda line: line == "flood closed")
        assert server.read_memory_bytes() - before < MEMORY_BYTES
        # It ends, and what it held was little.
        assert len(read_until_the_end(stalled)) < MEMORY_BYTES


def test_an_answer_that_fails_half_way_is_cut_and_the_server_goes_on(
    server: ServerProcess, port: int
) -> None:
    for _ in range(2):
        with connect(port) as client:
            client.sendall(head("GET", "/stream-half/"))
            # Cut, not ended: the last chunk never comes.
            received = read_until_the_end(client)
            assert (b"half" in received, received.endswith(b"0\r\n\r\n")) == (True, False)
    assert ask(port, head("GET", "/plain/")).status == 200


def read_until_the_end(client: socket.socket) -> bytes:
    received = b""
    try:
        while chunk := client.recv(65536):
            received += chunk
    except ConnectionResetError:
        pass
    return received
