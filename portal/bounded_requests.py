"""Daphne's request with an end: 413 before a long body is buffered, problem documents for malformed requests.

Twisted collects the whole body before the application hears of the request, so the bound has to stand
here. A refused client may still be sending; its bytes are read and dropped for a moment, because closing
at once would reset the connection and the answer would be lost on its way. On the way out a streamed answer
waits for its reader, and a reader that takes nothing is cut off.
"""

from __future__ import annotations

import asyncio
import io
from http import HTTPStatus
from typing import Any

from daphne.http_protocol import WebRequest
from django.conf import settings
from twisted.internet import reactor as installed_reactor
from twisted.internet.protocol import connectionDone
from twisted.web.http import HTTPChannel

from portal.limits import PROBLEM_TYPE, encode_problem, encode_too_large

reactor: Any = installed_reactor

LINGER_S = 2.0
# A client that takes nothing of a streamed answer for so long is cut off.
STALLED_S = 30.0


def build_last_answer(status: bytes, body: bytes) -> bytes:
    """A whole HTTP answer after which the connection ends."""
    head = [
        b"HTTP/1.1 " + status,
        b"Content-Type: " + PROBLEM_TYPE,
        b"Content-Length: %d" % len(body),
        b"Connection: close",
    ]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


class BoundedRequest(WebRequest):
    """One HTTP request on Daphne."""

    content: Any
    received_bytes = 0
    is_refused = False

    def __init__(self, channel: Any, queued: Any = False) -> None:
        # Forms are Django's to read; for every body Twisted would parse its type as an e-mail's header first.
        super().__init__(channel, queued, parsePOSTFormSubmission=False)

    # Twisted, while the request arrives ----------------------------------------------------------

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's name
        super().gotLength(length)
        if length is not None and length > settings.COUNTERSIGN_MAX_BODY_BYTES:
            # Nobody shall invite the body that was just refused.
            self.requestHeaders.removeHeader(b"expect")
            self.refuse_body()

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        if self.is_refused:
            return
        self.received_bytes += len(data)
        if self.received_bytes > settings.COUNTERSIGN_MAX_BODY_BYTES:
            self.refuse_body()
        else:
            super().handleContentChunk(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802 - Twisted's name
        if self.is_refused:
            self.channel.loseConnection()
        else:
            super().requestReceived(command, path, version)

    def refuse_body(self) -> None:
        """Answer 413 now, keep nothing of the body, and close soon."""
        self.is_refused = True
        self.content.close()
        self.content = io.BytesIO()
        transport = self.channel.transport
        transport.write(build_last_answer(b"413 Content Too Large", encode_too_large()))
        closing = reactor.callLater(LINGER_S, transport.loseConnection)
        self.notifyFinish().addBoth(lambda _: closing.cancel() if closing.active() else None)

    # Daphne, while the answer leaves --------------------------------------------------------------

    async def wait_until_taken(self) -> None:
        """Until the connection has room for more of a streamed answer; ends a connection that stalls."""
        channel = self.channel
        if not isinstance(channel, BoundedChannel):
            # The client has gone; the application is to hear of it, also one that never waits for anything.
            await asyncio.sleep(0)
            return
        try:
            async with asyncio.timeout(STALLED_S):
                await channel.wait_for_room()
        except TimeoutError:
            channel.transport.abortConnection()

    # Daphne, when it has arrived -----------------------------------------------------------------

    def process(self) -> Any:
        # Any client could send it, and it would change the addresses in its answers.
        self.requestHeaders.removeHeader(b"daphne-root-path")
        return super().process()

    def basic_error(self, status: int, status_text: bytes, body: str) -> None:
        """Daphne's own errors in the form of all our errors."""
        if self._response_started:
            # Nothing that follows half an answer would be understood.
            if self.channel is not None:
                self.channel.transport.abortConnection()
            return
        content = encode_problem(status, HTTPStatus(status).name.lower(), f"{body.rstrip('.')}.")
        headers = [(b"Content-Type", PROBLEM_TYPE), (b"Content-Length", str(len(content)).encode())]
        self.handle_reply({"type": "http.response.start", "status": status, "headers": headers})
        self.handle_reply({"type": "http.response.body", "body": content})


class BoundedChannel(HTTPChannel):
    """One connection; what is no HTTP gets an answer that says so, never a silent end."""

    requestFactory: Any = BoundedRequest  # noqa: N815 - Twisted's name
    transport: Any
    # There while the transport holds more than it can send; done when it can again.
    full: asyncio.Future[None] | None = None

    async def wait_for_room(self) -> None:
        if self.full is not None:
            await asyncio.shield(self.full)

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's name
        super().pauseProducing()
        if self.full is None:
            self.full = asyncio.get_running_loop().create_future()

    def resumeProducing(self) -> None:  # noqa: N802 - Twisted's name
        self.let_go_on()
        super().resumeProducing()

    def connectionLost(self, reason: Any = connectionDone) -> None:  # noqa: N802 - Twisted's name
        self.let_go_on()
        super().connectionLost(reason)

    def let_go_on(self) -> None:
        full, self.full = self.full, None
        if full is not None:
            full.set_result(None)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        problem = encode_problem(431, "header_too_large", "A header line is too long.")
        self.transport.write(build_last_answer(b"431 Request Header Fields Too Large", problem))
        self.loseConnection()

    def _respondToBadRequestAndDisconnect(self) -> None:  # noqa: N802 - Twisted's name
        problem = encode_problem(400, "bad_request", "This is not an HTTP request.")
        self.transport.write(build_last_answer(b"400 Bad Request", problem))
        self.loseConnection()
