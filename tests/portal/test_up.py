"""`manage.py up` as a person starts it, and the same application under uvicorn."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.portal.server_client import ROOT, WAIT_S, ServerProcess, ask, running

UP = ["manage.py", "up", "--no-relay"]
BEYOND_LOOPBACK = (
    "Listening on 0.0.0.0:0 reaches beyond this machine: "
    "set ALLOWED_HOSTS to the host names people will use first."
)


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return {
        "COUNTERSIGN_DATA_DIR": str(tmp_path / "data"),
        "COUNTERSIGN_KEYS_FILE": str(tmp_path / "keys" / "countersign.keys"),
        "COUNTERSIGN_BIND": "127.0.0.1:0",
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }


def read_port(server: ServerProcess) -> int:
    line = server.wait_for_line(lambda line: line.startswith("Countersign is at http://127.0.0.1:"))
    return int(re.findall(r":(\d+)/", line)[0])


def get(port: int, path: str) -> tuple[int, bytes]:
    answer = ask(port, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    return answer.status, answer.body


def get_when_ready(port: int) -> tuple[int, bytes]:
    """What /readyz says once it is 200, or at the deadline: it listens before its tasks have started."""
    ends_at = time.monotonic() + WAIT_S
    while True:
        status, body = get(port, "/readyz")
        if status == 200 or time.monotonic() > ends_at:
            return status, body
        time.sleep(0.05)


def run_command(variables: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_first_start_prepares_everything_and_says_so(tmp_path: Path, variables: dict[str, str]) -> None:
    with running(UP, **variables) as server:
        port = read_port(server)
        keys = tmp_path / "keys" / "countersign.keys"
        server.wait_for_line(lambda line: "create_owner" in line)
        assert server.lines[0] == (
            f"Made the deployment's keys in {keys}. Back this file up, apart from the database."
        )
        assert re.fullmatch(r"Bringing the database up to date: \d+ migrations\.", server.lines[1])
        assert server.lines[2:] == [
            f"Countersign is at http://127.0.0.1:{port}/ (stop with Ctrl-C).",
            "Nobody can log in yet. In another terminal, make the owner and get a one-use login link:",
            "    .venv/bin/python manage.py create_owner NAME",
        ]
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in keys.parent.iterdir()}
        assert modes == {"countersign.keys": 0o600, "secret_key": 0o600}
        status, body = get_when_ready(port)
        checks = json.loads(body)["checks"]
        assert (status, {name for name, check in checks.items() if not check["is_ready"]}) == (200, set())
        assert set(checks) == {
            "database",
            "migrations",
            "append_only_triggers",
            "relay_leases",
            "disk",
            "health",
            "hub",
            "signed audit heads",
            "event pruning",
            "audit checks",
            "rule proposals",
            "publisher",
            "MCP endpoint",
            "MCP prober",
            "CAO collector",
            "what falls due",
        }
        assert server.stop() == 0


def test_the_relay_runs_in_the_same_process(variables: dict[str, str]) -> None:
    with running(["manage.py", "up"], **variables) as server:
        status, body = get_when_ready(read_port(server))
        assert (status, json.loads(body)["checks"]["relay"]) == (
            200,
            {"is_ready": True, "restarts": 0, "last_error": ""},
        )
        assert server.stop() == 0


def test_the_owners_link_opens_and_a_later_start_is_quiet(variables: dict[str, str]) -> None:
    with running(UP, **variables) as server:
        port = read_port(server)
        made = run_command(variables, "create_owner", "ada")
        path = made.stdout.rpartition("127.0.0.1:0")[2].strip()
        assert get(port, path)[0] == 200
        assert server.stop() == 0
    with running(UP, **variables) as server:
        port = read_port(server)
        assert get(port, "/healthz") == (200, b'{"status": "ok"}')
        assert server.stop() == 0
        assert server.lines == [f"Countersign is at http://127.0.0.1:{port}/ (stop with Ctrl-C)."]


def test_pages_and_static_files_are_served_without_collecting(variables: dict[str, str]) -> None:
    with running(UP, **variables) as server:
        port = read_port(server)
        paths = [
            "/",
            "/admin/",
            "/admin/login/",
            "/api/v1/",
            "/static/admin/css/base.css",
            "/static/nothing.css",
        ]
        assert [get(port, path)[0] for path in paths] == [302, 302, 200, 401, 200, 404]


def test_a_bind_beyond_loopback_is_refused_with_one_sentence(variables: dict[str, str]) -> None:
    refused = run_command(variables, "up", "--bind", "0.0.0.0:0")
    assert (refused.returncode, refused.stderr) == (1, f"CommandError: {BEYOND_LOOPBACK}\n")


def test_a_wrong_setting_is_refused_with_one_sentence(variables: dict[str, str]) -> None:
    refused = run_command({**variables, "COUNTERSIGN_BIND": "0.0.0.0:0"}, "up")
    assert (refused.returncode, refused.stdout, refused.stderr) == (1, "", f"{BEYOND_LOOPBACK}\n")


def test_keys_that_do_not_fit_the_database_stop_the_start(tmp_path: Path, variables: dict[str, str]) -> None:
    with running(UP, **variables) as server:
        read_port(server)
        server.stop()
    others = str(tmp_path / "others" / "countersign.keys")
    refused = run_command({**variables, "COUNTERSIGN_KEYS_FILE": others}, *UP[1:])
    assert (refused.returncode, refused.stderr) == (
        1,
        f"CommandError: {others}: key 'k1' is not the key this database was written with\n",
    )


def test_a_database_that_does_not_answer_stops_the_start(variables: dict[str, str]) -> None:
    address = "postgres://user:hush-hush@127.0.0.1:1/name?connect_timeout=2"
    refused = run_command(
        {**variables, "DATABASE_URL": address, "COUNTERSIGN_DATABASE_POOL_SIZE": "0"}, *UP[1:]
    )
    assert refused.returncode == 1
    assert refused.stderr.startswith("CommandError: The database does not answer: ")
    assert "hush" not in refused.stderr + refused.stdout


def test_uvicorn_serves_the_same_application_with_its_tasks(variables: dict[str, str]) -> None:
    assert run_command(variables, "migrate", "--verbosity", "0").returncode == 0
    arguments = ["-m", "uvicorn", "portal.asgi:application", "--port", "0"]
    changed: Any = {**variables, "COUNTERSIGN_RELAY": "no"}
    with running(arguments, **changed) as server:
        line = server.wait_for_line(lambda line: "Uvicorn running on" in line)
        port = int(re.findall(r"127\.0\.0\.1:(\d+)", line)[0])
        status, body = get_when_ready(port)
        assert (status, json.loads(body)["checks"]["hub"]["is_ready"]) == (200, True)
        assert server.stop() in (0, -15)
        server.wait_for_line(lambda line: "Application shutdown complete" in line)
