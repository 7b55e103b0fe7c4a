"""Following chats on the websocket: who may, what they are told, and what bounds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from accounts.domain.teams import end_membership
from accounts.enums import Role, Scope
from accounts.models import Membership, Team, User
from events.database_threads import DatabaseThread
from live import deltas, registry
from live.deltas import Delta
from live.enums import CloseCode
from live.hub import Hub
from live.listeners import MAX_UNHEARD_BYTES
from live.messages import MAX_CHATS
from tests.factories import make_owner, make_principal, make_team, make_token, make_user
from tests.live.streams import Connect, Socket, until

pytestmark = pytest.mark.django_db(transaction=True)

OURS, OURS_TOO, THEIRS, UNKNOWN = (name.ljust(15, "0") for name in ("ours", "ourstoo", "theirs", "no"))


@pytest.fixture
def other_team(transactional_db: None) -> Team:
    return make_team()


@pytest.fixture(autouse=True)
def chats(team: Team, other_team: Team) -> Iterator[None]:
    """Three chats of two teams, as an app to the right would know them."""
    audiences = {OURS: team.audience, OURS_TOO: team.audience, THEIRS: other_team.audience}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "_resolvers", {})
        registry.register_followed("chat", lambda ids: {i: audiences[i] for i in ids if i in audiences})
        yield


@pytest.fixture
def user(team: Team) -> User:
    return make_user(team, Role.VIEWER)


@pytest.fixture
def token(user: User) -> str:
    return make_token(user, Scope.EVENTS_READ, Scope.CHATS_READ)


@pytest.fixture
async def socket(hub: Hub, connect: Connect, token: str) -> Socket:
    """It has followed one chat of its team's from the beginning."""
    socket: Socket = await connect(token=token, query=f"?topics=chats&chats={OURS}")
    assert [frame["type"] for frame in await socket.receive_until("following")] == ["ready", "following"]
    return socket


def publish(
    audience: str, text: str, *, chat: str = OURS, offset: int = 0, part: str = "prt_1", kind: str = "text"
) -> None:
    deltas.publish(
        chat_id=chat,
        audience=audience,
        message_id="msg_1",
        part_id=part,
        kind=kind,
        offset=offset,
        text=text,
    )


def describe(text: str, *, chat: str = OURS, offset: int = 0, part: str = "prt_1") -> dict[str, Any]:
    facts = {"chat": chat, "message": "msg_1", "part": part, "kind": "text", "offset": offset, "text": text}
    return {"type": "delta", **facts}


async def test_text_arrives_as_it_is_written(socket: Socket, team: Team) -> None:
    publish(team.audience, "Let me")
    publish(team.audience, " look.", offset=6)
    assert await socket.receive() == describe("Let me look.")
    publish(team.audience, " \N{GRINNING FACE}", offset=12)
    publish(team.audience, " Well", offset=15)
    publish(team.audience, "Hm", part="prt_0")
    assert [await socket.receive(), await socket.receive()] == [
        describe(" \N{GRINNING FACE} Well", offset=12),
        describe("Hm", part="prt_0"),
    ]


async def test_what_does_not_continue_is_told_by_itself(socket: Socket, team: Team) -> None:
    publish(team.audience, "Let me")
    publish(team.audience, "there", offset=20)
    assert [await socket.receive(), await socket.receive()] == [
        describe("Let me"),
        describe("there", offset=20),
    ]


async def test_a_change_and_a_gap_say_only_where(socket: Socket, team: Team) -> None:
    deltas.note_change(chat_id=OURS, audience=team.audience, message_id="msg_1")
    deltas.note_change(chat_id=OURS, audience=team.audience, message_id="msg_1")
    deltas.note_gap(chat_id=OURS, audience=team.audience)
    assert [await socket.receive(), await socket.receive()] == [
        {"type": "gap", "chat": OURS},
        {"type": "changed", "chat": OURS, "message": "msg_1"},
    ]


async def test_only_followed_chats_are_heard(socket: Socket, team: Team, other_team: Team) -> None:
    publish(team.audience, "not this", chat=OURS_TOO)
    publish(other_team.audience, "nor this", chat=THEIRS)
    publish(team.audience, "this")
    assert await socket.receive() == describe("this")


async def test_following_others_replaces_what_was_followed(socket: Socket, team: Team) -> None:
    await socket.send(orjson.dumps({"chats": [OURS_TOO]}).decode())
    assert await socket.receive() == {"type": "following", "chats": [OURS_TOO]}
    publish(team.audience, "no more")
    publish(team.audience, "this", chat=OURS_TOO)
    assert await socket.receive() == describe("this", chat=OURS_TOO)
    await socket.send('{"chats": []}')
    assert await socket.receive() == {"type": "following", "chats": []}


async def test_what_one_may_not_see_is_denied_as_what_does_not_exist(
    socket: Socket, team: Team, other_team: Team
) -> None:
    await socket.send(orjson.dumps({"chats": [THEIRS, UNKNOWN, OURS]}).decode())
    frames = [await socket.receive() for _ in range(3)]
    assert frames == [
        {"type": "following", "chats": [OURS]},
        {"type": "denied", "chat": UNKNOWN},
        {"type": "denied", "chat": THEIRS},
    ]
    publish(other_team.audience, "secret", chat=THEIRS)
    publish(team.audience, "this")
    assert await socket.receive() == describe("this")


