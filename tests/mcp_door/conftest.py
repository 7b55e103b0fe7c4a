"""The portal's application in this process, and the official client at its MCP endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from accounts.models import Team, User
from events.database_threads import DatabaseThread
from live.hub import get_hub
from mcp_door.door import McpDoor
from portal.application import Application
from portal.background import BackgroundTask, until_stopped
from portal.onehop import OneHopHandler
from tests.factories import make_service, make_team, make_user

DEADLINE_S = 10.0
ADDRESS = "http://localhost/mcp"


@pytest.fixture
def team(transactional_db: None) -> Team:
    return make_team("Platform")


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team)


@pytest.fixture
def agent(team: Team) -> User:
    """Owned by somebody else than the approver: nobody decides what their own service account asks."""
    return make_service(make_user(team), team)


@pytest.fixture
async def application(transactional_db: None) -> AsyncIterator[Application]:
    """With its hub running and its door open."""
    door = McpDoor()
    running = Application(
        http=OneHopHandler(),
        websocket_patterns=[],
        build_tasks=lambda: [
            BackgroundTask("hub", until_stopped(get_hub().run)),
            BackgroundTask("MCP endpoint", door.run),
        ],
        mcp_door=door,
    )
    await running.start()
    await until(lambda: get_hub().is_started and door.is_open)
    yield running
    await running.stop(DEADLINE_S)


async def in_thread(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Where another process or thread of the portal would write."""
    thread = DatabaseThread("test-writer")
    try:
        return await thread.run(function, *args, **kwargs)
    finally:
        await thread.aclose()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.001)


@asynccontextmanager
async def connect(application: Any, secret: str, *, mode: str = "auto") -> AsyncIterator[Client]:
    """The SDK's client with this token, as an agent would use it."""
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=application),
        headers={"Authorization": f"Bearer {secret}"},
        timeout=DEADLINE_S,
    ) as http:
        transport = streamable_http_client(ADDRESS, http_client=http)
        async with Client(transport, mode=mode, raise_exceptions=True) as client:
            yield client
