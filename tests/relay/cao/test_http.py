"""Calls to a CAO server that is away, refuses us, or answers nonsense: an error in words, nothing else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from deploy.servers import free_port
from events.egress import DEFAULT_ALLOW, AllowList
from relay.cao import http as cao_http
from relay.cao.http import CaoClient, CaoError, CaoUnauthorized

pytestmark = pytest.mark.pure

ALLOW = AllowList.parse(DEFAULT_ALLOW)
TERMINAL = "aaaaaaaa"


@asynccontextmanager
async def serving(answer: bytes | None, heard: list[str] | None = None) -> AsyncIterator[CaoClient]:
    """A client of a server that gives everybody this answer; None leaves them waiting."""
    handlers: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if heard is not None:
                heard.append(head.decode())
            if answer is None:
                await reader.read()
            else:
                writer.write(answer)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.add(asyncio.create_task(serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = CaoClient(f"http://127.0.0.1:{port}", "secret-token", allow=ALLOW)
    try:
        yield client
    finally:
        await client.aclose()
        await asyncio.gather(*handlers, return_exceptions=True)
        server.close()
        await server.wait_closed()


def answer(status: str, body: bytes = b"{}", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


@pytest.mark.parametrize(
    ("given", "kind", "sentence"),
    [
        (answer("401 Unauthorized"), CaoUnauthorized, "Its HTTP server refused our token."),
        (answer("403 Forbidden"), CaoUnauthorized, "Its HTTP server refused our token."),
        (answer("500 Internal Server Error"), CaoError, "Its HTTP server answered 500."),
        (answer("302 Found", headers="Location: http://127.0.0.1:1/\r\n"), CaoError, "answered 302."),
        (answer("200 OK", b"<html>"), CaoError, "Its HTTP server answered what is no JSON."),
        (answer("200 OK", b"[" * 100_000), CaoError, "Its HTTP server answered what is no JSON."),
        (answer("200 OK", b" " * (cao_http.MAX_ANSWER_BYTES + 1)), CaoError, "answer is too long."),
        (b"SSH-2.0-OpenSSH\r\n", CaoError, "There is no connection to its HTTP server."),
        (b"", CaoError, "There is no connection to its HTTP server."),
    ],
    ids=["401", "403", "500", "redirect", "html", "deep", "huge", "no http", "closed"],
)
async def test_what_is_no_answer_is_an_error_in_words(
    given: bytes, kind: type[CaoError], sentence: str
) -> None:
    async with serving(given) as client:
        with pytest.raises(kind) as caught:
            await client.read_word(TERMINAL)
    assert str(caught.value).endswith(sentence)
    assert "secret-token" not in repr(caught.value)


async def test_a_server_that_says_nothing_is_given_up() -> None:
    async with serving(None) as client:
        client.call_s = 0.1
        with pytest.raises(CaoError, match=r"did not answer within 0\.1 s"):
            await client.read_word(TERMINAL)


async def test_nobody_there_is_no_connection() -> None:
    client = CaoClient(f"http://127.0.0.1:{free_port()}", allow=ALLOW)
    with pytest.raises(CaoError, match="There is no connection"):
        await client.check()
    await client.aclose()


async def test_a_private_address_that_is_not_listed_is_not_called() -> None:
    client = CaoClient("http://10.1.2.3:9889", allow=ALLOW)
    with pytest.raises(CaoError):
        await client.check()
    await client.aclose()


@pytest.mark.parametrize("body", [b"[]", b'{"status": "ok"}', b'{"service": "something else"}'])
async def test_another_service_is_no_cao_server(body: bytes) -> None:
    async with serving(answer("200 OK", body)) as client:
        with pytest.raises(CaoError, match="is no CAO server"):
            await client.check()


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (answer("200 OK", b'{"status": "processing"}'), "processing"),
        (answer("404 Not Found"), ""),
        (answer("200 OK", b'{"status": 7}'), ""),
        (answer("200 OK", b"[]"), ""),
        (answer("200 OK", b'{"status": "' + b"x" * 500 + b'"}'), "x" * 80),
    ],
    ids=["word", "gone", "number", "list", "long"],
)
async def test_what_a_terminal_does(given: bytes, word: str) -> None:
    async with serving(given) as client:
        assert await client.read_word(TERMINAL) == word


@pytest.mark.parametrize("hostile", ["../sessions/x", "aaaaaaaa/../..", "AAAAAAAA", "", "a b", "aaaaaaaa?x"])
async def test_an_id_that_is_none_is_never_put_into_an_address(hostile: str) -> None:
    """Ids come from a file that others write."""
    heard: list[str] = []
    async with serving(answer("200 OK"), heard) as client:
        assert await client.read_word(hostile) == ""
        await client.stop_terminal(hostile)
        if not cao_http.RUN_ID.fullmatch(hostile):
            await client.cancel_run(hostile)
    assert heard == []


async def test_what_is_asked_of_it() -> None:
    heard: list[str] = []
    async with serving(answer("200 OK", headers="Connection: close\r\n"), heard) as client:
        await client.stop_terminal(TERMINAL)
        await client.cancel_run("nightly-1")
    assert [head.splitlines()[0] for head in heard] == [
        f"DELETE /terminals/{TERMINAL} HTTP/1.1",
        "POST /workflows/runs/nightly-1/cancel HTTP/1.1",
    ]
    assert all("authorization: bearer secret-token" in head.lower() for head in heard)
