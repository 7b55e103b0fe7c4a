"""What each probe says of what it finds. Engines and disks are real ones, or the rows that rooms write."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import ApiToken, Team
from engines.models import CaoServer, Engine
from events.append_only import drop_trigger, list_installed
from governance.models import EngineGate, GatePresence
from health.enums import HealthState
from health.findings import Finding
from health.probes.cao import probe_cao
from health.probes.channel_layer import judge_round_trip, probe_channel_layer
from health.probes.database import probe_database
from health.probes.disk import GIB, MIB, Room, find_existing, judge_room, probe_disk, read_room, try_writing
from health.probes.engines import describe, list_engines_to_ask, probe_engines
from health.probes.mcp_servers import probe_mcp_servers
from health.probes.streams import probe_gates, probe_relay, probe_streams
from mcp_servers.enums import EngineWish, ServerState
from mcp_servers.models import McpEngineStatus, McpServer
from relay.domain.leases import acquire_lease
from tests.factories import make_engine, make_gated, make_owner, make_service, make_team, make_token
from tests.mcp_servers.make import make_server

pytestmark = pytest.mark.django_db


def said(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.state.value, finding.detail) for finding in findings]


@pytest.fixture
def team() -> Team:
    return make_team()


def make_old(engine: Engine, **values: Any) -> Engine:
    """An engine that was registered long ago."""
    long_ago = timezone.now() - timedelta(hours=1)
    values = {"created_at": long_ago, "state_since": long_ago, **values}
    Engine.objects.filter(pk=engine.pk).update(**values)
    engine.refresh_from_db()
    return engine


def relay_for(engine: Engine) -> None:
    assert acquire_lease(engine_id=engine.pk, holder="a relay") is not None


# Database -------------------------------------------------------------------------------------------


def test_the_database_is_ready_with_its_tables_and_guards() -> None:
    [finding] = probe_database()
    assert (finding.state, finding.detail, finding.facts["vendor"]) == ("ready", "", connection.vendor)


def test_a_missing_guard_is_an_error() -> None:
    table, name = min(list_installed(connection))
    with connection.cursor() as cursor:
        drop_trigger(cursor, connection.vendor, table, name)
    [finding] = probe_database()
    assert (finding.state, finding.facts["missing_triggers"]) == ("error", 1)


def test_a_migration_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "health.probes.database.list_migrations", lambda: frozenset({("events", "9999_next")})
    )
    assert said(probe_database()) == [
        ("error", "It lacks migrations of this version: run manage.py migrate.")
    ]


def test_a_slow_database_is_degraded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("health.probes.database.measure_answer", lambda: 1.25)
    assert said(probe_database()) == [("degraded", "It took 1.2 s to answer the smallest question.")]


# Hints between processes ----------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "state"), [(1, "ready"), (2, "degraded")])
async def test_without_redis_one_process_is_well_and_two_are_not(
    settings: Any, count: int, state: str
) -> None:
    settings.REDIS_URL = None
    [finding] = await probe_channel_layer(process_count=count)
    assert finding.state == state


async def test_a_redis_that_is_not_there_is_offline_after_a_second_try(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("health.probes.channel_layer.TRY_AGAIN_AFTER_S", 0.0)
    settings.REDIS_URL = f"redis://127.0.0.1:{find_closed_port()}/0"
    [finding] = await probe_channel_layer(process_count=1)
    assert (finding.state, finding.detail) == (
        "offline",
        "It can't be reached (ConnectionError). Processes read the log every second meanwhile.",
    )


async def test_through_redis_a_word_comes_back(settings: Any, valkey_url: str) -> None:
    settings.REDIS_URL = valkey_url
    [finding] = await probe_channel_layer(process_count=3)
    assert (finding.state, finding.facts["round_trip_ms"] > 0) == ("ready", True)


@pytest.mark.parametrize(("took_s", "state"), [(0.01, "ready"), (0.6, "degraded")])
def test_a_word_that_takes_long_is_told(took_s: float, state: str) -> None:
    assert judge_round_trip(took_s).state == state


# Streams, relay, gates ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "silent_s", "expected"),
    [
        ({"state": "online"}, 5, ("ready", "")),
        ({"state": "online"}, 40, ("degraded", "Connected, but nothing was heard of it for a while.")),
        ({"state": "online"}, None, ("degraded", "Connected, but nothing was heard of it for a while.")),
        ({"state": "degraded", "state_reason": "Half."}, 5, ("degraded", "Half.")),
        ({"state": "offline", "state_reason": "Gone."}, 5, ("offline", "Gone.")),
        ({"state": "unauthorized", "state_reason": "No."}, None, ("error", "No.")),
        ({"state": "connecting"}, None, ("offline", "No connection comes about.")),
        ({"state": "unknown"}, None, ("offline", "No connection comes about.")),
    ],
)
def test_a_stream_is_what_the_relay_hears(
    team: Team, values: dict[str, str], silent_s: int | None, expected: tuple[str, str]
) -> None:
    now = timezone.now()
    seen = None if silent_s is None else now - timedelta(seconds=silent_s)
    engine = make_old(make_engine(team), last_seen_at=seen, **values)
    relay_for(engine)
    assert said(probe_streams(now=now)) == [expected]


def test_a_connection_has_a_minute_to_come_about(team: Team) -> None:
    engine = make_engine(team)
    relay_for(engine)
    assert said(probe_streams(now=timezone.now())) == [("starting", "")]


def test_nobody_hears_an_engine_without_a_relay(team: Team) -> None:
    make_old(make_engine(team), state="online", last_seen_at=timezone.now())
    sentence = "No relay works for it: nothing of it is taken in or answered."
    assert said(probe_streams(now=timezone.now())) == [("offline", sentence)]


def test_the_relay_is_as_good_as_the_engines_it_works_for(team: Team) -> None:
    now = timezone.now()
    assert said(probe_relay(now=now)) == [("ready", "There is no engine to relay for.")]
    first, second = (make_engine(team, name=name) for name in ("first", "second"))
    assert said(probe_relay(now=now)) == [("starting", "No relay works for first, second.")]
    for engine in (first, second):
        make_old(engine)
    assert said(probe_relay(now=now)) == [("offline", "No relay works for first, second.")]
    relay_for(first)
    assert said(probe_relay(now=now)) == [("degraded", "No relay works for second.")]
    relay_for(second)
    assert said(probe_relay(now=now)) == [("ready", "")]


def test_what_is_paused_or_retired_is_not_looked_at(team: Team) -> None:
    make_old(make_engine(team), is_enabled=False)
    make_old(make_engine(team), retired_at=timezone.now())
    now = timezone.now()
    assert (probe_streams(now=now), probe_gates(), probe_relay(now=now)[0].state) == ([], [], "ready")


def make_gate(engine: Engine, **values: Any) -> None:
    """An engine with a plugin set up; with `values`, one that reported from a folder."""
    make_token(make_service(make_owner(), engine.team), "gate")
    EngineGate.objects.create(engine=engine, token=ApiToken.objects.latest("created_at"))
    if values:
        GatePresence.objects.create(engine=engine, directory="/srv/demo", **values)


NOW = timezone.now()


@pytest.mark.parametrize(
    ("presence", "expected"),
    [
        ({}, ("starting", "The gate's plugin has not reported in.")),
        ({"reported_at": NOW}, ("ready", "")),
        (
            {"reported_at": NOW, "stale_at": NOW},
            ("degraded", "The gate's plugin has not reported since the engine went away."),
        ),
        ({"reported_at": NOW, "ungated_at": NOW, "ungated_reason": "Unasked."}, ("error", "Unasked.")),
    ],
    ids=["never heard", "reported", "silent", "ungated"],
)
def test_a_gate_is_as_it_stands_in_its_worst_folder(
    team: Team, presence: dict[str, Any], expected: tuple[str, str]
) -> None:
    make_gate(make_engine(team), **presence)
    assert said(probe_gates()) == [expected]


def test_an_engine_without_a_gate_is_degraded_unless_an_owner_waived_it(team: Team) -> None:
    engine = make_engine(team)
    assert said(probe_gates()) == [("degraded", "Its engine has no gate: the plugin was never set up.")]
    make_gated(engine)
    assert said(probe_gates()) == [("ready", "It works without its gate, by an owner's word.")]


# Engines --------------------------------------------------------------------------------------------


class Answer(BaseHTTPRequestHandler):
    """One way in which a server may answer; what it is set to by the test."""

    status = 200
    body = b'{"healthy": true, "version": "1.2.3"}'

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@contextmanager
def serving(**values: Any) -> Iterator[str]:
    """The address of a server that answers so."""
    handler = type("Set", (Answer,), values)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def ask(engine: Engine) -> Finding:
    [finding] = asyncio.run(probe_engines([(engine, "")]))
    return finding


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, "ready"),
        ({"body": b'{"healthy": false, "version": "1"}'}, "error"),
        ({"body": b"<html>"}, "error"),
        ({"status": 401}, "error"),
        ({"status": 500}, "error"),
    ],
    ids=["well", "unhealthy", "nonsense", "unauthorized", "fault"],
)
def test_an_engine_is_what_it_answers(team: Team, values: dict[str, Any], state: str) -> None:
    with serving(**values) as address:
        finding = ask(make_engine(team, address=address))
    assert (finding.state, bool(finding.detail)) == (state, state != "ready")


def test_a_well_engine_tells_its_version_and_how_long_it_took(team: Team) -> None:
    with serving() as address:
        finding = ask(make_engine(team, address=address))
    assert (finding.facts["version"], finding.facts["answer_ms"] > 0) == ("1.2.3", True)


def test_a_slow_engine_is_degraded(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("health.probes.engines.SLOW_S", 0.0)
    with serving() as address:
        assert ask(make_engine(team, address=address)).state == "degraded"


def test_an_engine_that_is_not_there_is_offline_and_a_new_one_has_a_minute(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("health.probes.engines.TRY_AGAIN_AFTER_S", 0.0)
    engine = make_engine(team, address=f"http://127.0.0.1:{find_closed_port()}")
    assert ask(engine).state == "starting"
    assert ask(make_old(engine)).state == "offline"


def test_a_short_break_is_no_fault(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second try, a second later, finds it there again."""
    monkeypatch.setattr("health.probes.engines.TRY_AGAIN_AFTER_S", 0.0)
    engine = make_old(make_engine(team))
    answers = iter([HealthState.OFFLINE, HealthState.READY])

    async def answer(_engine: Engine, _password: str) -> Finding:
        return describe(engine, next(answers), "")

    monkeypatch.setattr("health.probes.engines.ask_engine", answer)
    assert ask(engine).state == "ready"


