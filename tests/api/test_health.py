"""Health through the API: read by those whom it is about, written by nobody."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import Scope
from accounts.models import Team, User
from health.enums import Component, HealthState
from health.models import STALE_AFTER, HealthChange, HealthCheck
from tests.api.clients import ApiClient, call_as, outcome
from tests.api.test_schema import validate_answer
from tests.factories import make_owner, make_service, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def client(team: Team) -> ApiClient:
    return call_as(make_user(team))


def make_check(
    team: Team | None, component: str = Component.ENGINE, *, age: timedelta = timedelta(0), **values: Any
) -> HealthCheck:
    now = timezone.now()
    values = {"name": "demo", "state": HealthState.READY, "detail": "It answers.", **values}
    return HealthCheck.objects.create(
        component=component,
        team=team,
        subject_id=f"subject{HealthCheck.objects.count()}",
        last_ping_at=now - age,
        since=now - age,
        **values,
    )


def written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def ids(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.content
    return {row["id"] for row in answer.json()["results"]}


def test_a_check_shows_what_was_found(team: Team, client: ApiClient) -> None:
    check = make_check(team, facts={"latency_ms": 3, "version": "1.2"})
    expected = {
        "id": check.pk,
        "component": "engine",
        "subject_id": "subject0",
        "team": {"id": team.pk, "name": team.name},
        "name": "demo",
        "state": "ready",
        "since": written(check.since),
        "last_ping_at": written(check.last_ping_at),
        "last_ready_at": None,
        "is_current": True,
        "detail": "It answers.",
        "facts": {"latency_ms": 3, "version": "1.2"},
    }
    listed, shown = client.read("health-checks/"), client.read(f"health-checks/{check.pk}/")
    validate_answer(listed, "get", "health-checks/")
    validate_answer(shown, "get", "health-checks/{id}/")
    assert (listed.json()["results"], shown.json()) == ([expected], expected)


def test_what_nobody_looks_at_is_not_said_to_be_well(team: Team, client: ApiClient) -> None:
    check = make_check(team, age=STALE_AFTER)
    shown = client.read(f"health-checks/{check.pk}/").json()
    assert (shown["state"], shown["is_current"]) == ("offline", False)
    assert shown["detail"] == "Nobody looks at it; when last seen it was ready."


def test_checks_are_filtered_by_how_they_are_now(team: Team, client: ApiClient) -> None:
    well = make_check(team)
    broken = make_check(team, Component.GATE, state=HealthState.ERROR)
    away = make_check(team, Component.MCP_SERVER, state=HealthState.OFFLINE)
    silent = make_check(team, age=STALE_AFTER)
    cases = {
        "": {well.pk, broken.pk, away.pk, silent.pk},
        "?state=ready": {well.pk},
        "?state=offline": {away.pk, silent.pk},
        "?state=error&state=ready": {broken.pk, well.pk},
        "?component=gate&component=engine": {well.pk, broken.pk, silent.pk},
        f"?subject={away.subject_id}": {away.pk},
        f"?team={make_team().pk}": set(),
    }
    assert {query: ids(client.read(f"health-checks/{query}")) for query in cases} == cases
    assert outcome(client.read("health-checks/?state=well")) == (400, "invalid")


def test_its_history_is_newest_first(team: Team, client: ApiClient) -> None:
    check, other = make_check(team), make_check(team)
    now = timezone.now()
    for number, (before, state) in enumerate((("", "starting"), ("starting", "ready"), ("ready", "error"))):
        at = now + timedelta(seconds=number)
        HealthChange.objects.create(health_check=check, before=before, state=state, detail=state, at=at)
    HealthChange.objects.create(health_check=other, state="ready")
    answer = client.read(f"health-checks/{check.pk}/changes/?page_size=2")
    validate_answer(answer, "get", "health-checks/{id}/changes/")
    rest = client.read(answer.json()["next"].removeprefix("http://testserver")).json()
    shown = [(row["before"], row["state"]) for row in (*answer.json()["results"], *rest["results"])]
    assert shown == [("ready", "error"), ("starting", "ready"), ("", "starting")]


def test_what_ended_is_listed_no_more_and_keeps_its_history(team: Team, client: ApiClient) -> None:
    check = make_check(team, ended_at=timezone.now())
    assert ids(client.read("health-checks/")) == set()
    for path in ("", "changes/"):
        assert client.read(f"health-checks/{check.pk}/{path}").status_code == 200


def test_a_team_s_parts_are_its_own_and_the_deployment_s_are_the_owners(
    team: Team, client: ApiClient
) -> None:
    theirs, own = make_check(make_team()), make_check(team)
    database = make_check(None, Component.DATABASE)
    owner = call_as(make_owner())
    agent = call_as(make_service(make_user(team), team), Scope.HEALTH_READ)
    assert ids(owner.read("health-checks/")) == {theirs.pk, own.pk, database.pk}
    assert owner.read(f"health-checks/{database.pk}/").json()["team"] is None
    for caller in (client, agent):
        assert ids(caller.read("health-checks/")) == {own.pk}
        for other in (theirs, database):
            for path in ("", "changes/"):
                assert outcome(caller.read(f"health-checks/{other.pk}/{path}")) == (404, "not_found")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nobody_writes_health(team: Team, method: str) -> None:
    check = make_check(team)
    HealthChange.objects.create(health_check=check, state="ready")
    before = HealthCheck.objects.values().get()
    callers: tuple[User, ...] = (make_owner(), make_user(team), make_service(make_user(team), team))
    for user in callers:
        for path in ("", f"{check.pk}/", f"{check.pk}/changes/"):
            answer = call_as(user).send(method, f"health-checks/{path}", {"state": "ready"})
            assert outcome(answer) == (405, "method_not_allowed")
    assert (HealthCheck.objects.values().get(), HealthChange.objects.count()) == (before, 1)


@pytest.mark.parametrize("path", ["", "{check}/changes/"])
def test_lists_cost_the_same_whatever_their_length(team: Team, client: ApiClient, path: str) -> None:
    check, counts = make_check(team), []
    for _ in range(3):
        make_check(team)
        HealthChange.objects.create(health_check=check, state="ready")
        # The token is looked up anew every few seconds.
        client.read("users/me/")
        with CaptureQueriesContext(connection) as queries:
            assert client.read(f"health-checks/{path.format(check=check.pk)}").status_code == 200
        counts.append(len(queries))
    assert counts[1:] == counts[:-1]
