"""How servers, requests, checks, engines and incidents stand: a word, an icon and a colour."""

from __future__ import annotations

from accounts.admin.display import Pill
from mcp_servers.enums import (
    CheckOutcome,
    EngineWish,
    IncidentState,
    RequestState,
    ServerState,
    Severity,
)
from mcp_servers.models import McpEngineStatus, McpIncident, McpRequest, McpServer

LOOKS = {
    ServerState.REQUESTED: ("hourglass", "wait"),
    ServerState.CHECKING: ("hourglass", "info"),
    ServerState.NEEDS_REVIEW: ("people", "wait"),
    ServerState.TRIAL: ("eye", "info"),
    ServerState.APPROVED: ("check", "ok"),
    ServerState.ACTIVE: ("check", "ok"),
    ServerState.DRIFTED: ("warning", "bad"),
    ServerState.SUSPENDED: ("pause", "warn"),
    ServerState.REVOKED: ("off", "bad"),
    ServerState.REJECTED: ("cross", "bad"),
    ServerState.WITHDRAWN: ("off", "quiet"),
    RequestState.SUPERSEDED: ("arrow", "quiet"),
}
SEVERITIES = {
    Severity.BLOCKING: ("blocking", "bad"),
    Severity.HIGH: ("high", "bad"),
    Severity.LOW: ("low", "warn"),
}
CHANGES = {
    "added": ("new", "spark", "warn"),
    "removed": ("gone", "off", "quiet"),
    "changed": ("changed", "warning", "bad"),
    "renamed": ("renamed", "warning", "bad"),
}
CONNECTED = "connected"


def describe_server(server: McpServer) -> Pill:
    icon, tone = LOOKS[ServerState(server.state)]
    return Pill(ServerState(server.state).label, icon, tone)


def describe_request(request: McpRequest) -> Pill:
    icon, tone = LOOKS[RequestState(request.state)]
    return Pill(RequestState(request.state).label, icon, tone)


def describe_outcome(outcome: str, severity: str) -> Pill:
    """A check that could not be made never looks like one that was passed."""
    if outcome == CheckOutcome.PASSED:
        return Pill("passed", "check", "ok")
    word, tone = SEVERITIES.get(Severity(severity), ("", "quiet"))
    if outcome == CheckOutcome.NOT_CHECKED:
        return Pill(f"not checked, {word}" if word else "not checked", "eye", tone)
    return Pill(f"finding, {word}" if word else "finding", "warning", tone)


def describe_change(change: str) -> Pill:
    word, icon, tone = CHANGES.get(change, (change, "dot", "quiet"))
    return Pill(word, icon, tone)


def describe_incident(incident: McpIncident) -> Pill:
    is_open = incident.state == IncidentState.OPEN
    return Pill("open", "warning", "bad") if is_open else Pill("acknowledged", "check", "quiet")


def describe_on_engine(status: McpEngineStatus) -> Pill:
    """What an engine says of a server that it should run, or should not."""
    runs = status.status == CONNECTED
    if status.wanted == EngineWish.ON:
        if runs:
            return Pill("runs", "check", "ok")
        if not status.status:
            return Pill("with the next release", "hourglass", "wait")
        return Pill(status.status.replace("_", " "), "warning", "bad", status.error)
    return Pill("still runs", "warning", "bad") if runs else Pill("off", "off", "quiet")
