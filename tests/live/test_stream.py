"""Server-sent events and the long poll through the handler that serves them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone

from accounts.domain.teams import add_member, end_membership
from accounts.domain.tokens import revoke_token
from accounts.enums import Role, Scope
from accounts.models import ApiToken, Membership, Team, User
from events.append_only import suspended
from events.database_threads import DatabaseThread
from events.models import Event
from live import hub as hub_module, streaming
from live.enums import CloseCode, CredentialKind, ListenerKind
from live.hub import Hub, Timing
from live.messages import describe_event
from live.queries import read_head
from live.rights import Caller, Credential, Rights
from live.waits import wait_for_events
from portal.onehop import OneHopHandler
from tests.api.clients import sign_in
from tests.factories import (
    ACTOR,
    make_engine,
    make_principal,
    make_request,
    make_team,
    make_token,
    make_user,
)
from tests.live.server_sent import ServerSentReader
from tests.live.streams import DEADLINE_S, emit, until
from tests.portal.asgi_exchange import HttpExchange, Received

pytestmark = pytest.mark.django_db(transaction=True)

STREAM = "/api/v1/events/stream/"
PAGE = "/api/v1/events/"
# Rights are read again all the time, hints or not.
ATTENTIVE = Timing(reconcile_s=0.05, rights_s=0.02, heartbeat_s=60, acknowledge_s=60)

Ask = Callable[..., HttpExchange]


@pytest.fixture
def user(team: Team) -> User:
    return make_user(team, Role.VIEWER)


@pytest.fixture
def token(user: User) -> str:
    return make_token(user, Scope.EVENTS_READ)


@pytest.fixture
async def hub(token: str, hub: Hub) -> Hub:
    """Started when what makes the user and the token is past."""
    return hub


@pytest.fixture
async def handler(transactional_db: None) -> AsyncIterator[OneHopHandler]:
    handler = OneHopHandler(thread_count=1)
    yield handler
    await handler.aclose()


@pytest.fixture
def ask(handler: OneHopHandler, token: str) -> Ask:
    """Send a request with the user's token, or with other headers."""

    def send(path: str, query: str = "", **headers: str) -> HttpExchange:
        headers = headers or {"authorization": f"Bearer {token}"}
        return HttpExchange(handler, "GET", path, headers=headers, query=query.encode())

    return send


class Reading:
    """What a client of the stream has read so far."""

    def __init__(self, exchange: HttpExchange) -> None:
        self.exchange = exchange
        self.reader = ServerSentReader()
        self.read_chunks = 0
        self.heard: list[tuple[str, Any]] = []

    async def until(self, count: int) -> list[tuple[str, Any]]:
        """The first `count` events, once they are there."""
        await until(lambda: self.take() >= count or self.exchange.task.done())
        assert len(self.heard) >= count, self.exchange.received
        return self.heard[:count]

    def take(self) -> int:
        chunks = self.exchange.received.chunks[self.read_chunks :]
        self.read_chunks += len(chunks)
        for chunk in chunks:
            self.heard.extend(self.reader.feed(chunk))
        return len(self.heard)

    async def end(self) -> list[tuple[str, Any]]:
        await self.exchange.answer()
        self.take()
        return self.heard


def problem(received: Received) -> tuple[int, str]:
    assert received.header("content-type") == "application/problem+json"
    return received.status, orjson.loads(received.body)["code"]


# Server-sent events -----------------------------------------------------------------------------------


async def test_stream_replays_and_goes_over_into_live(
    hub: Hub, ask: Ask, team: Team, writer: DatabaseThread
) -> None:
    start = hub.cursor
    replayed = await writer.run(emit, team.audience)
    await writer.run(emit, "owners")
    reading = Reading(ask(STREAM, f"since={start}"))
    first = await reading.until(2)
    head = hub.cursor
    live = await writer.run(emit, team.audience)
    heard = await reading.until(3)
    rows = [await writer.run(Event.objects.get, pk=seq) for seq in (replayed, live)]
    assert first == heard[:2]
    assert heard == [
        ("message", {"type": "event", **describe_event(rows[0])}),
        ("ready", {"type": "ready", "cursor": head}),
        ("message", {"type": "event", **describe_event(rows[1])}),
    ]
    received = reading.exchange.received
    assert (received.status, received.header("content-type"), received.header("cache-control")) == (
        200,
        "text/event-stream",
        "no-store",
    )
    assert (reading.reader.retry_ms, reading.reader.last_id) == (1000, str(live))
    assert [listener.kind for listener in hub.listeners] == [ListenerKind.SERVER_SENT_EVENTS]


