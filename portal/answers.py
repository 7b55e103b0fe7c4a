"""Answers that need neither Django nor the worker any more, and how they are sent."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.core.handlers.exception import response_for_exception
from django.http.response import HttpResponseBase

from portal.limits import PROBLEM_TYPE

BodyFile = tempfile.SpooledTemporaryFile[bytes]
Send = Callable[[Any], Awaitable[None]]


@dataclass(slots=True)
class Answer:
    """A response that is complete: it needs neither Django nor the worker any more."""

    status: int
    headers: list[tuple[bytes, bytes]]
    content: bytes | BodyFile


def open_body_file() -> BodyFile:
    """In memory while it is short, on disk beyond that."""
    return tempfile.SpooledTemporaryFile(max_size=settings.FILE_UPLOAD_MAX_MEMORY_SIZE)


def read_content(request: ASGIRequest | None, response: Any) -> tuple[bytes | BodyFile, Any]:
    """The whole content of a response without an asynchronous stream.

    A synchronous iterator is drained here, in the thread whose connection it may read from, into memory
    or a temporary file: a slow client then holds neither the worker nor a transaction. When the iterator
    fails, nothing has been sent yet, and the answer is an ordinary error page.
    """
    if not response.streaming:
        return response.content, response
    content = open_body_file()
    try:
        for part in response:
            content.write(part)
    except Exception as error:
        content.close()
        response.close()
        if request is None:
            raise
        failure = response_for_exception(request, error)
        return failure.content, failure
    content.seek(0)
    return content, response


def encode_headers(response: HttpResponseBase) -> list[tuple[bytes, bytes]]:
    headers = [(name.encode("ascii"), value.encode("latin1")) for name, value in response.items()]
    cookies = [
        (b"Set-Cookie", cookie.output(header="").encode("ascii").strip())
        for cookie in response.cookies.values()
    ]
    return headers + cookies


async def send_answer(answer: Answer, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    if isinstance(answer.content, bytes):
        await send({"type": "http.response.body", "body": answer.content, "more_body": False})
        return
    with answer.content as content:
        while chunk := content.read(ASGIHandler.chunk_size):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def send_problem(status: int, body: bytes, send: Send) -> None:
    headers = [
        (b"content-type", PROBLEM_TYPE),
        (b"content-length", str(len(body)).encode()),
        # What the client still sends is not worth reading.
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
