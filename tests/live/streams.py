"""What tests of the stream have in common: clients, commits, patience."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator

from events.actors import Subject
from events.changes import changes
from events.models import LogHead
from live.hub import Timing
from tests.factories import ACTOR

DEADLINE_S = 10.0
# Hints alone must do: the slow safety nets would hide one that got lost.
PATIENT = Timing(reconcile_s=60, rights_s=60, heartbeat_s=60, acknowledge_s=60)


def emit(
    audience: str, *, topic: str = "requests", kind: str = "test.happened", subject: str = "1", count: int = 1
) -> int:
    """Commit `count` events in one transaction; the seq of the last."""
    with changes(ACTOR) as change:
        for number in range(count):
            change.event(
                kind, Subject("test", subject), topic=topic, audience=audience, words={"number": number}
            )
    return LogHead.objects.get(pk=1).event_seq


class Socket:
    """A client of /ws/events/."""

    def __init__(self, application: URLRouter, query: str, headers: dict[str, str]) -> None:
        pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self.communicator = WebsocketCommunicator(application, f"/ws/events/{query}", headers=pairs)

    async def open(self) -> None:
        assert await self.communicator.connect(timeout=DEADLINE_S) == (True, None)

    async def receive(self) -> dict[str, Any]:
        """The next frame, or {"closed": code}."""
        message = await self.communicator.receive_output(timeout=DEADLINE_S)
        if message["type"] == "websocket.close":
            return {"closed": message["code"]}
        frame: dict[str, Any] = orjson.loads(message["text"])
        return frame

    async def receive_until(self, kind: str) -> list[dict[str, Any]]:
        """Frames up to and including the first one of this type."""
        frames = [await self.receive()]
        while frames[-1].get("type") != kind:
            frames.append(await self.receive())
        return frames

    async def send(self, text: str) -> None:
        await self.communicator.send_input({"type": "websocket.receive", "text": text})

    async def acknowledge(self, seq: int) -> None:
        await self.send(orjson.dumps({"ack": seq}).decode())

    async def leave(self) -> None:
        """Also after the server has closed; what the application raised is raised here."""
        if not self.communicator.future.done():
            await self.communicator.disconnect(timeout=DEADLINE_S)
        elif not self.communicator.future.cancelled():
            self.communicator.future.result()


Connect = Callable[..., Any]


async def until(condition: Callable[[], object]) -> None:
    """Let the loop go on until the condition holds; fails after a while."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.001)
