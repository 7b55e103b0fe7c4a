"""Prepared statements do what Django's own do, with the same rows and the same refusals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F, QuerySet
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.domain.teams import add_member
from accounts.models import ApiToken, Team, User
from accounts.principal import Principal
from events.actors import Door
from events.models import Event
from events.prepared import Prepared, PreparedUpdate, insert_rows
from governance.models import PermissionRequest
from governance.prepared_queries import find_request_to_decide, find_shown_request, find_team
from governance.queries import list_requests
from reviews.models import Vote
from tests.factories import (
    ACTOR,
    make_engine,
    make_owner,
    make_request,
    make_service,
    make_session,
    make_team,
    make_token,
    make_user,
)

pytestmark = pytest.mark.django_db


def build_by_name(names: Any, since: Any) -> QuerySet[Team]:
    return Team.objects.filter(name__in=names, created_at__gte=since).order_by("name")


def test_it_finds_what_the_queryset_finds_for_any_values() -> None:
    prepared: Prepared[Team] = Prepared(build_by_name)
    for name in ("a", "b", "c"):
        make_team(name)
    now = timezone.now()
    for names in (["a"], ["b", "c"], ["a", "x"], ["a", "b"], []):
        for since in (now - timedelta(hours=1), now + timedelta(hours=1)):
            expected = list(build_by_name(names, since))
            assert prepared.all(names=names, since=since) == expected
            assert prepared.first(names=names, since=since) == (expected[0] if expected else None)


def test_the_instances_are_djangos_own_with_their_relations_and_deferred_columns() -> None:
    engine = make_engine(make_team())
    session = make_session(engine)
    request = make_request(engine, session_id=session)
    prepared: Prepared[PermissionRequest] = Prepared(
        lambda key: PermissionRequest.objects.filter(pk=key).select_related("team", "chat").defer("content")
    )
    row = prepared.first(key=request.pk)
    expected = PermissionRequest.objects.select_related("team", "chat").defer("content").get()
    assert row is not None
    assert row.get_deferred_fields() == {"content"}
    assert model_to_dict(row) == model_to_dict(expected)
    with CaptureQueriesContext(connection) as queries:
        assert (row.team, row.chat) == (expected.team, expected.chat)
    assert len(queries) == 0
    row.refresh_from_db()
    assert row.content == request.content


def test_one_query_a_run_and_none_for_what_can_not_be() -> None:
    prepared: Prepared[Team] = Prepared(build_by_name)
    now = timezone.now()
    with CaptureQueriesContext(connection) as queries:
        prepared.all(names=["a"], since=now)
        prepared.all(names=["b"], since=now)
        prepared.all(names=[], since=now)
    assert len(queries) == 2


def test_a_value_that_is_not_compared_as_it_is_can_not_be_prepared() -> None:
    prepared: Prepared[Team] = Prepared(lambda name: Team.objects.filter(name__contains=name))
    with pytest.raises(ValueError, match="compared as it is"):
        prepared.all(name="a")


def test_an_update_changes_the_rows_of_its_condition_alone() -> None:
    prepared = PreparedUpdate(
        lambda key, name, before: (Team.objects.filter(pk=key, created_at__lt=before), {"name": name})
    )
    team, other = make_team("a"), make_team("b")
    now = timezone.now() + timedelta(hours=1)
    assert prepared.run(key=team.pk, name="c", before=now) == 1
    assert prepared.run(key=other.pk, name="d", before=now - timedelta(days=1)) == 0
    assert prepared.run(key="x", name="e", before=now) == 0
    assert sorted(Team.objects.values_list("name", flat=True)) == ["b", "c"]


def test_an_update_counts_on() -> None:
    request = make_request(make_engine(make_team()))
    prepared = PreparedUpdate(
        lambda key: (PermissionRequest.objects.filter(pk=key), {"approvals": F("approvals") + 1})
    )
    assert [prepared.run(key=request.pk) for _ in range(2)] == [1, 1]
    request.refresh_from_db()
    assert request.approvals == 2


def build_event(seq: int) -> Event:
    return Event(
        seq=seq,
        at=timezone.now(),
        kind="test.happened",
        topic="requests",
        audience="owners",
        subject_kind="thing",
        subject_id="1",
        words={"text": "a'b", "number": 1, "none": None, "list": ["ü", True]},
    )


def test_inserted_rows_are_those_that_django_would_insert() -> None:
    start = 10_000
    events = [build_event(start + number) for number in range(3)]
    assert insert_rows(events) == 3
    assert [model_to_dict(row) for row in Event.objects.filter(seq__gte=start)] == [
        model_to_dict(event) for event in events
    ]
    assert [(event._state.adding, event._state.db) for event in events] == [(False, "default")] * 3
    assert insert_rows([]) == 0


def build_vote(voter_id: str) -> Vote:
    return Vote(
        subject_kind="thing",
        subject_id="1",
        voter_id=voter_id,
        verdict="approve",
        fingerprint="f",
        door=Door.API,
        at=timezone.now(),
    )


def test_a_row_that_is_there_is_left_out_only_when_asked_for() -> None:
    assert insert_rows([build_vote("a")]) == 1
    assert insert_rows([build_vote("a")], unless_there=True) == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows([build_vote("a")])
    assert Vote.objects.count() == 1


def test_other_promises_hold_also_for_rows_that_may_be_there() -> None:
    """A request can't begin decided, and an engine's can't begin sealed."""
    team = make_team()
    engine = make_engine(team)
    now = timezone.now()
    begun = {"team": team, "requester_kind": "user", "expires_at": now, "fingerprint": "f"}
    for values in (
        {"source": "api", "state": "approved", "decided_at": now, "sealed_at": now},
        {"source": "api", "approvals": 1, "sealed_at": now},
        {"source": "engine", "engine": engine, "sealed_at": now},
    ):
        row = PermissionRequest(**begun, **values)
        with pytest.raises(IntegrityError), transaction.atomic():
            insert_rows([row], unless_there=True)
    assert insert_rows([PermissionRequest(**begun, source="api", sealed_at=now)], unless_there=True) == 1
    assert PermissionRequest.objects.count() == 1


