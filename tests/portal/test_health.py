from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone

from events.append_only import drop_trigger, list_installed
from health.models import HealthCheck
from health.probes.disk import GIB, MIB, Room
from portal.background import BackgroundTask
from portal.health import HealthMiddleware
from relay.domain.leases import acquire_lease
from tests.factories import make_engine, make_team

pytestmark = pytest.mark.django_db


def ask(path: str, method: str = "get", **headers: Any) -> tuple[int, dict[str, Any]]:
    request = getattr(RequestFactory(), method)(path, **headers)
    response: Any = HealthMiddleware(lambda _: pytest.fail("passed on"))(request)
    return response.status_code, json.loads(response.content)


def test_health_is_told_to_everybody_whatever_the_host_name() -> None:
    assert ask("/healthz", HTTP_HOST="10.1.2.3:8000", REMOTE_ADDR="10.0.0.9") == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_only_reading_is_answered(path: str) -> None:
    assert ask(path, "post") == (405, {"status": "method not allowed"})


def test_other_paths_are_passed_on() -> None:
    answer = HttpResponse()
    assert HealthMiddleware(lambda _: answer)(RequestFactory().get("/healthz/")) is answer


ROOM = Room(free_bytes=50 * GIB, total_bytes=100 * GIB, free_files=None)


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left on this machine's disk changes while tests run."""
    monkeypatch.setattr("portal.health.read_room", lambda _place: ROOM)


def test_ready_with_details_for_this_machine() -> None:
    status, content = ask("/readyz")
    assert (status, content) == (
        200,
        {
            "status": "ready",
            "checks": {
                "database": {"is_ready": True, "vendor": connection.vendor},
                "migrations": {"is_ready": True, "unapplied": []},
                "append_only_triggers": {"is_ready": True, "missing": []},
                "relay_leases": {"is_ready": True, "engines_without_relay": []},
                "disk": {"is_ready": True, "free_bytes": ROOM.free_bytes},
            },
            "components": [],
        },
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"REMOTE_ADDR": "10.0.0.9"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "10.0.0.9"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=10.0.0.9"},
        {"REMOTE_ADDR": "10.0.0.9", "HTTP_AUTHORIZATION": "Bearer wrong"},
        {"REMOTE_ADDR": "10.0.0.9", "HTTP_AUTHORIZATION": "Bearer "},
        {"REMOTE_ADDR": ""},
    ],
)
@pytest.mark.parametrize("token", [None, "the-monitoring-token"])
def test_details_are_kept_from_others(settings: Any, token: str | None, headers: dict[str, str]) -> None:
    settings.COUNTERSIGN_MONITORING_TOKEN = token
    assert ask("/readyz", **headers) == (200, {"status": "ready"})


def test_the_monitoring_token_shows_details(settings: Any) -> None:
    settings.COUNTERSIGN_MONITORING_TOKEN = "the-monitoring-token"
    _, content = ask("/readyz", REMOTE_ADDR="10.0.0.9", HTTP_AUTHORIZATION="Bearer the-monitoring-token")
    assert sorted(content) == ["checks", "components", "status"]


def test_a_missing_trigger_is_not_ready() -> None:
    table, name = min(list_installed(connection))
    with connection.cursor() as cursor:
        drop_trigger(cursor, connection.vendor, table, name)
    status, content = ask("/readyz")
    assert (status, content["checks"]["append_only_triggers"]) == (
        503,
        {"is_ready": False, "missing": [name]},
    )
    assert ask("/readyz", REMOTE_ADDR="10.0.0.9") == (503, {"status": "not ready"})


def test_an_unapplied_migration_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "health.probes.database.list_migrations", lambda: frozenset({("events", "9999_next")})
    )
    status, content = ask("/readyz")
    assert (status, content["checks"]["migrations"]) == (
        503,
        {"is_ready": False, "unapplied": ["events.9999_next"]},
    )


def test_a_background_task_that_does_not_run_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    running, failing = BackgroundTask("hub", never_started), BackgroundTask("relay", never_started)
    running.is_running = True
    failing.restarts, failing.last_error = 2, "OSError"

    class Tasks:
        tasks = (running, failing)

    monkeypatch.setattr("portal.background.get_background_tasks", lambda: Tasks)
    status, content = ask("/readyz")
    assert (status, content["checks"]["hub"], content["checks"]["relay"]) == (
        503,
        {"is_ready": True, "restarts": 0, "last_error": ""},
        {"is_ready": False, "restarts": 2, "last_error": "OSError"},
    )


def test_an_engine_without_a_relay_is_not_ready_where_the_relay_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = make_engine(make_team())
    unrelayed = {"engines_without_relay": [engine.pk]}
    assert ask("/readyz")[1]["checks"]["relay_leases"] == {"is_ready": True, **unrelayed}

    relay = BackgroundTask("relay", never_started)
    relay.is_running = True

    class Tasks:
        tasks = (relay,)

    monkeypatch.setattr("portal.background.get_background_tasks", lambda: Tasks)
    status, content = ask("/readyz")
    assert (status, content["checks"]["relay_leases"]) == (503, {"is_ready": False, **unrelayed})

    assert acquire_lease(engine_id=engine.pk, holder="another process") is not None
    status, content = ask("/readyz")
    assert (status, content["checks"]["relay_leases"]) == (
        200,
        {"is_ready": True, "engines_without_relay": []},
    )


async def never_started(_stop: Any) -> None:
    raise AssertionError


def test_a_database_that_does_not_answer_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    def refuse() -> None:
        raise OperationalError("secret address")

    monkeypatch.setattr("portal.health.check_database", refuse)
    status, content = ask("/readyz")
    assert (status, content) == (
        503,
        {
            "status": "not ready",
            "checks": {
                "database": {"is_ready": False, "error": "OperationalError"},
                "disk": {"is_ready": True, "free_bytes": ROOM.free_bytes},
            },
            "components": [],
        },
    )


def test_a_full_disk_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    full = Room(free_bytes=MIB, total_bytes=100 * GIB, free_files=None)
    monkeypatch.setattr("portal.health.read_room", lambda _place: full)
    status, content = ask("/readyz")
    assert (status, content["checks"]["disk"]) == (503, {"is_ready": False, "free_bytes": MIB})


def test_the_whole_deployment_is_told_from_the_same_rows() -> None:
    """An engine that is away is told, and keeps nobody from serving people."""
    now = timezone.now()
    since = (now - timedelta(minutes=5)).isoformat()
    rows = [
        ("engine", "offline", now),
        ("gate", "ready", now),
        ("event_stream", "ready", now - timedelta(minutes=2)),
    ]
    for component, state, looked_at in rows:
        HealthCheck.objects.create(
            component=component, name=component, state=state, since=since, last_ping_at=looked_at
        )
    status, content = ask("/readyz")
    assert (status, content["components"]) == (
        200,
        [
            {"component": "engine", "subject": "", "state": "offline", "since": since},
            {"component": "event_stream", "subject": "", "state": "offline", "since": since},
            {"component": "gate", "subject": "", "state": "ready", "since": since},
        ],
    )
