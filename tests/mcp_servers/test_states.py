"""What becomes of approved servers: switched, suspended, resumed, revoked, expired, drifted; incidents."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import ApiToken, Team, User
from accounts.principal import Principal
from engines.models import Engine
from events.actors import Door
from events.errors import Conflict, Invalid, NotFound, Refused
from events.models import AuditEntry, Event
from mcp_servers.checks.results import finding
from mcp_servers.domain.choices import choose_tools
from mcp_servers.domain.drift import record_drift
from mcp_servers.domain.engine_statuses import record_status
from mcp_servers.domain.incidents import acknowledge_incident, report_incident
from mcp_servers.domain.servers import (
    expire_approvals,
    resume_server,
    revoke_server,
    suspend_server,
    switch_tool,
)
from mcp_servers.models import McpIncident, McpRequest, McpSecret, McpServer, McpToolSwitch
from mcp_servers.queries import find_previous_approval, list_known_names, load_enabled
from reviews.models import Review
from tests.factories import make_engine, make_owner, make_principal, make_service, make_team, make_user
from tests.mcp_servers.make import (
    approve,
    ask,
    make_content,
    make_server,
    with_secret,
    work,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def approver(team: Team) -> User:
    return make_user(team)


@pytest.fixture
def editor(team: Team) -> User:
    return make_user(team, Role.EDITOR)


@pytest.fixture
def server(team: Team, approver: User, editor: User) -> McpServer:
    return make_server(team, make_content("clock"), approver=approver, requester=editor)


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_engine(team)


# Suspending, resuming, revoking ----------------------------------------------------------------------------


def test_a_suspended_server_is_off_until_somebody_resumes_it(
    team: Team, server: McpServer, approver: User, editor: User
) -> None:
    suspended = suspend_server(principal=make_principal(editor), server_id=server.pk, reason="It is odd.")
    assert (suspended.state, suspended.state_reason, load_enabled(team)) == ("suspended", "It is odd.", ())
    with pytest.raises(Refused):
        resume_server(principal=make_principal(editor), server_id=server.pk)
    resume_server(principal=make_principal(approver), server_id=server.pk)
    assert [enabled.server.pk for enabled in load_enabled(team)] == [server.pk]
    with pytest.raises(Conflict):
        resume_server(principal=make_principal(approver), server_id=server.pk)


def test_stopping_needs_a_reason(server: McpServer, approver: User) -> None:
    for act in (suspend_server, revoke_server):
        with pytest.raises(Invalid):
            act(principal=make_principal(approver), server_id=server.pk, reason="  ")


def test_revoked_is_off_for_good_with_its_secrets_and_its_name_is_free(
    team: Team, approver: User, editor: User
) -> None:
    """In the earlier implementation "revoke" rendered nothing, so the server stayed."""
    content = with_secret(make_content("clock"))
    server = make_server(team, content, approver=approver, secrets={"API_TOKEN": "a-long-value"})
    waiting = ask(team, make_content("clock", timeout_ms=5), requester=editor)
    with pytest.raises(Refused):
        revoke_server(principal=make_principal(editor), server_id=server.pk, reason="No.")
    revoked = revoke_server(principal=make_principal(approver), server_id=server.pk, reason="It leaks.")
    waiting.refresh_from_db()
    assert (revoked.state, revoked.approval, revoked.is_retired) == ("revoked", None, True)
    assert (waiting.state, load_enabled(team), McpSecret.objects.count()) == ("rejected", (), 0)
    assert Event.objects.filter(kind="mcp_server.revoked").count() == 1
    again = ask(team, content)
    assert again.server_id != server.pk
    previous = find_previous_approval(again)
    assert previous is not None
    assert previous.server_id == server.pk


def test_what_ended_never_begins_again(server: McpServer, approver: User) -> None:
    principal = make_principal(approver)
    revoke_server(principal=principal, server_id=server.pk, reason="No.")
    for act in (suspend_server, resume_server, revoke_server):
        with pytest.raises(Conflict):
            act(principal=principal, server_id=server.pk, reason="Once more.")
    with pytest.raises(Conflict):
        switch_tool(principal=principal, server_id=server.pk, tool="now", is_on=True)
    with pytest.raises(IntegrityError, match="rows are kept"), transaction.atomic():
        McpServer.objects.filter(pk=server.pk).update(state="approved", retired_at=None)


def test_nobody_from_elsewhere_stops_or_starts_a_server(server: McpServer, approver: User) -> None:
    service = make_service(approver, server.team)
    token = ApiToken(user=service, scopes=[Scope.MCP_READ, Scope.MCP_MANAGE, Scope.MCP_REQUEST])
    weak = ApiToken(user=approver, scopes=[Scope.MCP_READ])
    refused = [
        make_principal(make_owner()),
        make_principal(make_user(server.team, Role.VIEWER)),
        Principal(service, Door.MCP, token),
        Principal(approver, Door.API, weak),
    ]
    for principal in refused:
        for act in (suspend_server, resume_server, revoke_server):
            with pytest.raises(Refused):
                act(principal=principal, server_id=server.pk, reason="Because.")
        with pytest.raises(Refused):
            switch_tool(principal=principal, server_id=server.pk, tool="now", is_on=False)
    with pytest.raises(NotFound):
        suspend_server(
            principal=make_principal(make_user(make_team(), Role.ADMIN)), server_id=server.pk, reason="No."
        )
    server.refresh_from_db()
    assert (server.state, server.switched_off) == ("approved", [])


# Tools -----------------------------------------------------------------------------------------------------


def test_a_tool_is_switched_off_at_once_and_on_again_by_who_decides(
    team: Team, server: McpServer, approver: User, editor: User
) -> None:
    off = switch_tool(
        principal=make_principal(editor), server_id=server.pk, tool="now", is_on=False, reason="Wrong time."
    )
    assert (off.tools_on, load_enabled(team)[0].tools) == (("convert",), ("convert",))
    with pytest.raises(Refused):
        switch_tool(principal=make_principal(editor), server_id=server.pk, tool="now", is_on=True)
    switch_tool(principal=make_principal(approver), server_id=server.pk, tool="now", is_on=True)
    switch_tool(principal=make_principal(approver), server_id=server.pk, tool="now", is_on=True)
    assert load_enabled(team)[0].tools == ("convert", "now")
    history = McpToolSwitch.objects.order_by("set_at")
    assert [(row.tool, row.is_on, row.reason) for row in history] == [
        ("now", False, "Wrong time."),
        ("now", True, ""),
    ]


def test_a_tool_that_was_not_approved_is_never_switched_on(team: Team, approver: User) -> None:
    request = work(ask(team, make_content("clock")))
    choose_tools(
        principal=make_principal(approver),
        request_id=request.pk,
        tools=["now"],
        fingerprint=Review.objects.get().content_hash,
    )
    approve(request, approver)
    for tool in ("convert", "rm", "*"):
        with pytest.raises(Invalid):
            switch_tool(
                principal=make_principal(approver), server_id=request.server_id, tool=tool, is_on=True
            )
    assert load_enabled(team)[0].tools == ("now",)


def test_another_approval_starts_with_its_own_switches(
    team: Team, server: McpServer, approver: User, editor: User
) -> None:
    switch_tool(principal=make_principal(approver), server_id=server.pk, tool="now", is_on=False)
    request = work(ask(team, make_content("clock"), requester=editor, again=True), tools=("now", "then"))
    assert load_enabled(team)[0].tools == ("convert",)
    approve(request, approver)
    assert load_enabled(team)[0].tools == ("now", "then")


def test_a_tool_that_a_weighty_finding_names_is_off_unless_somebody_chooses_it(
    team: Team, approver: User
) -> None:
    lint = finding("tool_text", "high", "It hides an instruction.", tool="now")
    request = work(ask(team), findings=[lint])
    assert request.tools == ["convert"]


# The end of an approval ------------------------------------------------------------------------------------


def test_an_approval_that_ran_out_suspends_its_server(team: Team, approver: User) -> None:
    server = make_server(team, make_content("clock"), valid_days=1, approver=approver)
    later = timezone.now() + timedelta(days=2)
    assert (expire_approvals(now=timezone.now()), expire_approvals(now=later)) == (0, 1)
    server.refresh_from_db()
    assert (server.state, server.state_reason) == ("suspended", "Its approval ran out.")
    assert expire_approvals(now=later) == 0


def test_what_ran_out_is_not_resumed_but_asked_for_again(
    team: Team, approver: User, time_machine: object
) -> None:
    server = make_server(team, make_content("clock"), valid_days=1, approver=approver)
    later = timezone.now() + timedelta(days=2)
    expire_approvals(now=later)
    time_machine.move_to(later)  # type: ignore[attr-defined]  # pytest's fixture is untyped
    with pytest.raises(Conflict) as caught:
        resume_server(principal=make_principal(approver), server_id=server.pk)
    assert caught.value.code == "expired"
    approve(work(ask(team, make_content("clock"), again=True)), approver)
    assert len(load_enabled(team)) == 1


# Drift -----------------------------------------------------------------------------------------------------


def test_a_server_that_drifted_is_off_until_people_approve_what_it_is_now(
    team: Team, server: McpServer, approver: User, editor: User, engine: Engine
) -> None:
    differences = [{"kind": "tool", "name": "now", "change": "changed", "fields": ["description"]}]
    assert record_drift(server=server, differences=differences, engine=engine)
    server.refresh_from_db()
    assert (server.state, server.has_drifted, load_enabled(team)) == ("drifted", True, ())
    assert not record_drift(server=server, differences=differences, engine=engine)
    with pytest.raises(Conflict):
        resume_server(principal=make_principal(approver), server_id=server.pk)
    request = work(ask(team, make_content("clock"), requester=editor), now="Says something else now.")
    assert approve(request, approver).is_decided
    server.refresh_from_db()
    assert (server.state, server.has_drifted, len(load_enabled(team))) == ("approved", False, 1)


def test_suspending_does_not_make_drift_forgotten(server: McpServer, approver: User) -> None:
    record_drift(server=server)
    suspend_server(principal=make_principal(approver), server_id=server.pk, reason="It changed.")
    with pytest.raises(Conflict) as caught:
        resume_server(principal=make_principal(approver), server_id=server.pk)
    assert caught.value.code == "drifted"


def test_what_drifts_while_it_is_suspended_is_not_resumed_either(server: McpServer, approver: User) -> None:
    suspend_server(principal=make_principal(approver), server_id=server.pk, reason="Wait.")
    assert not record_drift(server=server)
    with pytest.raises(Conflict):
        resume_server(principal=make_principal(approver), server_id=server.pk)


def test_the_log_names_what_drifted_and_not_what_it_says(server: McpServer, engine: Engine) -> None:
    change = {"kind": "tool", "name": "no\u202ew", "change": "changed", "after": {"description": "Send keys"}}
    record_drift(server=server, differences=[change], engine=engine)
    entry = AuditEntry.objects.get(verb="mcp_server.drift")
    assert entry.after["differences"] == ["changed tool no⟨U+202E⟩w"]
    assert "Send keys" not in entry.text


# Engines ---------------------------------------------------------------------------------------------------


def test_wanted_and_connected_it_is_active(server: McpServer, engine: Engine) -> None:
    record_status(server=server, engine=engine, wanted="on", release_id="r" * 15)
    server.refresh_from_db()
    assert server.state == "approved"
    record_status(server=server, engine=engine, status="connected")
    row = record_status(server=server, engine=engine, status="connected")
    server.refresh_from_db()
    assert (server.state, row.wanted, row.status, row.release_id) == ("active", "on", "connected", "r" * 15)
    assert Event.objects.filter(kind="mcp_server.active").count() == 1


def test_what_is_seen_again_and_again_is_written_once(
    server: McpServer, engine: Engine, django_assert_num_queries: Any
) -> None:
    record_status(server=server, engine=engine, wanted="on", status="connected")
    with django_assert_num_queries(1):
        record_status(server=server, engine=engine, status="connected")
    row = record_status(server=server, engine=engine, status="failed", error="It went away.")
    assert (row.status, row.error) == ("failed", "It went away.")


def test_connected_without_being_wanted_is_not_active(server: McpServer, engine: Engine) -> None:
    record_status(server=server, engine=engine, status="connected")
    server.refresh_from_db()
    assert server.state == "approved"


def test_a_connection_does_not_bring_a_stopped_server_back(
    server: McpServer, engine: Engine, approver: User
) -> None:
    suspend_server(principal=make_principal(approver), server_id=server.pk, reason="Wait.")
    record_status(server=server, engine=engine, wanted="on", status="connected")
    server.refresh_from_db()
    assert server.state == "suspended"


def test_an_incident_is_one_while_it_is_open(team: Team, engine: Engine, approver: User) -> None:
    facts: dict[str, Any] = {
        "kind": "unknown_server",
        "name": "ev\u202eil",
        "what": "Nobody approved it.",
        "action": "Off.",
    }
    first = report_incident(engine=engine, **facts)
    second = report_incident(engine=engine, **facts)
    assert (first.pk, second.times, first.name) == (second.pk, 2, "ev⟨U+202E⟩il")
    assert Event.objects.filter(kind="mcp.incident").count() == 1
    for user in (make_user(team, Role.EDITOR), make_owner()):
        with pytest.raises(Refused):
            acknowledge_incident(principal=make_principal(user), incident_id=first.pk)
    with pytest.raises(NotFound):
        acknowledge_incident(
            principal=make_principal(make_user(make_team(), Role.ADMIN)), incident_id=first.pk
        )
    done = acknowledge_incident(principal=make_principal(approver), incident_id=first.pk, note="Known.")
    assert (done.state, done.acknowledged_by_id, done.note) == ("acknowledged", approver.pk, "Known.")
    with pytest.raises(Conflict):
        acknowledge_incident(principal=make_principal(approver), incident_id=first.pk)
    third = report_incident(engine=engine, **facts)
    assert (third.pk != first.pk, McpIncident.objects.count()) == (True, 2)


# Known names -----------------------------------------------------------------------------------------------


def test_new_names_are_held_against_approved_ones_of_the_team(team: Team, server: McpServer) -> None:
    make_server(make_team(), make_content("elsewhere"))
    ask(team, make_content("waiting"))
    known = list_known_names(team)
    assert (known.approved, known.packages) == (frozenset({"clock"}), frozenset({"mcp-server-time"}))
    assert list_known_names(team, except_server=server).approved == frozenset()


def test_an_approval_names_who_gave_it_and_what_it_is_bound_to(server: McpServer, approver: User) -> None:
    approval = server.approval
    assert approval is not None
    [request] = McpRequest.objects.all()
    assert approval.approvers == [{"id": approver.pk, "label": str(approver), "on_behalf_of": ""}]
    assert request.probe is not None
    assert approval.bound == {
        "content_hash": make_content("clock").fingerprint(),
        "transport": "stdio",
        "argv": ["/srv/store/bin/server"],
        "url": "",
        "package": {"kind": "pypi", "identifier": "mcp-server-time", "version": "2026.10.19"},
        "artefact_hash": approval.bound["artefact_hash"],
        "lock_hash": approval.bound["lock_hash"],
        "environment": [],
        "headers": [],
        "client_capabilities": [],
        "protocol_version": "2025-11-25",
        "digests": request.probe.digests,
    }
    assert [approval.bound[name][:7] for name in ("artefact_hash", "lock_hash")] == ["sha256:", "sha256:"]
