"""A running relay beside a real engine, and a desk from which a test looks at the database and decides."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TypeVar

import pytest

from accounts.models import Team
from accounts.principal import Principal
from engines.models import Chat, Engine
from events.database_threads import DatabaseThread
from governance.domain.decide import approve_request, deny_request
from governance.enums import Confirmation, RequestState
from governance.models import EngineReply, PermissionRequest
from relay.supervisor import run_supervisors
from tests.factories import make_engine, make_principal, make_team, make_user
from tests.relay.fake_engine import FakeEngine, give
from tests.support.engine_lab import EngineLab

DEADLINE_S = 60.0
POLL_S = 0.02

T = TypeVar("T")
_numbers = itertools.count(1)


class Desk:
    """What a person sees and does, on a database thread of its own."""

    def __init__(self) -> None:
        self.thread = DatabaseThread("desk")
        self.team: Team
        self.reviewer: Principal

    async def open(self) -> None:
        self.team = await self.thread.run(make_team)
        user = await self.thread.run(make_user, self.team)
        self.reviewer = make_principal(user)

    async def run(self, function: Callable[[], T]) -> T:
        return await self.thread.run(function)

    async def wait(self, find: Callable[[], T | None], what: str, deadline_s: float = DEADLINE_S) -> T:
        """Poll until `find()` is true and return its value."""
        deadline = time.monotonic() + deadline_s
        while time.monotonic() < deadline:
            value = await self.thread.run(find)
            if value:
                return value
            await asyncio.sleep(POLL_S)
        raise AssertionError(f"not within {deadline_s:g} s: {what}")

    async def register(self, lab: EngineLab) -> Engine:
        return await self.run(
            lambda: make_engine(
                self.team,
                address=lab.engine.address,
                username=lab.engine.username,
                password=lab.engine.password,
                directories=[lab.directory],
            )
        )

    # Requests

    async def find(self, session_id: str) -> list[PermissionRequest]:
        """The session's requests, oldest first."""
        return await self.run(
            lambda: list(
                PermissionRequest.objects.filter(session_id=session_id)
                .select_related("chat", "subagent", "closed_by")
                .order_by("created_at", "id")
            )
        )

    async def wait_sealed(self, session_id: str, count: int = 1) -> list[PermissionRequest]:
        rows = PermissionRequest.objects.filter(session_id=session_id, sealed_at__isnull=False)
        await self.wait(lambda: rows.count() >= count, f"{count} sealed requests of {session_id}")
        return await self.find(session_id)

    async def wait_state(self, request: PermissionRequest, state: RequestState) -> PermissionRequest:
        return await self.wait(
            lambda: PermissionRequest.objects.filter(pk=request.pk, state=state).first(),
            f"{request} {state.value}",
        )

    async def approve(self, request: PermissionRequest) -> None:
        await self.run(
            lambda: approve_request(
                principal=self.reviewer,
                request_id=request.pk,
                fingerprint=request.fingerprint,
                confirmed=set(Confirmation),
            )
        )

    async def deny(self, request: PermissionRequest, message: str = "") -> None:
        await self.run(
            lambda: deny_request(
                principal=self.reviewer,
                request_id=request.pk,
                fingerprint=request.fingerprint,
                reason=message,
            )
        )

    async def replies(self, request: PermissionRequest) -> list[tuple[str, str]]:
        """(word, state) of its replies, oldest first."""
        return await self.run(
            lambda: list(
                EngineReply.objects.filter(request=request)
                .order_by("created_at", "id")
                .values_list("reply", "state")
            )
        )

    async def wait_replies(self, request: PermissionRequest, *expected: tuple[str, str]) -> None:
        """Until its replies are exactly these."""
        deadline = time.monotonic() + DEADLINE_S
        found: list[tuple[str, str]] = []
        while time.monotonic() < deadline:
            found = await self.replies(request)
            if found == list(expected):
                return
            await asyncio.sleep(POLL_S)
        assert found == list(expected)

    async def chat(self, session_id: str) -> Chat | None:
        return await self.run(lambda: Chat.objects.filter(ai_engine_session_id=session_id).first())

    async def wait_online(self, engine: Engine, state: str = "online") -> Engine:
        return await self.wait(
            lambda: Engine.objects.filter(pk=engine.pk, state=state).first(), f"engine {state}"
        )


@contextlib.asynccontextmanager
async def running_relay() -> AsyncIterator[None]:
    """The relay of this process, as `manage.py up` and `manage.py relay` run it."""
    stop = asyncio.Event()
    task = asyncio.create_task(run_supervisors(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, DEADLINE_S)


@pytest.fixture
async def desk(transactional_db: None) -> AsyncIterator[Desk]:
    desk = Desk()
    await desk.open()
    yield desk
    await desk.thread.aclose()


@pytest.fixture
def apart() -> Iterator[FakeEngine]:
    """A fake engine on a loop of its own, for commands and pages that run one themselves."""
    loop, engine = asyncio.new_event_loop(), FakeEngine()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(engine.start(), loop).result(30)
    engine.overrides["GET", "/agent"] = lambda _request: give([])
    engine.overrides["GET", "/mcp"] = lambda _request: give({})
    yield engine
    asyncio.run_coroutine_threadsafe(engine.stop(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
