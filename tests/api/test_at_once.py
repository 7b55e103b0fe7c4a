"""Several callers at the same moment, each on a connection of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from accounts.models import Team
from engines.models import Chat
from events.database_threads import DatabaseThread
from governance.models import EngineReply, PermissionRequest
from reviews.models import Vote
from tests.api.clients import ApiClient, call_as, problem
from tests.factories import (
    make_chat,
    make_engine,
    make_request,
    make_service,
    make_session,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db(transaction=True)

CALLERS = 6
DEADLINE_S = 30.0


def call_at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """The answers, in the order of the calls."""
    barrier = Barrier(len(calls))
    threads = [DatabaseThread(f"test-caller-{number}") for number in range(len(calls))]

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait(DEADLINE_S)
        return call()

    try:
        futures = [thread.submit(run, call) for thread, call in zip(threads, calls, strict=True)]
        return [future.result(DEADLINE_S) for future in futures]
    finally:
        for thread in threads:
            thread.submit(connections.close_all).result(DEADLINE_S)
            thread.executor.shutdown()


@pytest.fixture
def team(transactional_db: None) -> Team:
    team = make_team()
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    return team


def test_same_key_at_the_same_moment_makes_one_request(team: Team) -> None:
    service = make_service(make_user(team), team)
    clients = [call_as(service) for _ in range(CALLERS)]

    def ask(client: ApiClient) -> Any:
        return client.write(
            "permission-requests/", {"permission": "deploy"}, headers={"Idempotency-Key": "job-1"}
        )

    answers = call_at_once([partial(ask, client) for client in clients])
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: CALLERS - 1}
    assert {answer.json()["id"] for answer in answers} == {PermissionRequest.objects.get().pk}


def test_decisions_at_the_same_moment_are_one_decision(team: Team) -> None:
    row = make_request(make_engine(team))
    users = [make_user(team) for _ in range(CALLERS)]
    clients = [call_as(user) for user in users]

    def decide(number: int) -> Any:
        verb = "approve" if number % 2 else "deny"
        body = {"fingerprint": row.fingerprint}
        return clients[number].write(f"permission-requests/{row.pk}/{verb}/", body)

    answers = call_at_once([partial(decide, number) for number in range(CALLERS)])
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: CALLERS - 1}
    row.refresh_from_db()
    losers = [problem(answer) for answer in answers if answer.status_code == 409]
    assert {(loser["code"], loser["decided_by"], loser["state"]) for loser in losers} == {
        ("already_decided", row.decided_by_label, row.state)
    }
    assert (Vote.objects.count(), EngineReply.objects.count()) == (1, 1)


def test_a_chat_is_taken_over_by_one_of_many(team: Team) -> None:
    make_session(make_engine(team))
    chat = Chat.objects.get()
    clients = [call_as(make_user(team)) for _ in range(CALLERS)]
    answers = call_at_once([partial(client.write, f"chats/{chat.pk}/take-over/") for client in clients])
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: CALLERS - 1}
    assert {problem(answer)["code"] for answer in answers if answer.status_code == 409} == {"already"}
    chat.refresh_from_db()
    [taken] = [answer for answer in answers if answer.status_code == 200]
    assert taken.json()["user"]["id"] == chat.user_id


def test_messages_sent_at_the_same_moment_all_have_their_place(team: Team) -> None:
    user = make_user(team)
    chat = make_chat(user, make_engine(team))
    clients = [call_as(user) for _ in range(CALLERS)]

    def send(number: int) -> Any:
        return clients[number].write(f"chats/{chat.pk}/messages/", {"text": f"number {number}"})

    answers = call_at_once([partial(send, number) for number in range(CALLERS)])
    assert [answer.status_code for answer in answers] == [201] * CALLERS
    places = [answer.json()["outgoing"]["position"] for answer in answers]
    assert sorted(places) == list(range(1, CALLERS + 1))
