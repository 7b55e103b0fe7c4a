"""Beside a request on its server's page: what is wrong, engines, secrets, and the requests before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from accounts.admin.display import Pill
from mcp_servers.admin.asked import list_entries
from mcp_servers.admin.shown import Shown
from mcp_servers.admin.states import describe_on_engine, describe_request
from mcp_servers.enums import IncidentState, ProbeState, SecretKind, ServerState
from mcp_servers.models import McpEngineStatus, McpProbe, McpSecret, McpServer


@dataclass(frozen=True, slots=True)
class PastLine:
    number: int
    pill: Pill
    by: str
    at: datetime
    url: str
    is_shown: bool
    is_live: bool


@dataclass(frozen=True, slots=True)
class SecretLine:
    """Never its value. `id` is empty while there is none."""

    id: str
    kind: str
    kind_word: str
    name: str
    is_required: bool
    is_set: bool
    last_four: str = ""
    set_by: str = ""
    set_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EngineLine:
    engine: Any
    pill: Pill
    release_url: str
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Notice:
    icon: str
    sentence: str
    tone: str = ""
    url: str = ""
    link: str = ""


def list_notices(shown: Shown) -> list[Notice]:
    server, request = shown.server, shown.request
    notices = []
    if server.state_reason and server.state in {
        ServerState.DRIFTED,
        ServerState.SUSPENDED,
        ServerState.REVOKED,
    }:
        notices.append(Notice("warning", server.state_reason, "bad"))
    if shown.is_undecided and request.problem:
        notices.append(Notice("warning", request.problem, "bad"))
    notices += describe_last_look(server)
    incidents = server.incidents.filter(state=IncidentState.OPEN).order_by("-at")[:3]
    notices += [
        Notice(
            "warning",
            f"{incident.engine.name}: {incident.what}",
            "bad",
            reverse("admin:mcp_servers_mcpincident_change", args=[incident.pk]),
            "Open the incident",
        )
        for incident in incidents.select_related("engine")
    ]
    return notices


def find_last_look(server: McpServer) -> McpProbe | None:
    """The newest probe of what is approved, by hand or since an engine started."""
    return McpProbe.objects.filter(server=server, request=None).order_by("-created_at", "-pk").first()


def describe_last_look(server: McpServer) -> list[Notice]:
    """While it runs, and when it could not see anything; what it saw otherwise is shown as a difference."""
    probe = find_last_look(server)
    if probe is None or server.is_retired:
        return []
    if probe.is_running:
        step = probe.step or probe.get_state_display()
        return [Notice("hourglass", f"It is being probed again: {step}")]
    if probe.state == ProbeState.DONE:
        return []
    return [Notice("warning", f"The last probe saw nothing: {probe.error}", "bad")]


def list_engines(server: McpServer) -> list[EngineLine]:
    rows = McpEngineStatus.objects.filter(server=server).select_related("engine").order_by("engine__name")
    return [
        EngineLine(
            row.engine,
            describe_on_engine(row),
            reverse("admin:releases_release_change", args=[row.release_id]) if row.release_id else "",
            row.seen_at,
        )
        for row in rows
    ]


def list_secrets(shown: Shown) -> list[SecretLine]:
    """Those that the shown request declares: its own values, else the server's."""
    declared = list(shown.content.secret_names)
    if not declared:
        return []
    rows = McpSecret.objects.filter(server=shown.server).order_by("set_at")
    found: dict[tuple[str, str], McpSecret] = {}
    for row in rows:
        if row.request_id is None:
            found.setdefault((row.kind, row.name), row)
        elif row.request_id == shown.request.pk:
            found[row.kind, row.name] = row
    required = {entry.name for entry in list_entries(shown.content) if entry.is_required}
    return [build_secret(kind, name, name in required, found.get((kind, name))) for kind, name in declared]


def build_secret(kind: str, name: str, is_required: bool, row: McpSecret | None) -> SecretLine:
    word = "header" if kind == SecretKind.HEADER else "variable"
    if row is None:
        return SecretLine("", kind, word, name, is_required, is_set=False)
    return SecretLine(
        row.pk,
        kind,
        word,
        name,
        is_required,
        True,
        row.last_four,
        row.set_by_label or row.set_by_id,
        row.set_at,
    )


def list_past(shown: Shown, *, may_read: bool) -> list[PastLine]:
    url = reverse("admin:mcp_servers_mcpserver_change", args=[shown.server.pk])
    live = shown.approval.request_id if shown.approval else ""
    return [
        PastLine(
            request.number,
            describe_request(request),
            request.requested_by_label or request.requested_by_id,
            request.created_at,
            f"{url}?request={request.pk}" if may_read else "",
            request.pk == shown.request.pk,
            request.pk == live,
        )
        for request in shown.requests
    ]
