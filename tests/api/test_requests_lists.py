"""Lists of permission requests: which, in which order, on which page, at which cost."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Team, User
from engines.models import Chat, Engine
from governance.domain.decide import approve_request, deny_request
from governance.domain.requests import Wish, create_request
from governance.models import PermissionRequest
from tests.api.clients import call_as, outcome, problem
from tests.factories import (
    make_engine,
    make_principal,
    make_request,
    make_service,
    make_session,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def user(team: Team) -> User:
    return make_user(team)


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team)


def read_ids(answer: Any) -> list[str]:
    return [row["id"] for row in answer.json()["results"]]


# Filters -----------------------------------------------------------------------------------------------


def test_filters_choose(team: Team, user: User, engine: Engine) -> None:
    other_engine = make_engine(team)
    session_id = make_session(other_engine)
    first = make_request(engine, "ls first", now=datetime(2031, 1, 1, tzinfo=UTC))
    second = make_request(
        other_engine, "ls Second", session_id=session_id, now=datetime(2031, 1, 2, tzinfo=UTC)
    )
    third = make_request(engine, "x", permission="read", now=datetime(2031, 1, 3, tzinfo=UTC))
    approve_request(principal=make_principal(user), request_id=third.pk, fingerprint=third.fingerprint)
    client = call_as(user)
    chat = Chat.objects.get(engine=other_engine)
    cases = {
        "": [third, second, first],
        "state=approved": [third],
        "state=approved&state=pending": [third, second, first],
        f"engine={other_engine.pk}": [second],
        f"chat={chat.pk}": [second],
        f"team={team.pk}": [third, second, first],
        f"team={'0' * 15}": [],
        "permission=read": [third],
        "permission=rea": [],
        "created_from=2031-01-02T00:00:00Z": [third, second],
        "created_before=2031-01-02T00:00:00Z": [first],
        "search=second": [second],
        "search=%25": [],
        "state=pending&search=ls": [second, first],
    }
    answers = {query: read_ids(client.read(f"permission-requests/?{query}")) for query in cases}
    assert answers == {query: [row.pk for row in rows] for query, rows in cases.items()}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=nonsense", "state"),
        ("status=pending", "status"),
        ("engine=1", "engine"),
        ("chat=../../etc", "chat"),
        ("created_from=yesterday", "created_from"),
        ("search=a%00b", "search"),
        ("search=" + "x" * 201, "search"),
        ("page_size=0", "page_size"),
        ("page_size=201", "page_size"),
        ("page_size=-1", "page_size"),
        ("page_size=ten", "page_size"),
        ("cursor=nonsense", "cursor"),
        ("cursor=W10", "cursor"),
        ("cursor=WyIyMDMxLTAxLTAxIiwiJzsiXQ", "cursor"),
        ("cursor=\xe9", "cursor"),
        ("offset=3", "offset"),
    ],
)
def test_filter_that_is_not_understood_is_an_error(user: User, query: str, field: str) -> None:
    answer = call_as(user).read(f"permission-requests/?{query}")
    assert answer.status_code == 400
    assert [error["field"] for error in problem(answer)["errors"]] == [field]


# Pages -------------------------------------------------------------------------------------------------


def read_all_pages(client: Any, path: str, between: Callable[[], object] = lambda: None) -> list[list[str]]:
    """The ids on each page; `between` happens after each."""
    pages = []
    while path:
        page = client.read(path).json()
        pages.append([row["id"] for row in page["results"]])
        between()
        path = (page["next"] or "").removeprefix("http://testserver")
    return pages


def test_pages_hold_every_request_once_whatever_comes_in_meanwhile(user: User, engine: Engine) -> None:
    same_moment = datetime(2031, 1, 1, tzinfo=UTC)
    rows = [make_request(engine, now=same_moment) for _ in range(7)]
    expected = sorted((row.pk for row in rows), reverse=True)

    def meanwhile() -> None:
        make_request(engine, now=datetime(2031, 1, 2, tzinfo=UTC))
        first = PermissionRequest.objects.get(pk=expected[0])
        if first.is_pending:
            deny_request(principal=make_principal(user), request_id=first.pk, fingerprint=first.fingerprint)

    pages = read_all_pages(call_as(user), "permission-requests/?page_size=3", meanwhile)
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [row_id for page in pages for row_id in page] == expected


def test_pages_are_in_order_of_time(user: User, engine: Engine) -> None:
    start = datetime(2031, 1, 1, tzinfo=UTC)
    offsets_us = [0, 1, 999_999, 1_000_000, 500_000]
    rows = {
        offset: make_request(engine, now=start + timedelta(microseconds=offset)).pk for offset in offsets_us
    }
    pages = read_all_pages(call_as(user), "permission-requests/?page_size=1")
    assert [page[0] for page in pages] == [rows[offset] for offset in sorted(offsets_us, reverse=True)]


def test_next_page_keeps_the_filters(user: User, engine: Engine) -> None:
    for command in ("ls a", "ls b", "pwd"):
        make_request(engine, command)
    page = call_as(user).read("permission-requests/?search=ls&state=pending&page_size=1").json()
    assert page["next"] == (
        f"http://testserver/api/v1/permission-requests/?cursor={page['next_cursor']}"
        "&page_size=1&search=ls&state=pending"
    )


def test_page_has_thirty_rows(user: User, engine: Engine) -> None:
    for _ in range(31):
        make_request(engine)
    assert len(call_as(user).read("permission-requests/").json()["results"]) == 30


# Cost --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
def test_list_costs_the_same_whatever_its_length(
    team: Team, user: User, count: int, django_assert_num_queries: Any
) -> None:
    """Roles, own service accounts, requests, own votes, replies."""
    service = make_service(user, team)
    for _ in range(count):
        engine = make_engine(team)
        parent = make_session(engine)
        child = make_session(engine, parent_id=parent)
        row = make_request(engine, session_id=child)
        approve_request(principal=make_principal(user), request_id=row.pk, fingerprint=row.fingerprint)
        make_request(engine, session_id=parent)
        create_request(principal=make_principal(service), team=team, wish=Wish(permission="deploy"))
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    client = call_as(user)
    client.read("users/me/")
    with django_assert_num_queries(6):
        answer = client.read("permission-requests/")
    assert len(answer.json()["results"]) == 3 * count


@pytest.mark.parametrize("count", [1, 3])
def test_request_costs_the_same_whatever_its_siblings(
    user: User, engine: Engine, count: int, django_assert_num_queries: Any
) -> None:
    """Roles, the request, own vote, replies, comments, siblings."""
    rows = [make_request(engine) for _ in range(count)]
    client = call_as(user)
    client.read("users/me/")
    with django_assert_num_queries(6):
        client.read(f"permission-requests/{rows[0].pk}/")


def test_list_does_not_read_the_content(user: User, engine: Engine, django_assert_num_queries: Any) -> None:
    make_request(engine, "x" * 1000)
    client = call_as(user)
    client.read("users/me/")
    with django_assert_num_queries(5) as queries:
        client.read("permission-requests/")
    assert not any('"content"' in query["sql"] for query in queries)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("permission-requests/?created_from=", "created_from"),
        ("permission-requests/?search=", "search"),
        ("permission-requests/?permission=bash&permission=edit", "permission"),
        ("permission-requests/?state=pending&state=", "state"),
        ("permission-requests/?page_size=5&page_size=6", "page_size"),
        ("engines/?is_enabled=null", "is_enabled"),
        ("engines/?is_enabled=True", "is_enabled"),
    ],
)
def test_unclear_filter_does_not_answer_with_everything(path: str, field: str) -> None:
    team = make_team()
    make_request(make_engine(team))
    answer = call_as(make_user(team)).read(path)
    assert outcome(answer) == (400, "invalid")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_several_states_and_a_flag_are_clear() -> None:
    team = make_team()
    engine = make_engine(team)
    asked = make_request(engine)
    client = call_as(make_user(team))
    page = client.read("permission-requests/?state=pending&state=denied").json()
    assert [row["id"] for row in page["results"]] == [asked.pk]
    found = {
        text: [row["id"] for row in client.read(f"engines/?is_enabled={text}").json()["results"]]
        for text in ("true", "false")
    }
    assert found == {"true": [engine.pk], "false": []}


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("0037-09-12T11:22:01.1-20:58", 200),
        ("2031-01-02T00:00:00+23:59", 200),
        ("0001-01-01T00:00:00+01:00", 400),
        ("9999-12-31T23:59:59-01:00", 400),
    ],
)
def test_odd_offset_is_a_moment_or_an_error(moment: str, status: int) -> None:
    client = call_as(make_user(make_team()))
    text = moment.replace("+", "%2B")
    assert client.read(f"permission-requests/?created_before={text}").status_code == status
    cursor = base64.urlsafe_b64encode(json.dumps([moment, "0" * 15]).encode()).decode().rstrip("=")
    assert client.read(f"permission-requests/?cursor={cursor}").status_code == status
