"""The websocket door to the event stream, `/ws/events/?since=SEQ&topics=a,b&chats=…&ticket=…`.

A plain ASGI application: the classes of Channels hop to a thread and open a database connection for each
socket. It accepts first and then closes with a named code, because a page can't read why a handshake was
refused; nothing is sent before the listener is known.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from django.db import Error as DatabaseProblem

from live.authentication import identify, read_claim
from live.enums import CloseCode
from live.hub import Hub, get_hub
from live.listeners import Listener
from live.messages import Ack, ProtocolError, Wishes, parse_client_frame, parse_wishes

logger = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class EventsConsumer:
    """One socket."""

    def __init__(self, hub: Hub, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        self.hub = hub
        self.scope = scope
        self.receive = receive
        self.send = send

    @classmethod
    def as_asgi(cls) -> Callable[[dict[str, Any], Receive, Send], Awaitable[None]]:
        async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
            await cls(get_hub(), scope, receive, send).run()

        return application

    async def run(self) -> None:
        await self.receive()
        # Servers tell by an OSError that the client has left.
        with suppress(OSError):
            await self.send({"type": "websocket.accept"})
        code = await self.serve_until_closed()
        if code is not None:
            with suppress(OSError):
                await self.send({"type": "websocket.close", "code": int(code)})

    async def serve_until_closed(self) -> CloseCode | None:
        """The code to close with; None when the client has left."""
        try:
            await self.serve()
        except ProtocolError as end:
            return end.code
        except DatabaseProblem as error:
            logger.warning("a websocket was closed: %s", type(error).__name__)
            return CloseCode.UNAVAILABLE
        return None

    async def serve(self) -> None:
        """Until the client leaves; raises ProtocolError when it has to."""
        listener, wishes = await self.authenticate()
        try:
            await self.hub.join(listener, wishes.since)
            if wishes.chats:
                await self.hub.following.follow(listener, wishes.chats)
            await self.talk(listener)
        finally:
            self.hub.leave(listener)

    async def authenticate(self) -> tuple[Listener, Wishes]:
        """Raises ProtocolError."""
        try:
            wishes = parse_wishes(self.scope["query_string"])
            claim = read_claim(self.scope, wishes.ticket)
            self.hub.require_running()
            credential = await self.hub.thread.run(identify, claim)
        except ProtocolError as refusal:
            logger.warning("a websocket was refused: %s", refusal)
            raise
        return Listener(credential, wishes.topics), wishes

    async def talk(self, listener: Listener) -> None:
        """Send and receive until one of them ends; raises ProtocolError, returns when the client left."""
        tasks = [asyncio.create_task(self.send_frames(listener)), asyncio.create_task(self.hear(listener))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def send_frames(self, listener: Listener) -> None:
        while True:
            frames = await self.hub.next_frames(listener)
            try:
                # Some servers let a sender wait while the client reads nothing.
                async with asyncio.timeout(self.hub.timing.stalled_s):
                    for frame in frames:
                        await self.send({"type": "websocket.send", "text": frame.text})
            except TimeoutError:
                self.hub.drop(listener, CloseCode.TOO_FAR_BEHIND)
                raise ProtocolError(CloseCode.TOO_FAR_BEHIND) from None
            except OSError:
                return

    async def hear(self, listener: Listener) -> None:
        while True:
            message = await self.receive()
            if message["type"] == "websocket.disconnect":
                return
            word = parse_client_frame(message)
            if isinstance(word, Ack):
                listener.acknowledge(word.seq)
            else:
                await self.hub.following.follow(listener, word.chats)
