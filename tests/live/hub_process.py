"""A process with a hub and one listener: `python -m tests.live.hub_process TOKEN`.

Prints what the listener hears, one line each; a line on its input is an audience to commit an event for.
"""

from __future__ import annotations

import asyncio
import sys

import django

django.setup()

import orjson  # noqa: E402 - needs the set-up above
from channels.routing import URLRouter  # noqa: E402
from channels.testing import WebsocketCommunicator  # noqa: E402

from events.database_threads import DatabaseThread  # noqa: E402
from live.hub import get_hub  # noqa: E402
from live.routing import websocket_urlpatterns  # noqa: E402
from tests.live.streams import PATIENT, emit, until  # noqa: E402


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def listen(token: str) -> None:
    headers = [(b"authorization", f"Bearer {token}".encode())]
    socket = WebsocketCommunicator(URLRouter(websocket_urlpatterns), "/ws/events/", headers=headers)
    await socket.connect()
    while True:
        message = await socket.receive_output(timeout=60)
        frame = orjson.loads(message["text"])
        say(f"{frame['type']} {frame.get('seq', '')}".strip())


async def main(token: str) -> None:
    hub = get_hub()
    hub.timing = PATIENT
    writer = DatabaseThread("writer")
    async with asyncio.TaskGroup() as group:
        group.create_task(hub.run())
        await until(lambda: hub.is_started)
        group.create_task(listen(token))
        while line := await asyncio.to_thread(sys.stdin.readline):
            await writer.run(emit, line.strip())
        raise SystemExit


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
