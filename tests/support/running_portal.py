"""The product's own server over HTTP, for clients that are programs: as many tests as like share it."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from deploy.servers import free_port
from tests.portal.server_client import ROOT, running

TIMEOUT_S = 60

# Run in the portal's own database: a team whose approver decides by token, and agents that ask.
CAST = """
import json
from accounts.enums import Role, Scope
from accounts.models import Team
from tests.factories import make_engine, make_owner, make_request, make_service, make_session
from tests.factories import make_team, make_token, make_user

team = make_team("Platform")
Team.objects.filter(pk=team.pk).update(tokens_may_decide=True)
approver = make_user(team, Role.APPROVER, username="ada", name="Ada Lovelace")
agents = [make_service(make_user(team), team) for _ in range(8)]
asking = (Scope.REQUESTS_CREATE, Scope.REQUESTS_READ)
engine = make_engine(team)
make_session(engine, "ses_1")
make_session(engine, "ses_2", parent_id="ses_1")
make_request(engine, session_id="ses_1")
print(json.dumps({
    "team": team.pk,
    "approver": make_token(approver, *Scope.values),
    "owner": make_token(make_owner(), *Scope.values),
    "editor": make_token(make_user(team, Role.EDITOR), *Scope.values),
    "agent": make_token(agents[0], *Scope.for_services()),
    "spares": [make_token(agent, *asking) for agent in agents[1:]],
}))
"""


@dataclass
class RunningPortal:
    """A portal with one team, an approver whose token decides, an owner, and an agent whose token asks."""

    address: str
    variables: Mapping[str, str]
    team: str = ""
    approver: str = field(default="", repr=False)
    owner: str = field(default="", repr=False)
    editor: str = field(default="", repr=False)
    agent: str = field(default="", repr=False)
    spares: list[str] = field(default_factory=list, repr=False)

    def run(self, code: str) -> Any:
        """What the code prints in the portal's database, as JSON."""
        finished = subprocess.run(
            [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code],
            cwd=ROOT,
            env={**os.environ, **self.variables},
            stdout=subprocess.PIPE,
            check=True,
            timeout=TIMEOUT_S,
        )
        return json.loads(finished.stdout)

    def call(self, method: str, path: str, token: str, body: Any = None) -> tuple[int, Any]:
        """(status, decoded answer) of one call below /api/v1/."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=TIMEOUT_S)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, f"/api/v1/{path}", data, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def find_request(self, **facts: Any) -> dict[str, Any] | None:
        """The newest request with these members, as the approver sees it."""
        status, page = self.call("GET", "permission-requests/?page_size=200", self.approver)
        assert status == 200, page
        fitting = [row for row in page["results"] if all(row[name] == value for name, value in facts.items())]
        return fitting[0] if fitting else None

    def decide(self, request: Mapping[str, Any], verb: str, reason: str = "") -> dict[str, Any]:
        """The approver approves or denies; returns the request afterwards."""
        body = {"fingerprint": request["fingerprint"], "reason": reason}
        status, decided = self.call(
            "POST", f"permission-requests/{request['id']}/{verb}/", self.approver, body
        )
        assert status == 200, decided
        answer: dict[str, Any] = decided
        return answer

    def revoke(self, token: str) -> None:
        """A token can end itself."""
        status, page = self.call("GET", "tokens/", token)
        assert status == 200, page
        status, answer = self.call("POST", f"tokens/{page['results'][0]['id']}/revoke/", token, {})
        assert status == 200, answer


@contextmanager
def running_portal(folder: Path) -> Iterator[RunningPortal]:
    """Start one on a database of its own, of the kind that this test run is about."""
    port = free_port()
    with own_database() as database_url:
        variables = {
            "COUNTERSIGN_DATA_DIR": str(folder / "data"),
            "COUNTERSIGN_KEYS_FILE": str(folder / "keys" / "countersign.keys"),
            "COUNTERSIGN_BIND": f"127.0.0.1:{port}",
            "DATABASE_URL": database_url,
            "REDIS_URL": "",
            # Thousands of generated calls come from one address; test_rate_limits.py has the limits.
            "COUNTERSIGN_API_CALLS_PER_MINUTE": "1000000",
            "COUNTERSIGN_API_ANONYMOUS_CALLS_PER_MINUTE": "1000000",
        }
        with running(["manage.py", "up", "--no-relay"], **variables) as server:
            server.wait_for_line(lambda line: line.startswith("Countersign is at "))
            portal = RunningPortal(f"http://127.0.0.1:{port}", variables)
            for name, value in portal.run(CAST).items():
                setattr(portal, name, value)
            yield portal


@contextmanager
def own_database() -> Iterator[str]:
    """A DATABASE_URL nobody else uses: empty for a SQLite file in the data folder."""
    base = os.environ.get("DATABASE_URL", "")
    if not base:
        yield ""
        return
    name = f"portal_{secrets.token_hex(6)}"
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield urlsplit(base)._replace(path=f"/{name}").geturl()
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def portal() -> Iterator[RunningPortal]:
    """One for all tests of this worker."""
    with tempfile.TemporaryDirectory(prefix="cs-portal-") as folder, running_portal(Path(folder)) as portal:
        yield portal