def test_only_engines_that_are_switched_on_are_asked(team: Team) -> None:
    engine = make_engine(team, password="the password")
    make_old(make_engine(team), is_enabled=False)
    make_old(make_engine(team), retired_at=timezone.now())
    assert list_engines_to_ask() == [(engine, "the password")]


def find_closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


# Disk -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        (Room(50 * GIB, 100 * GIB, 10**6), ("ready", "")),
        (Room(50 * GIB, 100 * GIB, None), ("ready", "")),
        (Room(30 * GIB, 1000 * GIB, 10**6), ("ready", "")),
        (Room(15 * GIB, 1000 * GIB, 10**6), ("degraded", "15.0 GiB are left.")),
        (Room(15 * GIB, 100 * GIB, 10**6), ("ready", "")),
        (Room(GIB, 10 * GIB, 10**6), ("degraded", "1.0 GiB are left.")),
        (Room(100 * MIB, 10 * GIB, 10**6), ("error", "Only 100 MiB are left.")),
        (Room(50 * GIB, 100 * GIB, 12), ("error", "Only 12 more files can be made.")),
    ],
    ids=str,
)
def test_room_is_judged_by_what_is_left(room: Room, expected: tuple[str, str]) -> None:
    state, detail = judge_room(room)
    assert (state.value, detail) == expected


