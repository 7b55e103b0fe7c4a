"""Reading permission requests: what is shown, to whom, in which order, at which cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import Team, User
from engines.models import Chat, Engine
from events.models import AuditEntry
from governance.domain.close import close_session_requests
from governance.domain.decide import approve_request, deny_request
from governance.domain.requests import Wish, create_request
from governance.enums import CloseReason
from governance.models import EngineReply, PermissionRequest
from reviews.models import ReviewPolicy
from tests.api.clients import call_as, outcome, problem
from tests.factories import (
    make_engine,
    make_owner,
    make_principal,
    make_request,
    make_service,
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
def user(team: Team) -> User:
    return make_user(team)


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team)


def read_ids(answer: Any) -> list[str]:
    return [row["id"] for row in answer.json()["results"]]


def test_request_shows_all_its_facts(team: Team, user: User, engine: Engine) -> None:
    session_id = make_session(engine, title="Tidy up")
    now = datetime(2031, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    row = make_request(engine, "ls -la", session_id=session_id, now=now, engine_request_id="per_x")
    chat = Chat.objects.get(engine=engine)
    token_cannot = "This team does not let API tokens decide."
    expected = {
        "id": row.pk,
        "state": "pending",
        "fingerprint": row.fingerprint,
        "permission": "bash",
        "summary": "ls -la",
        "is_summary_whole": True,
        "findings": [],
        "arguments_known": True,
        "sealed": True,
        "can_decide": False,
        "cannot_decide_because": token_cannot,
        "my_decision": None,
        "approvals": 0,
        "approvals_needed": 1,
        "team": {"id": team.pk, "name": team.name},
        "source": "engine",
        "requester": {"kind": "engine", "id": engine.pk, "label": engine.name},
        "engine": {"id": engine.pk, "name": engine.name},
        "chat": {"id": chat.pk, "title": "Tidy up", "session_id": session_id},
        "subagent": None,
        "engine_request_id": "per_x",
        "session_id": session_id,
        "tool_message_id": "msg_1",
        "tool_call_id": "call_1",
        "directory": "/srv/demo",
        "agent": "build",
        "created_at": "2031-01-02T03:04:05.678901Z",
        "expires_at": "2031-01-02T04:04:05.678901Z",
        "decided_at": None,
        "decided_by": None,
        "decision_door": "",
        "decision_message": "",
        "close_reason": "",
        "closed_by": None,
        "delivery": None,
    }
    client = call_as(user)
    assert client.read("permission-requests/").json() == {
        "next": None,
        "next_cursor": None,
        "results": [expected],
    }
    content = {
        "permission": "bash",
        "patterns": ["ls -la"],
        "directory": "/srv/demo",
        "agent": "build",
        "command": "ls -la",
        "diff": "",
        "arguments": {"command": "ls -la", "description": "test"},
        "metadata": {},
        "tool": "",
    }
    assert client.read(f"permission-requests/{row.pk}/").json() == {
        **expected,
        "siblings": 0,
        "content": content,
    }


def test_decided_request_names_who_when_where_and_the_delivery(team: Team, engine: Engine) -> None:
    approver = make_user(team)
    row = make_request(engine)
    deny_request(
        principal=make_principal(approver), request_id=row.pk, fingerprint=row.fingerprint, reason="not now"
    )
    row.refresh_from_db()
    reply = EngineReply.objects.get(request=row)
    shown = call_as(approver).read(f"permission-requests/{row.pk}/").json()
    assert shown["decided_by"] == {"kind": "user", "id": approver.pk, "label": approver.username}
    assert (shown["state"], shown["decision_message"], shown["decision_door"]) == ("denied", "not now", "api")
    assert shown["my_decision"]["verdict"] == "deny"
    assert shown["my_decision"]["reason"] == "not now"
    assert shown["cannot_decide_because"] == f"{approver.username} denied it already."
    assert shown["delivery"] == {
        "reply": "reject",
        "state": "queued",
        "attempts": 0,
        "error": "",
        "created_at": reply.created_at.isoformat().replace("+00:00", "Z"),
        "sent_at": None,
        "ended_at": None,
    }


def test_closed_request_says_why(user: User, engine: Engine) -> None:
    row = make_request(engine)
    now = timezone.now()
    close_session_requests(
        engine=engine,
        session_ids=["ses_1"],
        reason=CloseReason.SESSION_ABORTED,
        seen_before=now + timedelta(seconds=1),
        now=now,
    )
    shown = call_as(user).read(f"permission-requests/{row.pk}/").json()
    assert (shown["state"], shown["close_reason"]) == ("expired", "session_aborted")
    assert shown["cannot_decide_because"] == "It is expired: the agent's turn was aborted."


def test_whoever_may_decide_is_told_so(team: Team, user: User, engine: Engine) -> None:
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    make_request(engine)
    shown = call_as(user).read("permission-requests/").json()["results"][0]
    assert (shown["can_decide"], shown["cannot_decide_because"]) == (True, "")


def test_second_vote_is_not_offered(team: Team, user: User, engine: Engine) -> None:
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    ReviewPolicy.objects.create(team=team, kind="permission_request", approvals_needed=2)
    row = make_request(engine)
    approve_request(principal=make_principal(user), request_id=row.pk, fingerprint=row.fingerprint)
    shown = call_as(user).read("permission-requests/").json()["results"][0]
    assert (shown["approvals"], shown["can_decide"]) == (1, False)
    assert shown["cannot_decide_because"] == "You have voted on this already."


def test_nobody_is_offered_what_their_service_account_asks(team: Team, user: User) -> None:
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    service = make_service(user, team)
    create_request(principal=make_principal(service), team=team, wish=Wish(permission="deploy"))
    other = make_user(team)
    mine = call_as(user).read("permission-requests/").json()["results"][0]
    assert mine["cannot_decide_because"] == (
        "Nobody decides what they, or a service account they own, asked for."
    )
    assert call_as(other).read("permission-requests/").json()["results"][0]["can_decide"] is True


def test_secrets_are_masked_in_lists_and_shown_on_the_request_with_an_audit_entry(
    user: User, engine: Engine
) -> None:
    row = make_request(engine, f"git push https://me:{SECRET}@example.org")
    client = call_as(user)
    listed = client.read("permission-requests/")
    assert SECRET not in listed.content.decode()
    assert listed.json()["results"][0]["summary"] == "git push https://••••@example.org"
    before = AuditEntry.objects.count()
    shown = client.read(f"permission-requests/{row.pk}/")
    assert shown.json()["content"]["command"] == f"git push https://me:{SECRET}@example.org"
    entries = list(AuditEntry.objects.order_by("n")[before:])
    assert [(entry.actor_id, entry.subject_id, entry.door) for entry in entries] == [(user.pk, row.pk, "api")]
    assert SECRET not in entries[0].text


def test_reading_what_holds_no_secret_is_not_audited(user: User, engine: Engine) -> None:
    row = make_request(engine, "ls -la")
    before = AuditEntry.objects.count()
    assert call_as(user).read(f"permission-requests/{row.pk}/").json()["content"]["command"] == "ls -la"
    assert AuditEntry.objects.count() == before + 1  # the token's own creation


def test_full_content_needs_its_scope(user: User, engine: Engine) -> None:
    row = make_request(engine, f"echo {SECRET}")
    answer = call_as(user, Scope.REQUESTS_READ).read(f"permission-requests/{row.pk}/")
    assert answer.json()["content"] is None
    assert SECRET not in answer.content.decode()


def test_owner_reads_states_of_every_team_but_no_content(engine: Engine) -> None:
    row = make_request(engine)
    client = call_as(make_owner())
    assert read_ids(client.read("permission-requests/")) == [row.pk]
    shown = client.read(f"permission-requests/{row.pk}/").json()
    assert (shown["content"], shown["can_decide"]) == (None, False)


def test_text_that_is_no_unicode_is_shown_as_it_came(user: User, engine: Engine) -> None:
    row = make_request(engine, "echo \ud800")
    shown = call_as(user).read(f"permission-requests/{row.pk}/")
    assert shown.status_code == 200
    assert b'"echo \\ud800"' in shown.content


def test_siblings_are_counted_on_the_request(user: User, engine: Engine) -> None:
    rows = [make_request(engine) for _ in range(3)]
    assert call_as(user).read(f"permission-requests/{rows[0].pk}/").json()["siblings"] == 2


def test_other_team_s_requests_do_not_exist(engine: Engine) -> None:
    row = make_request(engine, f"echo {SECRET}")
    stranger = call_as(make_user(make_team()))
    assert read_ids(stranger.read("permission-requests/")) == []
    assert read_ids(stranger.read(f"permission-requests/?team={row.team_id}")) == []
    for path in ("", "wait/?timeout=0"):
        assert outcome(stranger.read(f"permission-requests/{row.pk}/{path}")) == (404, "not_found")
    absent = stranger.read(f"permission-requests/{'0' * 15}/")
    there = stranger.read(f"permission-requests/{row.pk}/")
    assert absent.content == there.content


def test_token_that_only_creates_sees_its_own(team: Team, user: User, engine: Engine) -> None:
    make_request(engine)
    client = call_as(user, Scope.REQUESTS_CREATE)
    made = client.write("permission-requests/", {"permission": "deploy"}).json()
    assert read_ids(client.read("permission-requests/")) == [made["id"]]


# Filters -----------------------------------------------------------------------------------------------


def test_filters_choose(team: Team, user: User, engine: Engine) -> None:
    other_engine = make_engine(team)
    session_id = make_session(other_engine)
    first = make_request(engine, "ls first", now=datetime(2031, 1, 1, tzinfo=UTC))
    second = make_request(
        other_engine, "ls Second", session_id=session_id, now=datetime(2031, 1, 2, tzinfo=UTC)
    )
    third = make_request(engine, "x", permission="webfetch", now=datetime(2031, 1, 3, tzinfo=UTC))
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
        "permission=webfetch": [third],
        "permission=web": [],
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
    with django_assert_num_queries(5):
        answer = client.read("permission-requests/")
    assert len(answer.json()["results"]) == 3 * count


@pytest.mark.parametrize("count", [1, 3])
def test_request_costs_the_same_whatever_its_siblings(
    user: User, engine: Engine, count: int, django_assert_num_queries: Any
) -> None:
    """Roles, the request, own vote, replies, siblings."""
    rows = [make_request(engine) for _ in range(count)]
    client = call_as(user)
    client.read("users/me/")
    with django_assert_num_queries(5):
        client.read(f"permission-requests/{rows[0].pk}/")


def test_list_does_not_read_the_content(user: User, engine: Engine, django_assert_num_queries: Any) -> None:
    make_request(engine, "x" * 1000)
    client = call_as(user)
    client.read("users/me/")
    with django_assert_num_queries(4) as queries:
        client.read("permission-requests/")
    assert not any('"content"' in query["sql"] for query in queries)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.APPROVER, Role.ADMIN])
def test_every_member_reads(team: Team, engine: Engine, role: str) -> None:
    row = make_request(engine)
    shown = call_as(make_user(team, role)).read(f"permission-requests/{row.pk}/").json()
    assert shown["content"]["command"] == "ls -la"


def test_service_account_reads_but_is_never_offered_a_decision(
    team: Team, user: User, engine: Engine
) -> None:
    row = make_request(engine)
    Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
    shown = call_as(make_service(user, team)).read(f"permission-requests/{row.pk}/").json()
    assert (shown["can_decide"], shown["cannot_decide_because"]) == (False, "Service accounts never decide.")
    assert PermissionRequest.objects.get(pk=row.pk).is_pending
