"""A server that answers as no engine should: what a real one can't be made to do on demand."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self

Handler = Callable[["OddRequest", asyncio.StreamWriter], Awaitable[None]]


@dataclass
class OddRequest:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    reader: asyncio.StreamReader
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait_hung_up(self) -> None:
        """Until the client has closed its side, which sets `hung_up`."""
        with contextlib.suppress(ConnectionError):
            await self.reader.read()
        self.hung_up.set()


@dataclass
class OddEngine:
    """Hands each request to `handler`, which writes raw bytes; the connection closes after it returns."""

    handler: Handler
    requests: list[OddRequest] = field(default_factory=list)
    port: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._open: set[asyncio.Task[None]] = set()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                request = await read_request(reader)
                self.requests.append(request)
                await self.handler(request, writer)
                await writer.drain()
        except asyncio.CancelledError:
            pass
        finally:
            writer.close()
            self._open.discard(task)


async def read_request(reader: asyncio.StreamReader) -> OddRequest:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return OddRequest(method, target, headers, body, reader)


def answer(
    status: int = 200, body: bytes = b"", content_type: str = "application/json", extra: str = ""
) -> Handler:
    """A handler that gives one whole answer, whatever is asked."""

    async def handle(_request: OddRequest, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\ncontent-length: {len(body)}\r\n"
        writer.write(f"{head}{extra}connection: close\r\n\r\n".encode() + body)

    return handle


def stream(*chunks: bytes, is_kept_open: bool = False) -> Handler:
    """A handler that answers with an event stream of these chunks, and then hangs up or stays silent."""

    async def handle(request: OddRequest, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
        if is_kept_open:
            await request.wait_hung_up()

    return handle


async def say_nothing(_request: OddRequest, _writer: asyncio.StreamWriter) -> None:
    """Take the request and never answer, as an engine does while it starts."""
    await asyncio.Event().wait()


async def hang_up(_request: OddRequest, _writer: asyncio.StreamWriter) -> None:
    """Take the request and close the connection without a word."""
