"""A running hub, a thread that writes, and sockets through the mounted ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from channels.routing import URLRouter

from accounts.models import Team
from events.database_threads import DatabaseThread
from live.hub import Hub, Timing, get_hub
from live.routing import websocket_urlpatterns
from tests.factories import make_team
from tests.live.streams import PATIENT, Connect, Socket, until


@pytest.fixture
def team(transactional_db: None) -> Team:
    return make_team()


@pytest.fixture
async def writer(transactional_db: None) -> AsyncIterator[DatabaseThread]:
    """Where tests write: another thread with a connection of its own, as the web worker's is."""
    thread = DatabaseThread("test-writer")
    yield thread
    await thread.aclose()


@pytest.fixture
def timing() -> Timing:
    return PATIENT


@pytest.fixture
async def hub(transactional_db: None, timing: Timing) -> AsyncIterator[Hub]:
    """The hub of this process, following the log."""
    hub = get_hub()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hub, "timing", timing)
        task = asyncio.create_task(hub.run())
        await until(lambda: hub.is_started or task.done())
        yield hub
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def connect(transactional_db: None) -> AsyncIterator[Connect]:
    """What opens a socket: a token, a query such as "?since=0", headers by their names."""
    application = URLRouter(websocket_urlpatterns)
    sockets: list[Socket] = []

    async def open_socket(*, token: str = "", query: str = "", **headers: str) -> Socket:
        if token:
            headers["authorization"] = f"Bearer {token}"
        socket = Socket(application, query, headers)
        sockets.append(socket)
        await socket.open()
        return socket

    yield open_socket
    for socket in sockets:
        await socket.leave()
