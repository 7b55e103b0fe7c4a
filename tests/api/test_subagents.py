"""Delegations through the API: engines' and CAO servers', their chains and trees."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import Role
from accounts.models import Team
from chats.models import TurnStop
from engines.enums import SubagentKind, SubagentStatus, Turn
from engines.models import CaoServer, Chat, Engine, Subagent
from tests.api.clients import ApiClient, call_as, outcome
from tests.api.test_schema import validate_answer
from tests.factories import (
    make_cao_server,
    make_chat,
    make_engine,
    make_request,
    make_session,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db

SECRET = "ghp_abcdefghijklmnop123456"


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def client(team: Team) -> ApiClient:
    return call_as(make_user(team))


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team)


@pytest.fixture
def server(team: Team) -> CaoServer:
    return make_cao_server(team)


def delegate(source: Engine | CaoServer, parent: Subagent | None = None, **values: Any) -> Subagent:
    """A row of the ledger below another one, or the first of its tree."""
    number = Subagent.objects.count()
    is_engine = isinstance(source, Engine)
    facts = {
        "kind": SubagentKind.OPENCODE_TASK if is_engine else SubagentKind.CAO_ASSIGN,
        "source_ref": f"ref{number}",
        "first_seen_at": timezone.now() + timedelta(seconds=number),
        "parent": parent,
        "root": (parent.root or parent) if parent else None,
        "depth": parent.depth + 1 if parent else 1,
        "status": SubagentStatus.RUNNING,
        ("instance" if is_engine else "cao_server"): source,
    }
    return Subagent.objects.create(**{**facts, **values})


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def test_a_cao_server_s_delegation_names_its_server_and_hides_secrets(
    client: ApiClient, server: CaoServer
) -> None:
    row = delegate(
        server,
        agent="reviewer",
        provider="claude_code",
        model="m",
        status=SubagentStatus.FAILED,
        description=f"use {SECRET}",
        result_excerpt=f"used {SECRET}",
        error=f"{SECRET} was refused",
        evidence="terminals.status",
    )
    listed, shown = client.read("subagents/"), client.read(f"subagents/{row.pk}/")
    validate_answer(listed, "get", "subagents/")
    validate_answer(shown, "get", "subagents/{id}/")
    names = ("engine", "cao_server", "kind", "agent", "provider", "model", "description", "result_excerpt")
    assert {name: shown.json()[name] for name in (*names, "error", "evidence", "status")} == {
        "engine": None,
        "cao_server": {"id": server.pk, "name": server.name},
        "kind": "cao_assign",
        "agent": "reviewer",
        "provider": "claude_code",
        "model": "m",
        "description": "use ••••",
        "result_excerpt": "used ••••",
        "error": "•••• was refused",
        "evidence": "terminals.status",
        "status": "failed",
    }
    assert listed.json()["results"] == [shown.json()]


def test_delegations_are_filtered(client: ApiClient, team: Team, engine: Engine, server: CaoServer) -> None:
    top = delegate(engine, agent="build")
    below = delegate(engine, top, status=SubagentStatus.WAITING_HUMAN)
    lost = delegate(server, status=SubagentStatus.LOST)
    cases = {
        "": {top.pk, below.pk, lost.pk},
        f"?team={team.pk}": {top.pk, below.pk, lost.pk},
        f"?team={make_team().pk}": set(),
        f"?engine={engine.pk}": {top.pk, below.pk},
        f"?cao_server={server.pk}": {lost.pk},
        f"?parent={top.pk}": {below.pk},
        f"?root={top.pk}": {below.pk},
        "?status=waiting_human": {below.pk},
        "?status=lost&status=running": {lost.pk, top.pk},
        "?open=true": {top.pk, below.pk},
        "?open=false": {lost.pk},
        "?kind=cao_assign": {lost.pk},
        "?agent=build": {top.pk},
    }
    assert {query: set(ids(client.read(f"subagents/{query}"))) for query in cases} == cases
    assert outcome(client.read("subagents/?open=maybe")) == (400, "invalid")


def test_a_chain_leads_from_the_chat_to_the_one_who_asks(client: ApiClient, engine: Engine) -> None:
    first = make_session(engine)
    second = make_session(engine, parent_id=first)
    third = make_session(engine, parent_id=second)
    top, below = (Subagent.objects.get(source_ref=each) for each in (second, third))
    answer = client.read(f"subagents/{below.pk}/chain/")
    validate_answer(answer, "get", "subagents/{id}/chain/")
    shown = answer.json()
    assert (shown["chat_id"], [row["id"] for row in shown["subagents"]]) == (
        Chat.objects.get().pk,
        [top.pk, below.pk],
    )


@pytest.mark.parametrize("position", [0, 1, 3])
def test_a_tree_is_whole_whichever_of_it_is_asked_for(
    client: ApiClient, engine: Engine, position: int
) -> None:
    top = delegate(engine)
    left, right = delegate(engine, top), delegate(engine, top)
    deep = delegate(engine, left)
    delegate(engine)
    rows = [top, left, right, deep]
    answer = client.read(f"subagents/{rows[position].pk}/tree/")
    validate_answer(answer, "get", "subagents/{id}/tree/")
    assert ids(answer) == [row.pk for row in rows]


def test_who_decides_stops_a_delegation_with_all_that_follow_from_it(
    client: ApiClient, team: Team, engine: Engine
) -> None:
    top = delegate(engine)
    left, right = delegate(engine, top), delegate(engine, top)
    deep = delegate(engine, left)
    viewer = call_as(make_user(team, Role.VIEWER))
    assert outcome(viewer.write(f"subagents/{left.pk}/stop/")) == (403, "refused")
    answer = client.write(f"subagents/{left.pk}/stop/")
    validate_answer(answer, "post", "subagents/{id}/stop/")
    stopped = {"has_turn": False, "delegations": 2, "requests": 0, "questions": 0}
    assert (answer.status_code, answer.json()) == (202, stopped)
    asked = {
        row["id"]: row["stop_asked_at"] is not None for row in client.read("subagents/").json()["results"]
    }
    assert asked == {top.pk: False, left.pk: True, right.pk: False, deep.pk: True}
    assert outcome(client.write(f"subagents/{left.pk}/stop/")) == (409, "not_working")


def test_a_chat_is_stopped_with_its_delegations_and_what_they_ask(team: Team, engine: Engine) -> None:
    user = make_user(team, Role.EDITOR)
    chat = make_chat(user, engine, "ses_top")
    child = make_session(engine, parent_id="ses_top")
    asked = make_request(engine, session_id=child)
    Chat.objects.filter(pk=chat.pk).update(turn=Turn.ASSISTANT)
    caller = call_as(user)
    answer = caller.write(f"chats/{chat.pk}/stop-tree/")
    validate_answer(answer, "post", "chats/{id}/stop-tree/")
    assert answer.json() == {"has_turn": True, "delegations": 1, "requests": 1, "questions": 0}
    asked.refresh_from_db()
    assert not asked.is_pending
    assert TurnStop.objects.get().chat_id == chat.pk


def test_another_team_s_delegations_do_not_exist(engine: Engine, server: CaoServer) -> None:
    stranger = call_as(make_user(make_team()))
    for row in (delegate(engine), delegate(server)):
        for verb in ("", "chain/", "tree/"):
            assert outcome(stranger.read(f"subagents/{row.pk}/{verb}")) == (404, "not_found")
    assert ids(stranger.read("subagents/")) == []


@pytest.mark.parametrize("path", ["", "{top}/tree/"])
def test_lists_cost_the_same_whatever_their_length(
    client: ApiClient, engine: Engine, server: CaoServer, path: str
) -> None:
    top, counts = delegate(engine), []
    for _ in range(3):
        delegate(engine, top)
        delegate(server)
        # The token is looked up anew every few seconds.
        client.read("users/me/")
        with CaptureQueriesContext(connection) as queries:
            assert client.read(f"subagents/{path.format(top=top.pk)}").status_code == 200
        counts.append(len(queries))
    assert counts[1:] == counts[:-1]
