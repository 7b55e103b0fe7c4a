"""One HTTP request to an ASGI application, as a server would carry it out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

WAIT_S = 20


@dataclass
class Received:
    """What the client got: status, headers in lower case (repeated ones as a list), and the body."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    chunks: list[bytes] = field(default_factory=list)
    is_complete: bool = False

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)


class HttpExchange:
    """A request under way: `answer()` waits for its end, `disconnect()` is the client hanging up."""

    def __init__(
        self,
        application: Any,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Iterable[bytes] = (b"",),
        is_chunked: bool = False,
        query: bytes = b"",
        client: tuple[str, int] = ("127.0.0.1", 50000),
    ) -> None:
        self.received = Received()
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.got_chunk = asyncio.Event()
        chunks = list(body)
        for position, chunk in enumerate(chunks):
            more = position + 1 < len(chunks)
            self.incoming.put_nowait({"type": "http.request", "body": chunk, "more_body": more})
        length = sum(map(len, chunks))
        declared = {"content-length": str(length)} if length and not is_chunked else {}
        all_headers = {"host": "localhost", **declared, **(headers or {})}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query,
            "root_path": "",
            "headers": [
                (name.lower().encode(), value.encode("latin1")) for name, value in all_headers.items()
            ],
            "client": client,
            "server": ("127.0.0.1", 8000),
        }
        self.task = asyncio.create_task(application(scope, self.incoming.get, self.send))

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.received.status = message["status"]
            self.received.headers = [
                (name.decode().lower(), value.decode("latin1")) for name, value in message["headers"]
            ]
            return
        self.received.chunks.append(message.get("body", b""))
        self.received.is_complete = not message.get("more_body", False)
        self.got_chunk.set()

    def disconnect(self) -> None:
        self.incoming.put_nowait({"type": "http.disconnect"})

    async def answer(self) -> Received:
        await asyncio.wait_for(self.task, WAIT_S)
        return self.received


async def request(application: Any, method: str, path: str, **options: Any) -> Received:
    return await HttpExchange(application, method, path, **options).answer()


def encode_form(
    fields: Mapping[str, str], file: tuple[str, bytes] | None = None
) -> tuple[dict[str, str], bytes]:
    """Headers and body of a multipart form; `file` is (file name, content) of a field named `file`."""
    boundary = "boundary-of-the-test"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    if file is not None:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file[0]}"\r\n'
        parts.append(head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + file[1] + b"\r\n")
    parts.append(f"--{boundary}--\r\n".encode())
    return {"content-type": f"multipart/form-data; boundary={boundary}"}, b"".join(parts)
