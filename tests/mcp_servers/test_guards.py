"""What the database refuses, whoever writes: rows born approved, wishes rewritten, ends undone."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from accounts.models import Team, User
from mcp_servers.domain.incidents import acknowledge_incident, report_incident
from mcp_servers.domain.intake import begin_checks
from mcp_servers.domain.probes import start_probe
from mcp_servers.domain.servers import revoke_server
from mcp_servers.models import McpApproval, McpIncident, McpProbe, McpRequest, McpServer
from tests.factories import make_engine, make_principal, make_team, make_user
from tests.mcp_servers.make import HOLDER, ask, make_content, make_server, work

pytestmark = pytest.mark.django_db

REQUESTED_BY = {"requested_by_kind": "service", "requested_by_id": "agent"}


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team)


def refuse_insert(model: type[models.Model], match: str, **values: Any) -> None:
    before = model._base_manager.count()
    with pytest.raises(IntegrityError, match=match), transaction.atomic():
        model._base_manager.create(**values)
    assert model._base_manager.count() == before


def refuse_update(row: models.Model, match: str, **values: Any) -> None:
    with pytest.raises(IntegrityError, match=match), transaction.atomic():
        type(row)._base_manager.filter(pk=row.pk).update(**values)
    before = {name: getattr(row, name) for name in values}
    row.refresh_from_db()
    assert {name: getattr(row, name) for name in values} == before


@pytest.mark.parametrize("state", ["approved", "active", "suspended", "drifted", "needs_review", "revoked"])
def test_no_server_is_born_otherwise_than_asked_for(team: Team, approver: User, state: str) -> None:
    """An agent's account made an approved row in the earlier implementation, through its own door."""
    approval = make_server(team, approver=approver).approval
    match = "do not begin|approved_mcp_server_has_approval|ended_mcp_server"
    for values in ({"state": state}, {"state": state, "approval": approval, "approved_at": timezone.now()}):
        refuse_insert(McpServer, match, team=team, name="evil", **REQUESTED_BY, **values)
    refuse_insert(
        McpServer, "do not begin", team=team, name="evil", approved_by_id=approver.pk, **REQUESTED_BY
    )


@pytest.mark.parametrize("state", ["approved", "needs_review", "trial", "checking"])
def test_no_request_is_born_otherwise_than_asked_for(team: Team, approver: User, state: str) -> None:
    request = ask(team)
    match = "do not begin|one_open_mcp_request|ended_mcp_request"
    values: dict[str, Any] = {
        "server": request.server,
        "number": 2,
        "content": {},
        "content_hash": "0" * 64,
        "door": "api",
    }
    ends: list[dict[str, Any]] = [{}, {"ended_at": timezone.now()}]
    for more in ends:
        refuse_insert(McpRequest, match, state=state, **values, **REQUESTED_BY, **more)


def test_what_was_asked_for_is_never_rewritten(team: Team, approver: User) -> None:
    request = ask(team, make_content("clock"))
    for values in (
        {"content": {**request.content, "program": "/bin/sh"}},
        {"content_hash": "0" * 64},
        {"requested_by_id": approver.pk},
        {"number": 9},
        {"valid_days": 9},
        {"reason": "Another."},
        {"source": "import"},
        {"catalog": "elsewhere"},
    ):
        refuse_update(request, "rows are kept", **values)


def test_whose_a_server_is_never_changes(team: Team, approver: User) -> None:
    server = make_server(team, approver=approver)
    for values in ({"name": "other"}, {"team": make_team()}, {"requested_by_id": approver.pk}):
        refuse_update(server, "rows are kept", **values)


def test_without_an_approval_nothing_is_approved_and_with_one_it_is_not_unapproved(
    team: Team, approver: User
) -> None:
    server = make_server(team, make_content("clock"), approver=approver)
    waiting = ask(team, make_content("other")).server
    for state in ("approved", "active", "suspended", "drifted"):
        refuse_update(waiting, "approved_mcp_server_has_approval", state=state)
    refuse_update(server, "approved_mcp_server_has_approval", approval=None)
    refuse_update(server, "approved_mcp_server_has_approval", state="requested")
    refuse_update(server, "ended_mcp_server_is_retired", retired_at=timezone.now())


def test_what_was_approved_is_never_rewritten(team: Team, approver: User) -> None:
    approval = make_server(team, approver=approver).approval
    assert approval is not None
    rewritten: list[dict[str, Any]] = [
        {"bound": {**approval.bound, "argv": ["/bin/sh"]}},
        {"tools": ["*"]},
        {"expires_at": None, "bound_hash": "0" * 64},
        {"approvers": []},
    ]
    for values in rewritten:
        refuse_update(approval, "rows are kept", **values)
    [request] = McpRequest.objects.all()
    refuse_update(request, "rows are kept", state="needs_review", ended_at=None)
    refuse_update(request, "rows are kept", tools=["*"])


def test_one_request_is_approved_once_and_one_review_approves_once(team: Team, approver: User) -> None:
    approval = make_server(team, approver=approver).approval
    assert approval is not None
    other = work(ask(team))
    values: dict[str, Any] = {
        "server": other.server,
        "bound": {},
        "bound_hash": "",
        "tools": [],
        "approvers": [],
    }
    same: list[dict[str, Any]] = [
        {"request": approval.request, "review": other.review},
        {"request": other, "review": approval.review},
    ]
    for pair in same:
        refuse_insert(McpApproval, "(?i)unique", approved_by_id=approver.pk, **values, **pair)


def test_a_revoked_server_stays_revoked(team: Team, approver: User) -> None:
    server = make_server(team, approver=approver)
    approval = server.approval
    revoked = revoke_server(principal=make_principal(approver), server_id=server.pk, reason="No.")
    for values in ({"state": "approved", "approval": approval, "retired_at": None}, {"state_reason": "Hm."}):
        refuse_update(revoked, "rows are kept", **values)


def test_what_a_probe_saw_stays_and_none_is_born_done(team: Team, approver: User) -> None:
    server = make_server(team, approver=approver)
    [probe] = McpProbe.objects.all()
    refuse_update(probe, "rows are kept", listing={})
    refuse_update(probe, "rows are kept", state="queued", ended_at=None)
    refuse_insert(
        McpProbe, "do not begin", server=server, cause="by_hand", state="done", ended_at=timezone.now()
    )
    ask(team)
    claimed = begin_checks(holder=HOLDER)
    assert claimed is not None
    running = start_probe(request=claimed, holder=HOLDER)
    refuse_update(running, "rows are kept", cause="by_hand")


def test_an_incident_that_was_looked_at_stays_as_it_was(team: Team, approver: User) -> None:
    incident = report_incident(
        engine=make_engine(team), kind="unknown_server", name="evil", what="Nobody approved it."
    )
    refuse_update(incident, "rows are kept", name="other")
    done = acknowledge_incident(principal=make_principal(approver), incident_id=incident.pk)
    refuse_update(done, "rows are kept", state="open")
    refuse_update(done, "rows are kept", note="Nothing happened.")
    assert McpIncident.objects.count() == 1
