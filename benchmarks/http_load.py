"""Requests over kept connections, and what they cost the process that answers them.

The client is small, so that it is the server that is measured: it sends the same bytes again and reads no
more of an answer than its status and its length.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONCURRENCY = 16
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
WAIT_S = 60.0


@dataclass(frozen=True)
class Call:
    """One kind of HTTP request; `{names}` in path and body are filled in from the server's facts."""

    name: str
    method: str
    path: str
    status: int = 200
    body: str = ""

    def encode(self, facts: Mapping[str, Any]) -> bytes:
        return encode_request(
            self.method, fill(self.path, facts), fill(self.body, facts), token=facts.get("token", "")
        )


def fill(text: str, facts: Mapping[str, Any]) -> str:
    """`text` with each `{name}` of the facts replaced; other braces are JSON's."""
    for name, value in facts.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def encode_request(method: str, path: str, body: str = "", *, token: str = "") -> bytes:
    content = body.encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if content:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


@dataclass
class Figures:
    """Sums over the rounds."""

    requests: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def cpu_us(self) -> float:
        return self.cpu_s / self.requests * 1e6


def read_cpu_s(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def read_memory_bytes(pid: int) -> int:
    """What a process holds in memory, shared pages included."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def measure(figures: Figures, pid: int, port: int, requests: Iterator[bytes], status: int, s: float) -> None:
    """Add `s` seconds of these requests, or as many as there are."""
    cpu_before, started_at = read_cpu_s(pid), time.monotonic()
    figures.requests += asyncio.run(load(port, requests, status=status, seconds=s))
    figures.seconds += time.monotonic() - started_at
    figures.cpu_s += read_cpu_s(pid) - cpu_before


async def load(
    port: int,
    requests: Iterator[bytes],
    *,
    status: int,
    seconds: float,
    concurrency: int = CONCURRENCY,
    on_answer: Callable[[bytes], None] | None = None,
) -> int:
    """Requests answered within `seconds`; a wrong status stops the run."""
    ends_at = time.monotonic() + seconds
    loop = asyncio.get_running_loop()
    clients = []
    for _ in range(concurrency):
        _, client = await loop.create_connection(
            lambda: Client(requests, status, ends_at, on_answer), "127.0.0.1", port
        )
        clients.append(client)
    async with asyncio.timeout(seconds + WAIT_S):
        await asyncio.gather(*(client.ended for client in clients))
    return sum(client.count for client in clients)


class Client(asyncio.Protocol):
    """One connection that asks again as soon as it is answered."""

    def __init__(
        self,
        requests: Iterator[bytes],
        status: int,
        ends_at: float,
        on_answer: Callable[[bytes], None] | None,
    ) -> None:
        self.requests = requests
        self.expected = b"HTTP/1.1 %d " % status
        self.ends_at = ends_at
        self.on_answer = on_answer
        self.count = 0
        self.buffer = b""
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.ask()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(error or ConnectionError("the server closed the connection"))

    def ask(self) -> None:
        question = next(self.requests, None) if time.monotonic() < self.ends_at else None
        if question is None:
            self.ended.set_result(None)
            self.transport.close()
        else:
            self.transport.write(question)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, separator, rest = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        if not head.startswith(self.expected):
            self.fail(AssertionError(self.buffer[:2000]))
            return
        body = read_body(head, rest)
        if body is None:
            return
        self.buffer = b""
        self.count += 1
        if self.on_answer is not None:
            self.on_answer(body)
        self.ask()

    def fail(self, error: Exception) -> None:
        if not self.ended.done():
            self.ended.set_exception(error)
        self.transport.abort()


def read_body(head: bytes, rest: bytes) -> bytes | None:
    """The body, None while it is not whole: of a known length, or in chunks (Go sends long answers so)."""
    lower = head.lower()
    place = lower.find(b"\r\ncontent-length:")
    if place >= 0:
        length = int(lower[place + 17 :].split(b"\r\n", 1)[0])
        return rest if len(rest) >= length else None
    assert b"\r\ntransfer-encoding: chunked" in lower, head
    return rest if rest.endswith(b"0\r\n\r\n") else None
