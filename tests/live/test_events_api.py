"""GET /api/v1/events/: pages of the log by cursor."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.enums import Role, Scope
from accounts.models import Team, User
from events.append_only import suspended
from events.models import Event, LogHead
from live.messages import describe_event
from tests.api.clients import call_as, outcome, problem, sign_in
from tests.factories import make_owner, make_team, make_user
from tests.live.streams import emit

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(db: None) -> Team:
    return make_team()


@pytest.fixture
def user(team: Team) -> User:
    return make_user(team, Role.VIEWER)


def head() -> int:
    return LogHead.objects.get(pk=1).event_seq


def seqs(answer: Any) -> tuple[list[int], int]:
    assert answer.status_code == 200, answer.content
    body = answer.json()
    return [event["seq"] for event in body["events"]], body["cursor"]


def test_page_holds_the_visible_events_and_the_examined_cursor(team: Team, user: User) -> None:
    client = call_as(user, Scope.EVENTS_READ)
    start = head()
    first = emit(team.audience, subject="abc")
    emit(make_team().audience)
    emit("owners")
    last = emit(f"user:{user.pk}", topic="notices")
    emit(f"user:{make_user().pk}")
    answer = client.read(f"events/?since={start}")
    assert answer.json() == {
        "events": [describe_event(Event.objects.get(pk=first)), describe_event(Event.objects.get(pk=last))],
        "cursor": head(),
    }
    assert seqs(client.read(f"events/?since={start}&topics=notices,chats")) == ([last], head())


def test_without_a_cursor_there_is_only_the_cursor(team: Team, user: User) -> None:
    emit(team.audience)
    assert seqs(sign_in(user).read("events/")) == ([], head())


def test_owner_sees_the_state_words_of_every_team(team: Team, user: User) -> None:
    client = call_as(make_owner(), Scope.EVENTS_READ)
    start = head()
    seen = [emit(team.audience), emit(make_team().audience), emit("owners")]
    emit(f"user:{user.pk}")
    assert seqs(client.read(f"events/?since={start}")) == (seen, head())


def test_pages_join_without_a_gap_or_a_repetition(team: Team, user: User) -> None:
    client = call_as(user, Scope.EVENTS_READ)
    start = cursor = head()
    wanted = []
    for _ in range(5):
        wanted.append(emit(team.audience))
        emit("owners")
    got: list[int] = []
    pages = 0
    while cursor < head():
        page, cursor = seqs(client.read(f"events/?since={cursor}&limit=2"))
        got += page
        pages += 1
    assert (got, pages) == (wanted, 3)
    assert seqs(client.read(f"events/?since={start}&limit=5"))[0] == wanted


@pytest.mark.parametrize("since", ["beyond the head", "before what is kept"])
def test_cursor_that_can_not_be_replayed_is_gone(team: Team, user: User, since: str) -> None:
    client = call_as(user, Scope.EVENTS_READ)
    last = emit(team.audience, count=3)
    with suspended():
        Event.objects.filter(seq__lt=last).delete()
    cursor = last + 1 if since == "beyond the head" else last - 2
    answer = client.read(f"events/?since={cursor}")
    assert (outcome(answer), problem(answer)["cursor"]) == ((410, "reset"), last)
    assert seqs(client.read(f"events/?since={last - 1}")) == ([last], last)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("since=-1", "invalid"),
        ("since=", "invalid"),
        ("since=1e3", "invalid"),
        ("since=9223372036854775808", "invalid"),
        ("since=%C2%B2", "invalid"),
        ("topics=", "invalid"),
        ("topics=requests,weather", "invalid"),
        ("limit=0", "invalid"),
        ("limit=501", "invalid"),
        ("limit=ten", "invalid"),
        ("wait=56", "invalid"),
        ("wait=-1", "invalid"),
        ("wait=nan", "invalid"),
        ("wait=soon", "invalid"),
        ("token=csk_00000000_unknown", "unknown_parameter"),
    ],
)
def test_query_that_is_not_understood_is_refused(user: User, query: str, code: str) -> None:
    assert outcome(call_as(user, Scope.EVENTS_READ).read(f"events/?{query}")) == (400, code)


def test_token_without_the_scope_is_refused(user: User) -> None:
    answer = call_as(user, Scope.REQUESTS_READ, Scope.CHATS_READ).read("events/?since=0")
    assert outcome(answer) == (403, "missing_scope")


@pytest.mark.parametrize("count", [1, 3])
def test_queries_do_not_grow_with_the_page(
    team: Team, user: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = call_as(user, Scope.EVENTS_READ)
    start = head()
    client.read("events/")
    emit(team.audience, count=count)
    with django_assert_num_queries(5):  # roles, head, page, head, oldest
        assert len(seqs(client.read(f"events/?since={start}"))[0]) == count
