"""Whatever people, agents and engines send, no secret of it stands in the log: at DEBUG, errors included."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect as connect_socket

from tests.portal.server_client import ROOT, WAIT_S, ServerProcess, running
from tests.relay.fake_engine import FakeEngine

LINK = re.compile(r"/login/([^/\s]+)/")
# Recognised by their form, and one that only looks like a word: a command is never logged at all.
COMMANDS = {
    "planted-in-a-header-0123456789": "curl -H 'Authorization: Bearer {}' https://example.org",
    "planted-in-an-assignment-01234": "AWS_SECRET_ACCESS_KEY={} aws s3 ls",
    "plantedplainword": "./deploy --with {}",
}
CAST = """
import json
from accounts.enums import Role, Scope
from accounts.models import User
from engines.domain.registry import register_engine
from events.actors import build_command_actor
from accounts.domain.teams import add_member
from tests.factories import make_service, make_team, make_token
ada, team = User.objects.get(username="ada"), make_team("Platform")
add_member(actor=build_command_actor("test"), team=team, user=ada, role=Role.ADMIN)
engine = register_engine(actor=build_command_actor("test"), team=team, name="workbench", address={address!r},
                         password={password!r})
print(json.dumps({{"engine": engine.pk, "team": team.pk,
                  "token": make_token(ada, *Scope.values),
                  "agent": make_token(make_service(ada, team), *Scope.for_services())}}))
