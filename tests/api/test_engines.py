"""Engines, chats, messages and subagents through the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Team, User
from engines.domain.messages import MessageFacts, record_message, record_part
from engines.domain.parts import PartFacts
from engines.models import Chat, Engine, Subagent
from tests.api.clients import call_as, outcome, problem
from tests.factories import make_engine, make_owner, make_session, make_team, make_user

pytestmark = pytest.mark.django_db

SECRET = "ghp_abcdefghijklmnop123456"
PASSWORD = "engine password 123"


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def user(team: Team) -> User:
    return make_user(team)


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team, password=PASSWORD, directories=["/srv/demo"], version="1.2.3")


def say(engine: Engine, session_id: str, text: str, number: int = 1) -> None:
    """One message of the user's with one text part and one tool part."""
    record_message(
        engine=engine,
        facts=MessageFacts(
            id=f"msg_{number}",
            session_id=session_id,
            role="user",
            parent_id="",
            created_at=timezone.now() + timedelta(seconds=number),
            is_completed=True,
            error="",
        ),
    )
    for facts in (
        PartFacts(
            id=f"prt_{number}a", message_id=f"msg_{number}", session_id=session_id, kind="text", text=text
        ),
        PartFacts(
            id=f"prt_{number}b",
            message_id=f"msg_{number}",
            session_id=session_id,
            kind="tool",
            tool="bash",
            call_id="call_1",
            status="running",
        ),
    ):
        record_part(engine=engine, facts=facts)


def shown_moment(moment: Any) -> str | None:
    return None if moment is None else str(moment.isoformat().replace("+00:00", "Z"))


def test_engine_shows_its_state_and_never_its_credentials(team: Team, user: User, engine: Engine) -> None:
    client = call_as(user)
    listed, shown = client.read("engines/"), client.read(f"engines/{engine.pk}/")
    expected = {
        "id": engine.pk,
        "name": engine.name,
        "team": {"id": team.pk, "name": team.name},
        "kind": "opencode",
        "address": engine.address,
        "version": "1.2.3",
        "state": "unknown",
        "state_reason": "",
        "state_since": shown_moment(engine.state_since),
        "last_seen_at": None,
        "control": "none",
        "is_enabled": True,
        "directories": ["/srv/demo"],
        "request_timeout_s": 3600,
        "created_at": shown_moment(engine.created_at),
    }
    assert listed.json()["results"] == [expected]
    assert shown.json() == expected
    engine.refresh_from_db()
    for answer in (listed, shown):
        assert PASSWORD not in answer.content.decode()
        assert engine.password not in answer.content.decode()


def test_engines_are_filtered(team: Team, user: User, engine: Engine) -> None:
    Engine.objects.filter(pk=engine.pk).update(state="online")
    other = make_engine(team)
    client = call_as(user)
    cases = {
        f"?team={team.pk}": [other.pk, engine.pk],
        "?state=online": [engine.pk],
        "?state=online&state=unknown": [other.pk, engine.pk],
        "?is_enabled=false": [],
    }
    answers = {
        query: [row["id"] for row in client.read(f"engines/{query}").json()["results"]] for query in cases
    }
    assert answers == cases
    assert problem(client.read("engines/?state=gone"))["errors"][0]["field"] == "state"


def test_retired_engine_is_gone(user: User, engine: Engine) -> None:
    Engine.objects.filter(pk=engine.pk).update(retired_at=timezone.now())
    client = call_as(user)
    assert client.read("engines/").json()["results"] == []
    assert outcome(client.read(f"engines/{engine.pk}/")) == (404, "not_found")


def test_owner_sees_engines_of_every_team_and_chats_of_none(engine: Engine) -> None:
    make_session(engine)
    client = call_as(make_owner())
    assert [row["id"] for row in client.read("engines/").json()["results"]] == [engine.pk]
    assert client.read("chats/").json()["results"] == []


def test_chat_shows_its_state_with_secrets_masked(team: Team, user: User, engine: Engine) -> None:
    session_id = make_session(engine, title=f"use {SECRET}")
    chat = Chat.objects.get()
    Chat.objects.update(preview=f"token={SECRET}")
    chat.refresh_from_db()
    expected = {
        "id": chat.pk,
        "title": "use ••••",
        "description": "",
        "tags": [],
        "preview": "token=••••",
        "team": {"id": team.pk, "name": team.name},
        "engine": {"id": engine.pk, "name": engine.name},
        "engine_type": "opencode",
        "ai_engine_session_id": session_id,
        "user": None,
        "agent": "build",
        "directory": "/srv/demo",
        "turn": chat.turn,
        "session_state": chat.session_state,
        "is_unread": False,
        "waiting_prompts": 0,
        "waiting": 0,
        "last_active": shown_moment(chat.last_active),
        "last_reply_at": None,
        "aborted_at": None,
        "blocked_at": None,
        "archived": False,
        "created": shown_moment(chat.created_at),
        "updated": shown_moment(chat.updated_at),
    }
    client = call_as(user)
    assert client.read("chats/").json()["results"] == [expected]
    assert client.read(f"chats/{chat.pk}/").json() == expected