async def test_client_comes_back_with_the_last_id_whatever_its_address_says(
    hub: Hub, ask: Ask, team: Team, token: str, writer: DatabaseThread
) -> None:
    seqs = [await writer.run(emit, team.audience) for _ in range(3)]
    headers = {"authorization": f"Bearer {token}", "last-event-id": str(seqs[1])}
    reading = Reading(ask(STREAM, f"since={seqs[0] - 1}", **headers))
    assert [name for name, _ in await reading.until(2)] == ["message", "ready"]
    assert reading.heard[0][1]["seq"] == seqs[2]


@pytest.mark.parametrize("timing", [Timing(reconcile_s=60, rights_s=60, heartbeat_s=0.05)])
async def test_heartbeat_is_a_comment_that_moves_the_id(
    hub: Hub, ask: Ask, team: Team, writer: DatabaseThread
) -> None:
    reading = Reading(ask(STREAM))
    await reading.until(1)
    hidden = await writer.run(emit, "owners")
    await until(lambda: reading.take() and reading.reader.last_id == str(hidden))
    assert (reading.heard, set(reading.reader.comments)) == (reading.heard[:1], {"heartbeat"})


async def test_topics_and_audiences_limit_what_is_heard(
    hub: Hub, ask: Ask, team: Team, user: User, writer: DatabaseThread
) -> None:
    reading = Reading(ask(STREAM, "topics=health"))
    await reading.until(1)
    other = await writer.run(make_team)
    for audience, topic in [(team.audience, "chats"), (other.audience, "health"), ("owners", "health")]:
        await writer.run(partial(emit, audience, topic=topic))
    last = await writer.run(lambda: emit(team.audience, topic="health"))
    assert (await reading.until(2))[1][1]["seq"] == last


@pytest.mark.parametrize("since", ["beyond the head", "before what is kept"])
async def test_cursor_that_can_not_be_replayed_is_reset(
    hub: Hub, ask: Ask, team: Team, writer: DatabaseThread, since: str
) -> None:
    last = await writer.run(lambda: emit(team.audience, count=3))
    await until(lambda: hub.cursor == last)

    def prune() -> None:
        with suspended():
            Event.objects.filter(seq__lt=last).delete()

    await writer.run(prune)
    cursor = last + 1 if since == "beyond the head" else last - 2
    reading = Reading(ask(STREAM, f"since={cursor}"))
    assert await reading.until(2) == [
        ("reset", {"type": "reset", "cursor": last}),
        ("ready", {"type": "ready", "cursor": last}),
    ]


