"""Reads of MCP servers stay as many queries, in their indexes, however long the history grows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Team, User
from accounts.principal import Principal
from mcp_servers.domain.incidents import report_incident
from mcp_servers.domain.intake import is_any_due, list_due
from mcp_servers.domain.probes import list_due_probes
from mcp_servers.domain.servers import list_expired
from mcp_servers.models import McpRequest, McpServer
from mcp_servers.queries import (
    find_previous_approval,
    list_incidents,
    list_known_names,
    list_requests,
    list_servers,
    load_enabled,
)
from tests.factories import make_engine, make_owner, make_principal, make_team, make_user
from tests.mcp_servers.make import ask, make_content, make_server

pytestmark = pytest.mark.django_db

PAGE = 100


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team)


def fill(team: Team, count: int) -> None:
    """Servers that wait, each with its request, written past the domain: their number is what counts here."""
    now = timezone.now()
    by = {"requested_by_kind": "user", "requested_by_id": "0" * 15}
    servers = [
        McpServer(team=team, name=f"s-{number}", created_at=now - timedelta(seconds=number), **by)
        for number in range(count)
    ]
    McpServer.objects.bulk_create(servers, batch_size=1000)
    McpRequest.objects.bulk_create(
        [
            McpRequest(
                server=server,
                number=1,
                content={},
                content_hash="0" * 64,
                source="form",
                door="admin",
                created_at=server.created_at,
                **by,
            )
            for server in servers
        ],
        batch_size=1000,
    )


def explain(rows: QuerySet[Any]) -> str:
    return rows.explain()


def is_in_index(plan: str) -> bool:
    """Whether nothing is sorted or read whole."""
    if connection.vendor == "sqlite":
        return "USE TEMP B-TREE" not in plan
    whole = ("Seq Scan on mcp_servers_mcpserver", "Seq Scan on mcp_servers_mcprequest")
    return not any(word in plan for word in ("Sort", *whole))


@pytest.mark.parametrize("count", [1, 3])
def test_lists_take_as_many_queries_for_one_as_for_three(
    team: Team, approver: User, count: int, django_assert_num_queries: Any
) -> None:
    engine = make_engine(team)
    for number in range(count):
        make_server(team, approver=approver)
        report_incident(engine=engine, kind="unknown_server", name=f"other-{number}", what="Unknown.")
    principal = make_principal(approver)
    assert principal.team_ids
    reads: list[tuple[int, Callable[[], Any]]] = [
        (1, lambda: [(row.team.name, row.tools_on) for row in list_servers(principal)]),
        (1, lambda: [(row.server.team.name, row.review, row.probe) for row in list_requests(principal)]),
        (1, lambda: [(row.team.name, row.engine.name) for row in list_incidents(principal)]),
        (1, lambda: [(row.content, row.tools) for row in load_enabled(team)]),
        (1, lambda: list_known_names(team)),
        (1, lambda: is_any_due(now=timezone.now())),
    ]
    for queries, read in reads:
        with django_assert_num_queries(queries):
            read()


def test_ten_thousand_are_read_page_by_page_in_an_index(
    team: Team, approver: User, django_assert_num_queries: Any
) -> None:
    # First: a worker takes the oldest request.
    server = make_server(team, make_content("clock"), approver=approver)
    fill(team, 10_000)
    if connection.vendor == "postgresql":
        # As its autovacuum does; on SQLite nobody does.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    now = timezone.now()
    member, owner = make_principal(approver), make_principal(make_owner())
    assert member.team_ids
    pages: list[QuerySet[Any]] = [
        list_servers(owner)[:PAGE],
        list_servers(owner).filter(state="requested")[:PAGE],
        list_servers(member).filter(team=team, state="requested")[:PAGE],
        list_requests(owner)[:PAGE],
    ]
    for page in pages:
        with django_assert_num_queries(1):
            assert len(list(page)) == PAGE
        assert is_in_index(explain(page)), explain(page)
    small: list[QuerySet[Any]] = [list_expired(now), list_due_probes(now), list_due(now)[:10]]
    for rows in small:
        with django_assert_num_queries(1):
            list(rows)
    with django_assert_num_queries(1):
        assert [row.server.pk for row in load_enabled(team)] == [server.pk]


def test_what_was_approved_before_is_found_by_name(team: Team, approver: User) -> None:
    server = make_server(team, make_content("clock"), approver=approver)
    make_server(team, make_content("other"), approver=approver)
    make_server(make_team(), make_content("clock"))
    request = ask(team, make_content("clock", timeout_ms=5))
    assert find_previous_approval(request) == server.approval
    assert find_previous_approval(ask(team, make_content("new"))) is None


def test_a_principal_without_a_team_reads_nothing(team: Team, approver: User) -> None:
    make_server(team, approver=approver)
    nobody: Principal = make_principal(make_user())
    for rows in (list_servers(nobody), list_requests(nobody), list_incidents(nobody)):
        assert list(rows) == []