def test_messages_are_in_order_with_secrets_masked(user: User, engine: Engine) -> None:
    session_id = make_session(engine)
    for number in (1, 2, 3):
        say(engine, session_id, f"{number} password={SECRET}", number)
    chat = Chat.objects.get()
    client = call_as(user)
    first = client.read(f"chats/{chat.pk}/messages/?page_size=2").json()
    assert [row["ai_engine_message_id"] for row in first["results"]] == ["msg_1", "msg_2"]
    second = client.read(first["next"].removeprefix("http://testserver")).json()
    assert [row["ai_engine_message_id"] for row in second["results"]] == ["msg_3"]
    assert second["next"] is None
    assert first["results"][0]["parts"] == [
        {"id": "prt_1a", "type": "text", "text": "1 password=••••"},
        {
            "id": "prt_1b",
            "type": "tool",
            "tool": "bash",
            "callID": "call_1",
            "status": "running",
            "title": "",
        },
    ]


def test_chats_and_subagents_are_filtered(team: Team, user: User, engine: Engine) -> None:
    parent = make_session(engine)
    make_session(engine, parent_id=parent)
    other = make_engine(team)
    other_parent = make_session(other)
    make_session(other, parent_id=other_parent)
    chat = Chat.objects.get(engine=engine)
    subagent = Subagent.objects.get(instance=engine)
    client = call_as(user)
    assert [row["id"] for row in client.read(f"chats/?engine={engine.pk}").json()["results"]] == [chat.pk]
    for query in (f"chat={chat.pk}", f"engine={engine.pk}", f"engine={engine.pk}&status={subagent.status}"):
        rows = client.read(f"subagents/?{query}").json()["results"]
        assert [row["id"] for row in rows] == [subagent.pk]
    assert len(client.read("subagents/").json()["results"]) == 2
    assert problem(client.read("subagents/?chat=1"))["errors"][0]["field"] == "chat"


def test_subagent_shows_its_place(user: User, engine: Engine) -> None:
    parent = make_session(engine)
    child = make_session(engine, parent_id=parent, title=f"look with {SECRET}", agent="explore")
    row = Subagent.objects.get()
    shown = call_as(user).read(f"subagents/{row.pk}/").json()
    names = ("id", "engine", "kind", "source_ref", "parent_ref", "parent_id", "depth", "chat_id", "agent")
    assert {name: shown[name] for name in names} == {
        "id": row.pk,
        "engine": {"id": engine.pk, "name": engine.name},
        "kind": "opencode_task",
        "source_ref": child,
        "parent_ref": parent,
        "parent_id": None,
        "depth": 1,
        "chat_id": Chat.objects.get().pk,
        "agent": "explore",
    }
    assert SECRET not in str(shown)


def test_other_team_s_things_do_not_exist(engine: Engine) -> None:
    parent = make_session(engine)
    make_session(engine, parent_id=parent)
    say(engine, parent, "hello")
    chat, subagent = Chat.objects.get(), Subagent.objects.get()
    stranger = call_as(make_user(make_team()))
    for name in ("engines", "chats", "subagents"):
        assert stranger.read(f"{name}/").json()["results"] == []
    for path in (
        f"engines/{engine.pk}/",
        f"chats/{chat.pk}/",
        f"chats/{chat.pk}/messages/",
        f"subagents/{subagent.pk}/",
    ):
        assert outcome(stranger.read(path)) == (404, "not_found")


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("path", "queries"), [("engines/", 1), ("chats/", 2), ("subagents/", 2), ("messages", 3), ("teams/", 2)]
)
def test_lists_cost_the_same_whatever_their_length(
    team: Team, user: User, path: str, queries: int, count: int, django_assert_num_queries: Any
) -> None:
    """Roles, then the rows; engines of a team ask for roles too; messages for the chat first."""
    engine = make_engine(team)
    for number in range(count):
        parent = make_session(make_engine(team))
        make_session(Engine.objects.get(chats__ai_engine_session_id=parent), parent_id=parent)
        if number == 0:
            engine = Engine.objects.get(chats__ai_engine_session_id=parent)
        say(engine, str(Chat.objects.get(engine=engine).ai_engine_session_id), "hello", number + 1)
    if path == "messages":
        path = f"chats/{Chat.objects.get(engine=engine).pk}/messages/"
    client = call_as(user)
    client.read("users/me/")
    with django_assert_num_queries(queries if path != "engines/" else 2):
        client.read(path)


@pytest.mark.parametrize("path", ["engines/", "subagents/", "teams/", "tokens/"])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_nothing_is_replaced_or_deleted(user: User, engine: Engine, path: str, method: str) -> None:
    make_session(engine)
    client = call_as(user)
    for address in (path, f"{path}{engine.pk}/"):
        answer = client.send(method, address, {"name": "mine"})
        assert outcome(answer) == (405, "method_not_allowed")
        assert "GET" in answer.headers["Allow"]