@pytest.mark.parametrize("end", ["bytes", "seconds"])
async def test_answer_ends_and_the_client_goes_on_where_it_stood(
    hub: Hub, ask: Ask, team: Team, writer: DatabaseThread, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    if end == "bytes":
        monkeypatch.setattr(streaming, "MAX_ANSWER_BYTES", 1000)
    # Also the end of the last answer, which has no bytes left to send.
    monkeypatch.setattr(streaming, "MAX_ANSWER_S", 0.2)
    cursor = start = hub.cursor
    last = await writer.run(lambda: emit(team.audience, count=500))
    seqs: list[int] = []
    answers = 0
    while cursor < last:
        reading = Reading(ask(STREAM, f"since={cursor}"))
        seqs += [facts["seq"] for name, facts in await reading.end() if name == "message"]
        assert reading.exchange.received.is_complete
        cursor = int(reading.reader.last_id or cursor)
        answers += 1
    assert (seqs, hub.listeners) == (list(range(start + 1, last + 1)), set())
    assert answers > 1 or end == "seconds"


async def test_client_that_leaves_is_forgotten(hub: Hub, ask: Ask, handler: OneHopHandler) -> None:
    reading = Reading(ask(STREAM))
    await reading.until(1)
    reading.exchange.disconnect()
    await reading.exchange.answer()
    assert (hub.listeners, hub.index.places, handler.open_ended) == (set(), {}, {})


async def test_many_streams_hold_neither_the_worker_nor_a_thread(
    hub: Hub, ask: Ask, handler: OneHopHandler, team: Team, writer: DatabaseThread
) -> None:
    readings = [Reading(ask(STREAM)) for _ in range(50)]
    for reading in readings:
        await reading.until(1)
    assert handler.threads[0].pending == 0
    assert (await ask(PAGE).answer()).status == 200
    seq = await writer.run(emit, team.audience)
    assert {(await reading.until(2))[1][1]["seq"] for reading in readings} == {seq}


@pytest.mark.parametrize("timing", [ATTENTIVE])
async def test_revoked_token_ends_the_stream_with_its_code(
    hub: Hub, ask: Ask, user: User, writer: DatabaseThread
) -> None:
    reading = Reading(ask(STREAM))
    await reading.until(1)
    await writer.run(lambda: ApiToken.objects.update(revoked_at=timezone.now()))
    assert (await reading.end())[-1] == (
        "close",
        {"type": "close", "code": CloseCode.RIGHTS_ENDED, "reason": "rights_ended"},
    )


async def test_member_who_left_the_team_hears_no_more_of_it(
    hub: Hub, ask: Ask, team: Team, user: User, writer: DatabaseThread
) -> None:
    reading = Reading(ask(STREAM))
    await reading.until(1)

    def leave() -> None:
        admin = make_user(team, Role.ADMIN)
        membership = Membership.objects.get(user=user)
        end_membership(principal=make_principal(admin), membership=membership)

    await writer.run(leave)
    await writer.run(emit, team.audience)
    own = await writer.run(emit, f"user:{user.pk}")
    await until(lambda: reading.take() and reading.heard[-1][1].get("seq") == own)
    assert [facts.get("kind") for _, facts in reading.heard] == [
        None,
        "user.rights_changed",
        "test.happened",
    ]


async def test_session_listens_and_another_site_s_page_does_not(
    hub: Hub, ask: Ask, user: User, writer: DatabaseThread
) -> None:
    session = await writer.run(sign_in, user)
    name = settings.SESSION_COOKIE_NAME
    cookie = f"{name}={session.cookies[name].value}"
    reading = Reading(ask(STREAM, cookie=cookie, origin="http://localhost"))
    await reading.until(1)
    foreign = await ask(STREAM, cookie=cookie, origin="https://evil.example").answer()
    assert problem(foreign) == (403, "foreign_origin")
    await writer.run(session.logout)
    await hub.reload_rights(hub.listeners)
    assert (await reading.end())[-1][1]["reason"] == "rights_ended"


@pytest.mark.parametrize(
    ("query", "headers", "code"),
    [
        ("since=x", {}, "invalid"),
        ("since=-1", {}, "invalid"),
        ("topics=weather", {}, "invalid"),
        ("wait=5", {}, "unknown_parameter"),
        ("ticket=cst_x", {}, "unknown_parameter"),
        ("token=csk_00000000_unknown", {}, "unknown_parameter"),
        ("", {"last-event-id": "abc"}, "invalid"),
    ],
)
async def test_wishes_that_are_not_understood_are_refused(
    hub: Hub, ask: Ask, token: str, query: str, headers: dict[str, str], code: str
) -> None:
    received = await ask(STREAM, query, authorization=f"Bearer {token}", **headers).answer()
    assert problem(received) == (400, code)


async def test_without_a_hub_the_stream_says_so(ask: Ask) -> None:
    assert await Reading(ask(STREAM)).end() == [
        ("close", {"type": "close", "code": CloseCode.UNAVAILABLE, "reason": "unavailable"})
    ]


async def test_database_that_fails_in_a_replay_ends_the_stream_with_its_code(
    hub: Hub, ask: Ask, team: Team, writer: DatabaseThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    await writer.run(emit, team.audience)
    await until(lambda: hub.cursor > 1)

    def fail(**_: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(hub_module, "read_page", fail)
    reading = Reading(ask(STREAM, f"since={hub.cursor - 1}"))
    assert await reading.end() == [
        ("close", {"type": "close", "code": CloseCode.UNAVAILABLE, "reason": "unavailable"})
    ]
    assert hub.listeners == set()


async def test_hub_that_stops_ends_the_stream_with_its_code(hub: Hub, ask: Ask) -> None:
    reading = Reading(ask(STREAM))
    await reading.until(1)
    hub.send_away()
    assert (await reading.end())[-1][1]["reason"] == "unavailable"


# The long poll ----------------------------------------------------------------------------------------


async def test_long_poll_answers_with_the_first_event(
    hub: Hub, ask: Ask, handler: OneHopHandler, team: Team, writer: DatabaseThread
) -> None:
    since = hub.cursor
    waiting = ask(PAGE, f"since={since}&wait=55")
    await until(lambda: hub.listeners)
    assert ([each.kind for each in hub.listeners], handler.threads[0].pending) == (
        [ListenerKind.LONG_POLL],
        0,
    )
    await writer.run(emit, "owners")
    seq = await writer.run(emit, team.audience)
    body = orjson.loads((await waiting.answer()).body)
    assert ([event["seq"] for event in body["events"]], body["cursor"]) == ([seq], seq)
    assert hub.listeners == set()


async def test_long_poll_that_hears_nothing_moves_the_cursor(
    hub: Hub, ask: Ask, team: Team, writer: DatabaseThread
) -> None:
    since = hub.cursor
    waiting = ask(PAGE, f"since={since}&wait=0.3&topics=health")
    await until(lambda: hub.listeners)
    hidden = await writer.run(emit, team.audience)
    assert orjson.loads((await waiting.answer()).body) == {"events": [], "cursor": hidden}


async def test_long_poll_with_news_or_without_a_cursor_answers_at_once(
    hub: Hub, ask: Ask, team: Team, writer: DatabaseThread
) -> None:
    since = hub.cursor
    seq = await writer.run(emit, team.audience)
    async with asyncio.timeout(DEADLINE_S):
        page = orjson.loads((await ask(PAGE, f"since={since}&wait=55").answer()).body)
        start = orjson.loads((await ask(PAGE, "wait=55").answer()).body)
    assert ([event["seq"] for event in page["events"]], start) == ([seq], {"events": [], "cursor": seq})


async def test_page_of_events_that_grew_while_it_was_asked_for_is_not_missed(
    hub: Hub, team: Team, token: str, user: User, writer: DatabaseThread
) -> None:
    """The hub is past the cursor when the wait begins: it looks into the log first."""
    token_id = (await writer.run(ApiToken.objects.get)).pk
    rights = Rights(frozenset({team.audience}), sees_all_teams=False)
    caller = Caller(Credential(CredentialKind.TOKEN, token_id, user.pk), rights)
    since = hub.cursor
    seq = await writer.run(emit, team.audience)
    await until(lambda: hub.cursor == seq)
    async with asyncio.timeout(DEADLINE_S):
        await wait_for_events(caller, frozenset({"requests"}), since=since, timeout_s=60)


@pytest.mark.parametrize("wait", ["for events", "for a request"])
async def test_revoked_token_ends_a_wait_at_once(
    hub: Hub, ask: Ask, team: Team, user: User, writer: DatabaseThread, wait: str
) -> None:
    def prepare() -> tuple[str, str]:
        secret = make_token(user, Scope.EVENTS_READ, Scope.REQUESTS_READ)
        request = make_request(make_engine(team))
        return secret, request.pk

    secret, request_id = await writer.run(prepare)
    headers = {"authorization": f"Bearer {secret}"}
    if wait == "for a request":
        waiting = ask(f"/api/v1/permission-requests/{request_id}/wait/", "timeout=60", **headers)
    else:
        waiting = ask(PAGE, f"since={await writer.run(read_head)}&wait=55", **headers)
    await until(lambda: hub.listeners)

    def revoke() -> None:
        for token in ApiToken.objects.all():
            revoke_token(principal=make_principal(user), token=token)

    await writer.run(revoke)
    assert problem(await waiting.answer()) == (401, "invalid_token")
    assert (hub.listeners, dict(hub.waiters)) == (set(), {})


async def test_new_member_s_long_poll_hears_the_new_team(
    hub: Hub, ask: Ask, user: User, writer: DatabaseThread
) -> None:
    other = await writer.run(make_team)
    waiting = ask(PAGE, f"since={hub.cursor}&wait=55&topics=requests")
    await until(lambda: hub.listeners)
    await writer.run(lambda: add_member(actor=ACTOR, team=other, user=user, role=Role.VIEWER))
    seq = await writer.run(emit, other.audience)
    body = orjson.loads((await waiting.answer()).body)
    assert [event["seq"] for event in body["events"]] == [seq]


async def test_client_that_leaves_a_long_poll_is_forgotten(hub: Hub, ask: Ask) -> None:
    waiting = ask(PAGE, f"since={hub.cursor}&wait=55")
    await until(lambda: hub.listeners)
    waiting.disconnect()
    await waiting.answer()
    assert (hub.listeners, hub.index.places) == (set(), {})


async def test_without_a_hub_the_long_poll_reads_the_log(
    ask: Ask, team: Team, writer: DatabaseThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = await writer.run(emit, team.audience)
    waiting = ask(PAGE, f"since={since}&wait=55")
    seq = await writer.run(emit, team.audience)
    body = orjson.loads((await waiting.answer()).body)
    assert [event["seq"] for event in body["events"]] == [seq]
