"""The websocket door: who may listen, what they hear, and when they are sent away."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.domain.retirement import retire_user
from accounts.domain.teams import add_member, create_team, end_membership
from accounts.domain.tokens import revoke_token
from accounts.domain.users import set_password
from accounts.enums import Role, Scope
from accounts.models import ApiToken, Membership, Team, User
from events import doorbell
from events.actors import Subject
from events.append_only import suspended
from events.changes import MAX_EVENT_BYTES, changes
from events.database_threads import DatabaseThread
from events.models import AuditEntry, Event, LogHead
from live.enums import CloseCode
from live.hub import Hub, Timing
from tests.factories import ACTOR, make_owner, make_principal, make_team, make_token, make_user
from tests.live.streams import Connect, Socket, emit, until

pytestmark = pytest.mark.django_db(transaction=True)

# Rights are read again all the time, hints or not.
ATTENTIVE = Timing(reconcile_s=0.05, rights_s=0.02, heartbeat_s=60, acknowledge_s=60)
HOST = "localhost:8000"


@pytest.fixture
def user(team: Team) -> User:
    return make_user(team, Role.APPROVER)


@pytest.fixture
def token(user: User) -> str:
    return make_token(user, Scope.EVENTS_READ)


@pytest.fixture
def session(user: User) -> dict[str, str]:
    """The headers of a page of ours in a signed-in browser."""
    client = Client()
    client.force_login(user)
    cookie: SimpleCookie = client.cookies
    key = cookie[settings.SESSION_COOKIE_NAME].value
    return {
        "cookie": f"other=1; {settings.SESSION_COOKIE_NAME}={key}",
        "host": HOST,
        "origin": f"http://{HOST}",
    }


async def head(writer: DatabaseThread) -> int:
    return await writer.run(lambda: LogHead.objects.get(pk=1).event_seq)


# Coming in --------------------------------------------------------------------------------------------


async def test_token_listens_from_now(hub: Hub, connect: Connect, token: str, writer: DatabaseThread) -> None:
    socket = await connect(token=token)
    assert await socket.receive() == {"type": "ready", "cursor": await head(writer)}


async def test_session_of_our_own_page_listens(
    hub: Hub, connect: Connect, session: dict[str, str], writer: DatabaseThread
) -> None:
    socket = await connect(**session)
    assert await socket.receive() == {"type": "ready", "cursor": await head(writer)}


async def test_page_of_the_public_address_listens(
    hub: Hub, connect: Connect, session: dict[str, str]
) -> None:
    public = settings.COUNTERSIGN_PUBLIC_URL
    socket = await connect(**{**session, "host": "backend.internal", "origin": public})
    assert (await socket.receive())["type"] == "ready"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer csk_00000000_unknown"},
        {"authorization": "Bearer "},
        {"authorization": "Basic dXNlcjpwYXNz"},
        {"authorization": "Bearer \u00e9"},
        {"cookie": ""},
        {"cookie": f"{settings.SESSION_COOKIE_NAME}=unknown0unknown0unknown0unknown0"},
        {"cookie": rf'{settings.SESSION_COOKIE_NAME}="a\000b"'},
    ],
)
async def test_without_a_valid_credential_nobody_listens(
    hub: Hub, connect: Connect, team: Team, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    socket = await connect(query="?since=0", host=HOST, origin=f"http://{HOST}", **headers)
    assert await socket.receive() == {"closed": CloseCode.UNAUTHENTICATED}
    assert caplog.messages == ["a websocket was refused: no valid session and no valid token"]


async def test_a_bad_token_is_not_made_good_by_a_cookie(
    hub: Hub, connect: Connect, session: dict[str, str]
) -> None:
    socket = await connect(token="csk_00000000_unknown", **session)
    assert await socket.receive() == {"closed": CloseCode.UNAUTHENTICATED}


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        (HOST, None),
        (HOST, "null"),
        (HOST, "https://evil.example"),
        (HOST, "http://localhost:9999"),
        (HOST, f"https://{HOST}"),
        (HOST, f"http://{HOST}.evil.example"),
        # A name that an attacker points at this machine.
        ("evil.example:8000", "http://evil.example:8000"),
        ("", "http://"),
    ],
)
async def test_session_needs_an_origin_of_ours(
    hub: Hub, connect: Connect, session: dict[str, str], host: str, origin: str | None
) -> None:
    headers = {"cookie": session["cookie"], "host": host} | ({"origin": origin} if origin is not None else {})
    socket = await connect(**headers)
    assert await socket.receive() == {"closed": CloseCode.FOREIGN_ORIGIN}


async def test_token_needs_the_scope(hub: Hub, connect: Connect, user: User, writer: DatabaseThread) -> None:
    other = await writer.run(make_token, user, Scope.REQUESTS_READ, Scope.CHATS_READ)
    socket = await connect(token=other)
    assert await socket.receive() == {"closed": CloseCode.MISSING_SCOPE}
    entry = await writer.run(lambda: AuditEntry.objects.latest("n"))
    assert (entry.verb, entry.actor_id, entry.door) == ("refused", user.pk, "websocket")


@pytest.mark.parametrize(
    "query",
    [
        "?token=csk_00000000_unknown",
        "?since=-1",
        "?since=1.5",
        "?since=",
        "?since=99999999999999999999999",
        "?since=9223372036854775808",
        "?since=1&since=2",
        "?topics=requests,weather",
        "?topics=",
        "?since",
        "?since=%FF",
        "?topics=" + "requests," * 400 + "requests",
    ],
)
async def test_query_that_is_not_understood_ends_it(
    hub: Hub, connect: Connect, token: str, query: str
) -> None:
    socket = await connect(token=token, query=query)
    assert await socket.receive() == {"closed": CloseCode.MALFORMED}


async def test_token_in_the_query_is_refused_also_when_valid(hub: Hub, connect: Connect, token: str) -> None:
    socket = await connect(query=f"?token={token}", host=HOST, origin=f"http://{HOST}")
    assert await socket.receive() == {"closed": CloseCode.MALFORMED}


async def test_without_a_hub_the_client_is_told_to_come_back(connect: Connect, token: str) -> None:
    socket = await connect(token=token)
    assert await socket.receive() == {"closed": CloseCode.UNAVAILABLE}


# What is heard ----------------------------------------------------------------------------------------


async def test_event_arrives_whole(
    hub: Hub, connect: Connect, token: str, team: Team, writer: DatabaseThread
) -> None:
    socket = await connect(token=token)
    await socket.receive_until("ready")
    seq = await writer.run(emit, team.audience, subject="abc")
    event = await writer.run(lambda: Event.objects.get(pk=seq))
    assert await socket.receive() == {
        "type": "event",
        "seq": seq,
        "at": event.at.isoformat().replace("+00:00", "Z"),
        "kind": "test.happened",
        "topic": "requests",
        "subject": {"kind": "test", "id": "abc"},
        "words": {"number": 0},
    }


async def test_other_teams_and_users_and_owners_are_not_heard(
    hub: Hub, connect: Connect, token: str, team: Team, writer: DatabaseThread
) -> None:
    other, stranger = await writer.run(lambda: (make_team(), make_user(make_team())))
    foreign = [other.audience, f"user:{stranger.pk}", "owners", "team:*", f"{team.audience}x"]
    start = await head(writer)
    live = await connect(token=token)
    await live.receive_until("ready")
    for audience in foreign:
        await writer.run(emit, audience)
    last = await writer.run(emit, team.audience)
    replayed = await connect(token=token, query=f"?since={start}")
    assert [await seqs_until_ready(replayed), (await live.receive())["seq"]] == [[last], last]


async def test_owner_hears_every_team_once_and_no_other_user(
    hub: Hub, connect: Connect, team: Team, user: User, writer: DatabaseThread
) -> None:
    owner = await writer.run(make_owner)
    await writer.run(lambda: add_member(actor=ACTOR, team=team, user=owner, role=Role.VIEWER))
    other = await writer.run(make_team)
    owner_token = await writer.run(make_token, owner, Scope.EVENTS_READ)
    start = await head(writer)
    live = await connect(token=owner_token)
    await live.receive_until("ready")
    heard = [
        await writer.run(emit, audience)
        for audience in (team.audience, other.audience, "owners", f"user:{owner.pk}", f"user:{user.pk}")
    ][:4]
    replayed = await connect(token=owner_token, query=f"?since={start}")
    assert [await seqs_until_ready(replayed), [(await live.receive())["seq"] for _ in heard]] == [
        heard,
        heard,
    ]


async def test_topics_limit_what_is_heard(
    hub: Hub, connect: Connect, token: str, team: Team, writer: DatabaseThread
) -> None:
    start = await head(writer)
    live = await connect(token=token, query="?topics=health,chats")
    await live.receive_until("ready")
    topics = ("requests", "health", "notices", "chats")
    seqs = [await writer.run(partial(emit, team.audience, topic=topic)) for topic in topics]
    replayed = await connect(token=token, query=f"?since={start}&topics=health,chats")
    wanted = [seqs[1], seqs[3]]
    assert [await seqs_until_ready(replayed), [(await live.receive())["seq"] for _ in wanted]] == [
        wanted,
        wanted,
    ]


async def seqs_until_ready(socket: Socket) -> list[int]:
    *events, _ready = await socket.receive_until("ready")
    return [frame["seq"] for frame in events]


# Replay -----------------------------------------------------------------------------------------------


async def test_replay_goes_over_into_live(
    hub: Hub, connect: Connect, token: str, team: Team, writer: DatabaseThread
) -> None:
    start = await head(writer)
    last = await writer.run(lambda: emit(team.audience, count=5))
    socket = await connect(token=token, query=f"?since={start + 2}")
    frames = [await socket.receive() for _ in range(4)]
    live = await writer.run(emit, team.audience)
    frames.append(await socket.receive())
    assert [(frame["type"], frame.get("seq", frame.get("cursor"))) for frame in frames] == [
        ("event", start + 3),
        ("event", start + 4),
        ("event", last),
        ("ready", last),
        ("event", live),
    ]


async def test_replay_is_as_long_as_it_needs_to_be_when_acknowledged(
    hub: Hub, connect: Connect, token: str, team: Team, writer: DatabaseThread
) -> None:
    start = await head(writer)
    await writer.run(lambda: emit(team.audience, count=600))
    socket = await connect(token=token, query=f"?since={start}")
    assert await receive_acknowledging(socket, 600) == list(range(start + 1, start + 601))
    assert await socket.receive() == {"type": "ready", "cursor": start + 600}


async def test_burst_does_not_end_a_listener_that_acknowledges(
    hub: Hub, connect: Connect, token: str, team: Team, writer: DatabaseThread
) -> None:
    socket = await connect(token=token)
    start = (await socket.receive())["cursor"]
    await writer.run(lambda: emit(team.audience, count=600))
    assert await receive_acknowledging(socket, 600) == list(range(start + 1, start + 601))
    assert (await writer.run(emit, team.audience), (await socket.receive())["seq"]) == (
        start + 601,
        start + 601,
    )


async def receive_acknowledging(socket: Socket, count: int) -> list[int]:
    seqs: list[int] = []
    while len(seqs) < count:
        seqs.append((await socket.receive())["seq"])
        if len(seqs) % 64 == 0:
            await socket.acknowledge(seqs[-1])
    return seqs


@pytest.mark.parametrize("since", ["beyond the head", "before what is kept"])
async def test_cursor_that_can_not_be_replayed_gets_reset(
    hub: Hub, connect: Connect, token: str, team: Team, writer: DatabaseThread, since: str
) -> None:
    last = await writer.run(lambda: emit(team.audience, count=3))

    def prune() -> None:
        with suspended():
            Event.objects.filter(seq__lt=last).delete()

    await writer.run(prune)
    cursor = last + 1 if since == "beyond the head" else last - 2
    socket = await connect(token=token, query=f"?since={cursor}")
    assert await socket.receive_until("ready") == [
        {"type": "reset", "cursor": last},
        {"type": "ready", "cursor": last},
    ]
    live = await writer.run(emit, team.audience)
    assert (await socket.receive())["seq"] == live
    edge = await connect(token=token, query=f"?since={last - 1}")
    assert await seqs_until_ready(edge) == [last, live]


async def test_log_that_became_shorter_resets_live_listeners(
    hub: Hub, connect: Connect, token: str, team: Team, writer: DatabaseThread
) -> None:
    """As after restoring the database from a copy."""
    last = await writer.run(lambda: emit(team.audience, count=3))
    socket = await connect(token=token)
    await socket.receive_until("ready")

    def restore() -> None:
        with suspended():
            Event.objects.filter(seq__gt=last - 2).delete()
            LogHead.objects.update(event_seq=last - 2)
        doorbell.ring(0)

    await writer.run(restore)
    assert await socket.receive() == {"type": "reset", "cursor": last - 2}
    await writer.run(emit, team.audience)
    assert (await socket.receive())["seq"] == last - 1


# Bounds -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("timing", [Timing(reconcile_s=60, rights_s=60, heartbeat_s=60, acknowledge_s=0.05)])
@pytest.mark.parametrize("way", ["live", "replay"])
async def test_listener_that_acknowledges_nothing_is_sent_away(
    hub: Hub, connect: Connect, token: str, team: Team, writer: DatabaseThread, way: str
) -> None:
    start = await head(writer)
    if way == "live":
        socket = await connect(token=token)
        await socket.receive_until("ready")
    await writer.run(lambda: emit(team.audience, count=300))
    if way == "replay":
        socket = await connect(token=token, query=f"?since={start}")
    frames = [await socket.receive() for _ in range(257)]
    assert [frame.get("seq") for frame in frames[:256]] == list(range(start + 1, start + 257))
    assert frames[256] == {"closed": CloseCode.TOO_FAR_BEHIND}
    assert hub.listeners == set()


async def test_acknowledging_what_was_never_sent_ends_it(
    hub: Hub, connect: Connect, token: str, team: Team, writer: DatabaseThread
) -> None:
    socket = await connect(token=token)
    cursor = (await socket.receive())["cursor"]
    await socket.acknowledge(cursor)
    seq = await writer.run(emit, team.audience)
    assert (await socket.receive())["seq"] == seq
    await socket.acknowledge(seq + 1)
    assert await socket.receive() == {"closed": CloseCode.MALFORMED}


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("", CloseCode.MALFORMED),
        ("{", CloseCode.MALFORMED),
        ("null", CloseCode.MALFORMED),
        ("[1]", CloseCode.MALFORMED),
        ('"ack"', CloseCode.MALFORMED),
        ("{}", CloseCode.MALFORMED),
        ('{"ack": "1"}', CloseCode.MALFORMED),
        ('{"ack": 1.0}', CloseCode.MALFORMED),
        ('{"ack": true}', CloseCode.MALFORMED),
        ('{"ack": null}', CloseCode.MALFORMED),
        ('{"ack": -1}', CloseCode.MALFORMED),
        ('{"ack": 99999999999999999999}', CloseCode.MALFORMED),
        ('{"ack": 0, "more": 1}', CloseCode.MALFORMED),
        ('{"seq": 0}', CloseCode.MALFORMED),
        ("[" * 1000, CloseCode.MALFORMED),
        ('{"ack": 0}' + " " * 2100, CloseCode.FRAME_TOO_LONG),
    ],
)
async def test_frame_that_is_not_understood_ends_it(
    hub: Hub, connect: Connect, token: str, frame: str, code: CloseCode
) -> None:
    socket = await connect(token=token)
    await socket.receive_until("ready")
    await socket.send(frame)
    assert await socket.receive() == {"closed": code}


async def test_binary_frame_ends_it(hub: Hub, connect: Connect, token: str) -> None:
    socket = await connect(token=token)
    await socket.receive_until("ready")
    await socket.communicator.send_to(bytes_data=b'{"ack": 0}')
    assert await socket.receive() == {"closed": CloseCode.MALFORMED}


# Rights that change while one listens -----------------------------------------------------------------


async def test_revoked_token_ends_it_before_the_next_event(
    hub: Hub, connect: Connect, token: str, user: User, team: Team, writer: DatabaseThread
) -> None:
    socket = await connect(token=token)
    await socket.receive_until("ready")

    def revoke_and_go_on() -> None:
        revoke_token(principal=make_principal(user), token=ApiToken.objects.get(user=user))
        emit(team.audience)

    await writer.run(revoke_and_go_on)
    assert await socket.receive() == {"closed": CloseCode.RIGHTS_ENDED}


async def test_retired_user_is_sent_away(
    hub: Hub, connect: Connect, session: dict[str, str], user: User, writer: DatabaseThread
) -> None:
    socket = await connect(**session)
    await socket.receive_until("ready")
    await writer.run(lambda: retire_user(principal=make_principal(make_owner()), user=user))
    assert await socket.receive() == {"closed": CloseCode.RIGHTS_ENDED}


async def test_ended_membership_silences_the_team_and_nothing_else(
    hub: Hub, connect: Connect, token: str, user: User, team: Team, writer: DatabaseThread
) -> None:
    other = await writer.run(make_team)
    await writer.run(lambda: add_member(actor=ACTOR, team=other, user=user, role=Role.VIEWER))
    socket = await connect(token=token)
    await socket.receive_until("ready")

    def end_and_go_on() -> int:
        owner = make_principal(make_owner())
        end_membership(principal=owner, membership=Membership.objects.get(user=user, team=team))
        emit(team.audience)
        return emit(other.audience)

    last = await writer.run(end_and_go_on)
    frames = [await socket.receive(), await socket.receive()]
    assert [(frame["kind"], frame["seq"]) for frame in frames] == [
        ("user.rights_changed", last - 2),
        ("test.happened", last),
    ]


async def test_new_membership_opens_the_team_from_that_moment(
    hub: Hub, connect: Connect, token: str, user: User, writer: DatabaseThread
) -> None:
    other = await writer.run(lambda: create_team(actor=ACTOR, name="Later"))
    socket = await connect(token=token, query="?topics=requests")
    await socket.receive_until("ready")

    def join() -> int:
        emit(other.audience)
        add_member(actor=ACTOR, team=other, user=user, role=Role.VIEWER)
        return emit(other.audience)

    last = await writer.run(join)
    assert (await socket.receive())["seq"] == last


def delete_session(user: User) -> None:
    Session.objects.all().delete()


def expire_session(user: User) -> None:
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))


def change_password(user: User) -> None:
    set_password(actor=ACTOR, user=user, password="another horse battery")


@pytest.mark.parametrize("timing", [ATTENTIVE])
@pytest.mark.parametrize("end", [delete_session, expire_session, change_password])
async def test_session_that_ends_is_sent_away(
    hub: Hub, connect: Connect, session: dict[str, str], user: User, writer: DatabaseThread, end: Any
) -> None:
    socket = await connect(**session)
    await socket.receive_until("ready")
    await writer.run(end, user)
    assert await socket.receive() == {"closed": CloseCode.RIGHTS_ENDED}
    again = await connect(**session)
    assert await again.receive() == {"closed": CloseCode.UNAUTHENTICATED}


@pytest.mark.parametrize("timing", [ATTENTIVE])
async def test_token_that_expires_is_sent_away(
    hub: Hub, connect: Connect, token: str, writer: DatabaseThread
) -> None:
    socket = await connect(token=token)
    await socket.receive_until("ready")
    await writer.run(lambda: ApiToken.objects.update(expires_at=timezone.now()))
    assert await socket.receive() == {"closed": CloseCode.RIGHTS_ENDED}


@pytest.mark.parametrize("timing", [ATTENTIVE])
async def test_team_that_is_retired_falls_silent(
    hub: Hub, connect: Connect, token: str, team: Team, user: User, writer: DatabaseThread
) -> None:
    """No event tells of it, so the periodic reading has to."""
    socket = await connect(token=token)
    await socket.receive_until("ready")
    await writer.run(lambda: Team.objects.filter(pk=team.pk).update(retired_at=timezone.now()))
    reads = hub.rights_reads
    await until(lambda: hub.rights_reads > reads + 1)
    await writer.run(emit, team.audience)
    own = await writer.run(emit, f"user:{user.pk}")
    assert (await socket.receive())["seq"] == own


# Time -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("timing", [Timing(reconcile_s=60, rights_s=60, heartbeat_s=0.05, acknowledge_s=60)])
async def test_heartbeat_carries_the_cursor_past_what_others_heard(
    hub: Hub, connect: Connect, token: str, writer: DatabaseThread
) -> None:
    socket = await connect(token=token)
    await socket.receive_until("ready")
    seq = await writer.run(emit, "owners")
    while (frame := await socket.receive())["cursor"] < seq:
        assert frame["type"] == "heartbeat"
    assert frame == {"type": "heartbeat", "cursor": seq}
    await socket.acknowledge(seq)


@pytest.mark.parametrize("timing", [ATTENTIVE])
async def test_lost_hint_is_made_good_by_the_head_row(
    hub: Hub,
    connect: Connect,
    token: str,
    team: Team,
    writer: DatabaseThread,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    socket = await connect(token=token)
    await socket.receive_until("ready")
    monkeypatch.setattr("events.doorbell.ring", lambda _seq: None)
    seq = await writer.run(emit, team.audience)
    assert (await socket.receive())["seq"] == seq


# Going away -------------------------------------------------------------------------------------------


async def test_client_that_leaves_is_forgotten(hub: Hub, connect: Connect, token: str) -> None:
    socket = await connect(token=token)
    await socket.receive_until("ready")
    assert len(hub.listeners) == 1
    await socket.leave()
    assert (hub.listeners, dict(hub.index.places)) == (set(), {})


async def test_message_of_the_largest_allowed_words_stays_within_two_kilobytes(
    hub: Hub, connect: Connect, token: str, team: Team, writer: DatabaseThread
) -> None:
    def emit_largest() -> None:
        with changes(ACTOR) as change:
            subject = Subject("k" * 48, "i" * 64)
            words = {"w": "x" * (MAX_EVENT_BYTES - 512 - len('{"w":""}'))}
            change.event("k" * 64, subject, topic="requests", audience=team.audience, words=words)

    socket = await connect(token=token)
    await socket.receive_until("ready")
    await writer.run(emit_largest)
    message = await socket.communicator.receive_output(timeout=10)
    assert len(message["text"].encode()) <= MAX_EVENT_BYTES