def test_the_disk_of_the_data_folder_is_read_and_written(tmp_path: Path, settings: Any) -> None:
    settings.COUNTERSIGN_DATA_DIR = tmp_path / "not made yet" / "data"
    settings.COUNTERSIGN_AUDIT_HEADS_FILE = tmp_path / "audit" / "heads"
    settings.COUNTERSIGN_MCP_STORE = tmp_path / "mcp"
    [finding] = probe_disk()
    told = os.statvfs(tmp_path)
    assert (finding.subject_id, finding.facts["total_bytes"]) == ("data", told.f_blocks * told.f_frsize)
    assert (find_existing(settings.COUNTERSIGN_DATA_DIR), list(tmp_path.iterdir())) == (tmp_path, [])
    assert read_room(tmp_path).total_bytes == finding.facts["total_bytes"]


def test_a_folder_that_can_t_be_written_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    assert try_writing(tmp_path) == ""
    monkeypatch.setattr("health.probes.disk.os.fsync", refuse)
    assert try_writing(tmp_path) == "Nothing can be written there: No space left on device."


# MCP servers ----------------------------------------------------------------------------------------


def put_on(server: McpServer, engine: Engine, status: str, *, changed_at: datetime = NOW) -> None:
    McpEngineStatus.objects.create(
        server=server, engine=engine, wanted=EngineWish.ON, status=status, changed_at=changed_at
    )