@pytest.fixture
def callers() -> list[Principal]:
    """Everybody with another view of the requests: by membership, ownership and token."""
    team, other = make_team(), make_team()
    member = make_user(team)
    users: list[User] = [
        member,
        make_user(other),
        make_user(),
        make_owner(),
        make_service(member, team),
        make_user(team),
    ]
    both = users[-1]
    add_member(actor=ACTOR, team=other, user=both, role="viewer")
    for each in (team, other):
        make_request(make_engine(each))
    tokens: list[ApiToken | None] = [None]
    for scopes in (["requests:read"], ["requests:create"], ["teams:read"]):
        make_token(member, *scopes)
        tokens.append(ApiToken.objects.get(scopes=scopes))
    return [Principal(user, Door.API, token) for user in users for token in tokens]


def test_a_prepared_read_shows_each_caller_what_the_list_shows(callers: list[Principal]) -> None:
    seen = set()
    for caller in callers:
        visible = set(list_requests(caller).values_list("pk", flat=True))
        seen.add(frozenset(visible))
        for request in PermissionRequest.objects.all():
            found = find_shown_request(caller, request.pk)
            decidable = find_request_to_decide(caller, request.pk)
            assert (found is not None, decidable is not None) == (request.pk in visible,) * 2
            team = find_team(caller, request.team_id)
            assert (team is not None) == (caller.user.is_superuser or request.team_id in caller.team_ids)
    assert len(seen) == 4  # none, the one team's, the other's, both


def test_an_id_that_is_none_is_not_asked_for(callers: list[Principal]) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert [find(callers[0], "\0'") for find in (find_shown_request, find_team)] == [None, None]
    assert len(queries) == 0