async def test_a_chat_told_of_as_another_teams_is_not_heard(
    socket: Socket, team: Team, other_team: Team
) -> None:
    """The audience that comes with the text counts too."""
    publish(other_team.audience, "secret")
    deltas.send_gathered()
    publish(team.audience, "this")
    assert await socket.receive() == describe("this")


async def test_owner_who_is_no_member_follows_nothing(
    hub: Hub, connect: Connect, writer: DatabaseThread
) -> None:
    token = await writer.run(lambda: make_token(make_owner(), Scope.EVENTS_READ, Scope.CHATS_READ))
    socket = await connect(token=token, query=f"?chats={OURS}")
    frames = await socket.receive_until("denied")
    assert frames[1:] == [{"type": "following", "chats": []}, {"type": "denied", "chat": OURS}]


async def test_token_needs_the_scope_of_chats(
    hub: Hub, connect: Connect, user: User, writer: DatabaseThread
) -> None:
    token = await writer.run(make_token, user, Scope.EVENTS_READ)
    socket = await connect(token=token, query=f"?chats={OURS}")
    assert (await socket.receive_until("denied"))[-1] == {"type": "denied", "chat": OURS}


async def test_who_leaves_the_team_hears_no_more_of_its_chats(
    hub: Hub, socket: Socket, team: Team, user: User, writer: DatabaseThread
) -> None:
    def leave() -> None:
        owner = make_principal(make_owner())
        end_membership(principal=owner, membership=Membership.objects.get(user=user))

    await writer.run(leave)
    assert (await socket.receive_until("denied"))[-1] == {"type": "denied", "chat": OURS}
    publish(team.audience, "no more")
    deltas.send_gathered()
    await socket.send(orjson.dumps({"chats": [OURS]}).decode())
    assert await socket.receive() == {"type": "following", "chats": []}
    assert await socket.receive() == {"type": "denied", "chat": OURS}
    assert hub.following.places == {}


async def test_who_comes_in_the_middle_gets_what_was_written_before(
    hub: Hub, connect: Connect, token: str, team: Team
) -> None:
    source = {OURS: [Delta("msg_1", "prt_1", "text", 0, "Let me")]}
    deltas.add_source(lambda chat_id: source.get(chat_id, []))
    try:
        publish(team.audience, " me", offset=3)
        socket = await connect(token=token, query=f"?chats={OURS}")
        await socket.receive_until("following")
        publish(team.audience, " look", offset=6)
        assert [await socket.receive(), await socket.receive()] == [
            describe("Let me"),
            describe(" look", offset=6),
        ]
    finally:
        deltas.sources.clear()


async def test_who_does_not_acknowledge_is_told_of_a_gap_and_nothing_else(
    hub: Hub, socket: Socket, team: Team
) -> None:
    [listener] = hub.listeners
    chunk = "x" * 100_000
    sent = 0
    while not listener.gapped:
        publish(team.audience, chunk, part=f"prt_{sent}")
        deltas.send_gathered()
        sent += 1
    publish(team.audience, "dropped", part="prt_dropped")
    deltas.send_gathered()
    heard = [await socket.receive() for _ in range(sent - 1)]
    assert [frame["text"] for frame in heard] == [chunk] * (sent - 1)
    assert listener.queued_bytes + listener.unheard_bytes <= MAX_UNHEARD_BYTES
    await socket.acknowledge(listener.told)
    assert await socket.receive() == {"type": "gap", "chat": OURS}
    publish(team.audience, "again")
    assert await socket.receive() == describe("again")


@pytest.mark.parametrize(
    "text",
    [
        '{"chats": "ours00000000000"}',
        '{"chats": ["OURS00000000000"]}',
        '{"chats": [1]}',
        '{"chats": [["ours00000000000"]]}',
        '{"chats": [], "ack": 1}',
        orjson.dumps({"chats": [f"{number:015}" for number in range(MAX_CHATS + 1)]}).decode(),
    ],
)
async def test_wish_that_is_not_understood_ends_it(socket: Socket, text: str) -> None:
    await socket.send(text)
    assert (await socket.receive()) == {"closed": CloseCode.MALFORMED}


async def test_as_many_chats_as_may_be_followed_fit_into_a_frame_and_a_query(
    hub: Hub, connect: Connect, socket: Socket, token: str
) -> None:
    ids = [f"{number:015}" for number in range(MAX_CHATS)]
    await socket.send(orjson.dumps({"chats": ids}).decode().replace(",", ", "))
    assert len(await socket.receive_until("denied")) == 2
    other = await connect(token=token, query=f"?topics=chats,requests&chats={'%2C'.join(ids)}")
    assert (await other.receive_until("denied"))[-1]["type"] == "denied"


async def test_who_leaves_is_forgotten(hub: Hub, socket: Socket) -> None:
    assert list(hub.following.places) == [OURS]
    await socket.leave()
    await until(lambda: not hub.listeners)
    assert hub.following.places == {}
