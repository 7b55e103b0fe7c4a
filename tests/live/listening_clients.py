"""Clients of the stream as they are outside: they lose connections, are slow, come back with their cursor."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from tests.live.server_sent import ServerSentReader

# A server that is gone refuses at once; this is for one that hangs.
CONNECT_S = 10.0
TROUBLE = (OSError, TimeoutError, WebSocketException, httpx.TransportError)
ACK_EVENTS = 50
# The kind of every event that the writers write.
WRITTEN = "test.happened"


class Unplugged(Exception):
    """The client hangs up in the middle."""


@dataclass
class ListeningClient:
    """Listens until cancelled, wherever `list_ports` says that somebody serves.

    `tolerated`: HTTP errors that it comes back after. `seqs` is what it heard, in the order of hearing;
    `connections` counts how often it came, `failures` how often that was not of its own will.
    """

    token: str
    topics: tuple[str, ...]
    cursor: int
    list_ports: Callable[[], list[int]]
    chance: random.Random
    pause_s: float = 0.0
    tolerated: frozenset[int] = frozenset()
    seqs: list[int] = field(default_factory=list)
    connections: int = 0
    failures: int = 0
    left: int = 0

    async def run(self) -> None:
        while True:
            self.left = self.chance.randint(100, 900)
            self.connections += 1
            try:
                await self.listen(f"127.0.0.1:{self.chance.choice(self.list_ports())}")
            except Unplugged:
                continue
            except TROUBLE:
                self.failures += 1
                await asyncio.sleep(self.chance.uniform(0.05, 0.3))

    async def listen(self, address: str) -> None:
        """One connection, until it ends."""
        raise NotImplementedError

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def query(self) -> str:
        return f"since={self.cursor}&topics={','.join(self.topics)}"

    def refuse_error(self, answer: httpx.Response) -> None:
        """What an outage may answer is tried again; every other error is a fault."""
        if answer.status_code != httpx.codes.OK:
            assert answer.status_code in self.tolerated, answer.status_code
            raise httpx.NetworkError(f"status {answer.status_code}")

    async def take(self, event: dict[str, Any]) -> None:
        """Note an event of the writers; raises Unplugged when this connection has had its share.

        The portals have something to tell besides: how they are themselves.
        """
        if event["kind"] == WRITTEN:
            self.seqs.append(event["seq"])
        self.cursor = event["seq"]
        self.left -= 1
        if self.left <= 0:
            raise Unplugged
        if self.pause_s and self.left % 10 == 0:
            await asyncio.sleep(self.pause_s)


class WebsocketClient(ListeningClient):
    async def listen(self, address: str) -> None:
        uri = f"ws://{address}/ws/events/?{self.query}"
        async with connect(
            uri, additional_headers=self.headers, compression=None, open_timeout=CONNECT_S, close_timeout=1
        ) as socket:
            try:
                async for text in socket:
                    await self.hear(orjson.loads(text), socket)
            except Unplugged:
                if self.chance.random() < 0.5:
                    socket.transport.abort()
                raise

    async def hear(self, frame: dict[str, Any], socket: Any) -> None:
        if frame["type"] == "event":
            await self.take(frame)
            if self.left % ACK_EVENTS == 0:
                await socket.send(orjson.dumps({"ack": self.cursor}).decode())
        else:
            assert frame["type"] != "reset"
            self.cursor = max(self.cursor, frame["cursor"])
            await socket.send(orjson.dumps({"ack": self.cursor}).decode())


class StreamClient(ListeningClient):
    """Server-sent events."""

    async def listen(self, address: str) -> None:
        reader = ServerSentReader(str(self.cursor))
        async with (
            httpx.AsyncClient(timeout=httpx.Timeout(CONNECT_S, read=None)) as client,
            client.stream(
                "GET", f"http://{address}/api/v1/events/stream/?{self.query}", headers=self.headers
            ) as answer,
        ):
            self.refuse_error(answer)
            async for chunk in answer.aiter_raw():
                for name, facts in reader.feed(chunk):
                    assert name != "reset"
                    if name == "message":
                        await self.take(facts)
                self.cursor = max(self.cursor, int(reader.last_id))


class LongPollClient(ListeningClient):
    async def listen(self, address: str) -> None:
        timeout = httpx.Timeout(CONNECT_S, read=60)
        async with httpx.AsyncClient(timeout=timeout, headers=self.headers) as client:
            while True:
                answer = await client.get(f"http://{address}/api/v1/events/?{self.query}&wait=25&limit=500")
                self.refuse_error(answer)
                page = answer.json()
                for event in page["events"]:
                    await self.take(event)
                self.cursor = page["cursor"]


KINDS: tuple[type[ListeningClient], ...] = (WebsocketClient, StreamClient, LongPollClient)