"""


@dataclass
class Site:
    """A running portal with relay, and every secret that went into it."""

    server: ServerProcess
    variables: dict[str, str]
    address: str
    secrets: set[str] = field(default_factory=set)

    def plant(self, secret: str) -> str:
        self.secrets.add(secret)
        return secret

    def run(self, *arguments: str) -> str:
        finished = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.variables},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=WAIT_S,
        )
        return finished.stdout


@pytest.fixture(params=["no", "yes"], ids=["plain", "debug"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    variables = {
        "COUNTERSIGN_DATA_DIR": str(tmp_path / "data"),
        "COUNTERSIGN_KEYS_FILE": str(tmp_path / "keys" / "countersign.keys"),
        "COUNTERSIGN_DEBUG": request.param,
        "COUNTERSIGN_LOG_LEVEL": "DEBUG",
        "COUNTERSIGN_LOG_FORMAT": "json",
        "COUNTERSIGN_ACCESS_LOG": "yes",
        "COUNTERSIGN_MONITORING_TOKEN": "planted-monitoring-token",
        "SECRET_KEY": "planted-secret-key-0123456789-0123456789-0123456789",
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }
    with running(["manage.py", "up"], **variables) as server:
        line = server.wait_for_line(lambda line: line.startswith("Countersign is at "))
        address = re.findall(r"http://[\d.:]+", line)[0]
        yield Site(server, variables, address, {"planted-monitoring-token", variables["SECRET_KEY"]})


def post_form(client: httpx.Client, url: str, **values: str) -> httpx.Response:
    page = client.get(url)
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    return client.post(url, data={"csrfmiddlewaretoken": token[0] if token else "", **values})


def visit_as_a_person(site: Site, client: httpx.Client) -> None:
    """A one-use link, a password, wrong ones, a session."""
    link = LINK.findall(site.run("create_owner", "ada"))[0]
    site.plant(link)
    password = site.plant("planted-password-of-ada")
    client.get("/login/planted-link-that-never-was-0123456789/")
    site.plant("planted-link-that-never-was-0123456789")
    entered = post_form(client, f"/login/{link}/", new_password1=password, new_password2=password)
    assert entered.status_code == 302, entered.text
    client.get(f"/login/{link}/")
    with httpx.Client(base_url=site.address) as stranger:
        wrong = site.plant("planted-wrong-password")
        assert post_form(stranger, "/admin/login/", username="ada", password=wrong).status_code == 200
        assert post_form(stranger, "/admin/login/", username="ada", password=password).status_code == 302
        site.secrets.update(stranger.cookies.values())
    site.secrets.update(client.cookies.values())


def ask_as_an_agent(site: Site, client: httpx.Client, cast: dict[str, str]) -> None:
    """Commands with secrets, bad bodies, tokens in every place where one could be put."""
    agent = {"Authorization": f"Bearer {cast['agent']}"}
    for secret, command in COMMANDS.items():
        body = {
            "team": cast["team"],
            "permission": "bash",
            "patterns": [command.format(site.plant(secret))],
            "command": command.format(secret),
            "arguments": {"command": command.format(secret)},
        }
        answer = client.post("/api/v1/permission-requests/", json=body, headers=agent)
        assert answer.status_code in {201, 400}, answer.text
    broken = f'{{"command": "{site.plant("planted-in-a-broken-body")}"'
    client.post(
        "/api/v1/permission-requests/", content=broken, headers={**agent, "Content-Type": "application/json"}
    )
    client.get("/api/v1/teams/", headers={"Authorization": f"Bearer {site.plant('csk_planted_wrong-token')}"})
    client.get("/api/v1/teams/", params={"token": site.plant("planted-in-a-query")}, headers=agent)
    client.get("/api/v1/nothing", params={"secret": "planted-in-a-query"}, headers=agent)
    client.get(
        "/metrics", headers={"Authorization": f"Bearer {site.variables['COUNTERSIGN_MONITORING_TOKEN']}"}
    )
    client.get("/metrics", headers=agent)


def listen_with_a_ticket(site: Site, client: httpx.Client, cast: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {cast['token']}"}
    made = client.post("/api/v1/events/ticket/", json={}, headers=headers)
    assert made.status_code in {200, 201}, made.text
    ticket = site.plant(made.json()["ticket"])
    url = f"ws://{urlsplit(site.address).netloc}/ws/events/?ticket="
    for each in (ticket, ticket, site.plant("cst_planted-ticket-that-never-was")):
        with contextlib.suppress(WebSocketException), connect_socket(f"{url}{each}") as socket:
            socket.recv(timeout=WAIT_S)


def reach_the_engine(site: Site, client: httpx.Client, cast: dict[str, str], server: FakeEngine) -> None:
    """The relay logs in; a person tries another password, which the engine refuses."""
    wait_until(lambda: server.count("GET", "/global/event") > 0)
    page = client.get(f"/admin/engines/engine/{cast['engine']}/change/").text
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[0]
    values = {
        "confirm": "1",
        "csrfmiddlewaretoken": token,
        "address": server.address,
        "username": "opencode",
        "password": site.plant("planted-wrong-engine-password"),
    }
    answer = client.post(f"/admin/engines/engine/{cast['engine']}/change-access/", data=values)
    assert (answer.status_code, "refused the user name" in answer.text) == (400, True)


def break_the_database(site: Site, client: httpx.Client, cast: dict[str, str]) -> None:
    """Errors whose frames hold a token or a session, and whose statements hold digests of them."""
    database = Path(site.variables["COUNTERSIGN_DATA_DIR"]) / "countersign.sqlite3"
    with contextlib.closing(sqlite3.connect(database, timeout=WAIT_S)) as connection:
        for table in ("accounts_apitoken", "engines_subagent"):
            connection.execute(f"ALTER TABLE {table} RENAME TO {table}_elsewhere")
    fresh = site.plant("csk_planted00_" + "x" * 43)
    answer = client.get("/api/v1/teams/", headers={"Authorization": f"Bearer {fresh}"})
    assert answer.status_code == 503, answer.text
    answer = client.get("/admin/engines/subagent/", headers={"X-Planted": site.plant("planted-in-a-header")})
    assert answer.status_code == 500


def wait_until(holds: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < ends_at
        time.sleep(0.05)


def test_no_planted_secret_stands_in_the_log(site: Site, apart: FakeEngine) -> None:
    apart.password = site.plant("planted-engine-password")
    with httpx.Client(base_url=site.address) as client:
        visit_as_a_person(site, client)
        code = CAST.format(address=apart.address, password=apart.password)
        cast: dict[str, Any] = json.loads(site.run("shell", "--verbosity", "0", "-c", code))
        site.secrets.update({cast["token"], cast["agent"]})
        ask_as_an_agent(site, client, cast)
        listen_with_a_ticket(site, client, cast)
        reach_the_engine(site, client, cast, apart)
        break_the_database(site, client, cast)
        site.secrets.update(client.cookies.values())
    assert site.server.stop() == 0

    text = "\n".join(site.server.lines)
    assert sorted(secret for secret in site.secrets if secret in text) == []
    lines = [json.loads(line) for line in site.server.lines if line.startswith("{")]
    assert not [line for line in site.server.lines if "Traceback" in line and not line.startswith("{")]
    # It is a log of what happened, not an empty one.
    ended = [line for line in lines if line["event"] == "request"]
    assert {line["status"] for line in ended} >= {200, 302, 400, 401, 410, 500}
    assert {line.get("route") for line in ended} >= {"/login/<secret>/", "/api/v1/permission-requests/"}
    assert all(re.fullmatch(r"[0-9a-f]{16}", line["request_id"]) for line in ended)
    failures = [line for line in lines if "no such table" in line.get("exception", "")]
    # Two requests; the tasks in the background, which are nobody's request, may meet it too.
    assert len({line["request_id"] for line in failures if "request_id" in line}) == 2
    assert any(line["method"] == "WEBSOCKET" for line in ended)
