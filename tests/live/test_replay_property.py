"""Whatever commits, comes, goes and acknowledges in whatever order: each client gets exactly its events."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from hypothesis import HealthCheck, given, settings, strategies as st

from accounts.enums import Role, Scope
from accounts.models import User
from accounts.principal import Principal
from events.actors import Subject
from events.changes import changes
from events.database_threads import DatabaseThread
from events.models import Event, LogHead
from live import hub as hub_module, listeners
from live.hub import Hub, Timing
from live.rights import Rights
from live.routing import websocket_urlpatterns
from tests.factories import ACTOR, make_owner, make_principal, make_team, make_token, make_user
from tests.live.streams import until

pytestmark = pytest.mark.django_db(transaction=True)

TOPICS = ("requests", "chats")
PEOPLE = 3
WINDOW_FRAMES = 3

events = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(TOPICS)), min_size=1, max_size=12)
commits = st.tuples(st.just("commit"), events)
failures = st.tuples(st.just("fail"), events)
comings = st.tuples(st.just("come"), st.integers(0, PEOPLE - 1))
goings = st.tuples(st.just("go"), st.integers(0, PEOPLE - 1))
pauses = st.tuples(st.just("pause"), st.integers(1, 60))
plans = st.lists(st.one_of(commits, commits, failures, comings, goings, pauses), min_size=4, max_size=25)
# How the first listening begins: now, at the start of the plan, or at the head as a page was rendered.
beginnings = st.sampled_from(["now", "start", "page"])


@dataclass
class Person:
    """A client that comes and goes, resumes from its cursor, and keeps what it got."""

    principal: Principal
    token: str
    topics: frozenset[str]
    acknowledges_every: int
    begins_at: str
    cursor: int | None
    first_cursor: int | None
    received: list[int] = field(default_factory=list)
    communicator: WebsocketCommunicator | None = None
    reading: asyncio.Task[None] | None = None

    async def come(self, writer: DatabaseThread) -> None:
        if self.communicator is not None:
            return
        if self.cursor is None and self.begins_at == "page":
            # Past the commits so far; the hub may still be behind them.
            self.cursor = self.first_cursor = await writer.run(read_head)
        query = [f"topics={','.join(sorted(self.topics))}"]
        query += [f"since={self.cursor}"] if self.cursor is not None else []
        headers = [(b"authorization", f"Bearer {self.token}".encode())]
        path = f"/ws/events/?{'&'.join(query)}"
        self.communicator = WebsocketCommunicator(URLRouter(websocket_urlpatterns), path, headers=headers)
        assert await self.communicator.connect(timeout=10) == (True, None)
        self.reading = asyncio.create_task(self.read(self.communicator))

    async def read(self, communicator: WebsocketCommunicator) -> None:
        unacknowledged = 0
        while True:
            message = await communicator.output_queue.get()
            assert message["type"] == "websocket.send", message
            frame = orjson.loads(message["text"])
            if frame["type"] == "event":
                self.received.append(frame["seq"])
                self.cursor = frame["seq"]
                unacknowledged += 1
            else:
                assert frame["type"] != "reset"
                self.cursor = max(self.cursor or 0, frame["cursor"])
            if self.first_cursor is None:
                self.first_cursor = self.cursor
            if unacknowledged >= self.acknowledges_every:
                unacknowledged = 0
                text = orjson.dumps({"ack": self.cursor}).decode()
                await communicator.send_input({"type": "websocket.receive", "text": text})

    async def go(self) -> None:
        """At once: what has arrived and was not read yet is lost with the connection."""
        if self.communicator is None or self.reading is None:
            return
        self.reading.cancel()
        with suppress(asyncio.CancelledError):
            await self.reading
        await self.communicator.disconnect(timeout=10)
        self.communicator = None


def commit(events: list[tuple[str, str]], rolls_back: bool) -> None:
    with suppress(ZeroDivisionError), changes(ACTOR) as change:
        for audience, topic in events:
            change.event("test.happened", Subject("test", "1"), topic=topic, audience=audience)
        if rolls_back:
            raise ZeroDivisionError


def list_expected(person: Person) -> list[int]:
    rights = Rights.of(person.principal)
    events = Event.objects.filter(seq__gt=person.first_cursor, topic__in=person.topics).order_by("seq")
    return [event.seq for event in events if rights.allows(event.audience)]


def read_head() -> int:
    return LogHead.objects.get(pk=1).event_seq


@pytest.fixture
def world(transactional_db: None) -> tuple[list[User], list[str], list[str]]:
    """(a member of the first team, an owner, a member of both; their tokens; audiences)."""
    first, second = make_team(), make_team()
    users = [make_user(first, Role.VIEWER), make_owner(), make_user(first, Role.VIEWER)]
    audiences = [first.audience, second.audience, "owners", f"user:{users[0].pk}", "team:0"]
    return users, [make_token(user, Scope.EVENTS_READ) for user in users], audiences


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    plan=plans,
    topics=st.tuples(*[st.sets(st.sampled_from(TOPICS), min_size=1)] * PEOPLE),
    begins_at=st.tuples(*[beginnings] * PEOPLE),
    acknowledges=st.tuples(*[st.integers(1, WINDOW_FRAMES)] * PEOPLE),
    page_events=st.integers(1, 8),
)
def test_every_client_gets_exactly_its_events_in_order(
    world: Any, plan: Any, topics: Any, begins_at: Any, acknowledges: Any, page_events: int
) -> None:
    users, tokens, audiences = world
    start = read_head()
    people = [
        Person(
            make_principal(users[number]),
            tokens[number],
            frozenset(topics[number]),
            acknowledges[number],
            begins_at[number],
            cursor=start if begins_at[number] == "start" else None,
            first_cursor=start if begins_at[number] == "start" else None,
        )
        for number in range(PEOPLE)
    ]
    with pytest.MonkeyPatch.context() as patch:
        # So small that every example falls behind, catches up and crosses pages.
        patch.setattr(listeners, "MAX_UNACKNOWLEDGED_FRAMES", WINDOW_FRAMES)
        patch.setattr(hub_module, "PAGE_EVENTS", page_events)
        hub = Hub(Timing(reconcile_s=60, rights_s=60, heartbeat_s=0.01, acknowledge_s=60))
        patch.setattr(hub_module, "_hub", hub)
        asyncio.run(play(hub, people, plan, audiences))
    assert [person.received for person in people] == [list_expected(person) for person in people]


async def play(hub: Hub, people: list[Person], plan: Any, audiences: list[str]) -> None:
    """Run the plan's steps against a running hub; then let everybody come back and catch up."""
    writer = DatabaseThread("test-writer")
    commits = []
    running = asyncio.create_task(hub.run())
    await until(lambda: hub.is_started)
    for verb, *values in plan:
        if verb in {"commit", "fail"}:
            # Not awaited: it commits while the next steps happen.
            events = [(audiences[number], topic) for number, topic in values[0]]
            commits.append(writer.submit(commit, events, rolls_back=verb == "fail"))
        elif verb == "pause":
            for _ in range(values[0]):
                await asyncio.sleep(0)
        else:
            person = people[values[0]]
            await (person.come(writer) if verb == "come" else person.go())
    for person in people:
        await person.come(writer)
    head = await writer.run(read_head)
    assert [each.result() for each in commits] == [None] * len(commits)
    await until(lambda: all((person.cursor or -1) >= head for person in people))
    for person in people:
        await person.go()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await writer.aclose()