@pytest.mark.parametrize(
    ("status", "is_new", "expected"),
    [
        ("connected", False, ("ready", "")),
        ("failed", True, ("error", "forge: failed")),
        ("needs_auth", False, ("error", "forge: needs_auth")),
        ("", True, ("starting", "forge: not seen yet")),
        ("missing", True, ("starting", "forge: missing")),
        ("missing", False, ("error", "forge: missing")),
    ],
)
def test_an_mcp_server_is_what_its_engine_says(
    team: Team, status: str, is_new: bool, expected: tuple[str, str]
) -> None:
    now = timezone.now()
    engine = make_old(make_engine(team, name="forge"), state="online")
    put_on(make_server(team), engine, status, changed_at=now - timedelta(seconds=5 if is_new else 300))
    assert said(probe_mcp_servers(now=now)) == [expected]


def test_an_mcp_server_is_as_well_as_on_its_worst_engine(team: Team) -> None:
    server, long_ago = make_server(team), timezone.now() - timedelta(hours=1)
    for name, state, status in (("one", "online", "connected"), ("two", "offline", "connected")):
        engine = make_old(make_engine(team, name=name), state=state)
        put_on(server, engine, status, changed_at=long_ago)
    [finding] = probe_mcp_servers(now=timezone.now())
    assert (finding.state, finding.detail) == ("degraded", "two can't be asked")
    assert finding.facts == {"engines": 2, "connected": 2}


def test_an_mcp_server_that_drifted_is_an_error_and_one_that_runs_nowhere_is_not_looked_at(
    team: Team,
) -> None:
    server = make_server(team)
    assert probe_mcp_servers(now=timezone.now()) == []
    McpServer.objects.filter(pk=server.pk).update(state=ServerState.DRIFTED)
    [finding] = probe_mcp_servers(now=timezone.now())
    assert (finding.state, finding.team_id) == ("error", team.pk)
    McpServer.objects.filter(pk=server.pk).update(state=ServerState.SUSPENDED)
    assert probe_mcp_servers(now=timezone.now()) == []


# CAO ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "seen_s_ago", "has_folder", "expected"),
    [
        ("online", 5, True, ("ready", "")),
        ("online", 100, True, ("degraded", "It has not been read for a while.")),
        ("unknown", None, True, ("offline", "Nobody has read it yet: no collector runs.")),
        ("online", 5, False, ("offline", "Its folder is not there.")),
    ],
)
def test_a_cao_server_is_read_from_its_folder(
    team: Team,
    tmp_path: Path,
    state: str,
    seen_s_ago: int | None,
    has_folder: bool,
    expected: tuple[str, str],
) -> None:
    now = timezone.now()
    long_ago = now - timedelta(hours=1)
    CaoServer.objects.create(
        team=team,
        name="cao",
        home_folder=str(tmp_path if has_folder else tmp_path / "gone"),
        state=state,
        state_since=long_ago,
        created_at=long_ago,
        last_seen_at=None if seen_s_ago is None else now - timedelta(seconds=seen_s_ago),
    )
    assert said(probe_cao(now=now)) == [expected]
