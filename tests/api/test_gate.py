"""The gate's door: one token, one engine; it asks, waits and reports, and sees nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from engines.models import Engine
from governance.domain.decide import approve_request, deny_request
from governance.domain.gate_access import make_gate_token
from governance.models import GateCall, GatePresence, PermissionRequest
from tests.api.clients import ApiClient, outcome
from tests.factories import (
    ACTOR,
    make_engine,
    make_principal,
    make_request,
    make_session,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db

DIRECTORY = "/srv/demo"
REPORT = {
    "process": "p-1",
    "instance": "i-1",
    "directory": DIRECTORY,
    "plugin_version": "1",
    "engine_version": "1.18.33",
}
CALL: dict[str, Any] = {
    "key": "k-1",
    "process": "p-1",
    "directory": DIRECTORY,
    "session_id": "ses_1",
    "call_id": "call_1",
    "tool": "bash",
    "arguments": {"command": "export A=1", "description": "test"},
    "agent": "build",
    "session_rules": [],
}


@pytest.fixture
def engine() -> Engine:
    team = make_team()
    make_user(team, "admin")
    engine = make_engine(team)
    make_session(engine, "ses_1")
    return engine


@pytest.fixture
def gate(engine: Engine) -> ApiClient:
    return ApiClient(make_gate_token(actor=ACTOR, engine=engine).secret)


def decide(verb: Any, **values: Any) -> None:
    request = PermissionRequest.objects.get()
    reviewer = make_principal(make_user(request.team))
    verb(principal=reviewer, request_id=request.pk, fingerprint=request.fingerprint, **values)


def test_the_plugin_reports_asks_waits_and_takes(engine: Engine, gate: ApiClient) -> None:
    assert gate.write("gate/reports/", REPORT).status_code == 204
    assert GatePresence.objects.get().directory == DIRECTORY
    asked = gate.write("gate/calls/", CALL).json()
    path = f"gate/calls/{asked['id']}/"
    assert (asked["answer"], gate.read(f"{path}wait/?timeout=0").json()["answer"]) == ("hold", "hold")
    decide(approve_request)
    assert gate.read(f"{path}wait/").json() == {"id": asked["id"], "answer": "allow", "message": ""}
    assert gate.write(f"{path}take/").json()["answer"] == "allow"
    assert gate.write("gate/calls/", CALL).json() == {"id": asked["id"], "answer": "allow", "message": ""}


def test_a_denial_is_told_with_its_reason(gate: ApiClient) -> None:
    asked = gate.write("gate/calls/", CALL).json()
    decide(deny_request, reason="Not here.")
    told = gate.read(f"gate/calls/{asked['id']}/wait/").json()
    assert told == {"id": asked["id"], "answer": "deny", "message": "Denied by a reviewer: Not here."}


def test_a_withdrawn_call_closes_its_request(gate: ApiClient) -> None:
    asked = gate.write("gate/calls/", CALL).json()
    assert gate.write(f"gate/calls/{asked['id']}/withdraw/").json()["answer"] == "deny"
    assert PermissionRequest.objects.get().close_reason == "session_aborted"


@pytest.mark.parametrize(
    "path", ["permission-requests/", "engines/", "chats/", "events/", "teams/", "audit/", "subagents/"]
)
def test_the_gates_token_reads_nothing(engine: Engine, gate: ApiClient, path: str) -> None:
    make_request(engine)
    assert outcome(gate.read(path)) == (403, "missing_scope")


def test_the_gates_token_sees_no_other_request(engine: Engine, gate: ApiClient) -> None:
    request = make_request(engine)
    assert outcome(gate.read(f"permission-requests/{request.pk}/")) == (403, "missing_scope")


def test_another_engines_call_does_not_exist(engine: Engine, gate: ApiClient) -> None:
    other = make_engine(engine.team)
    stranger = ApiClient(make_gate_token(actor=ACTOR, engine=other).secret)
    asked = gate.write("gate/calls/", CALL).json()
    for method, verb in (("GET", "wait"), ("POST", "take"), ("POST", "withdraw")):
        answer = stranger.send(method, f"gate/calls/{asked['id']}/{verb}/", {} if method == "POST" else None)
        assert outcome(answer) == (404, "not_found")
    assert GateCall.objects.get().state == "held"
    # The same key of another engine is another call.
    assert stranger.write("gate/calls/", CALL).json()["id"] != asked["id"]


def test_a_new_token_ends_the_one_before(engine: Engine, gate: ApiClient) -> None:
    new = ApiClient(make_gate_token(actor=ACTOR, engine=engine).secret)
    assert outcome(gate.write("gate/reports/", REPORT)) == (401, "invalid_token")
    assert new.write("gate/reports/", REPORT).status_code == 204


@pytest.mark.parametrize(
    "change",
    [
        {"key": ""},
        {"arguments": None},
        {"arguments": "ls"},
        {"paths": {"a": 1}},
        {"session_rules": [["a"]]},
        {"unknown": 1},
    ],
)
def test_a_malformed_call_changes_nothing(gate: ApiClient, change: dict[str, Any]) -> None:
    assert gate.write("gate/calls/", {**CALL, **change}).status_code == 400
    assert not GateCall.objects.exists()
