"""Reads of MCP servers. Who may read what they say: `mcp_servers.policies.can_read_server`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.models import Team
from accounts.principal import Principal
from events.errors import NotFound
from events.identifiers import is_record_id
from mcp_servers.checks.known_names import KnownNames
from mcp_servers.content import McpServerContent
from mcp_servers.enums import CheckOutcome, IncidentState, ServerState, Severity
from mcp_servers.models import McpApproval, McpCheck, McpIncident, McpRequest, McpServer
from mcp_servers.policies import REQUESTING, can_list_servers, can_see_server

# What an approval of a server that could not be probed switches on: whatever it offers.
ALL_TOOLS = "*"


@dataclass(frozen=True, slots=True)
class EnabledServer:
    """What engines of a team may run, exactly as approved.

    `tools` are the tools that agents may use; ("*",) for a server that could not be listed before two people
    approved it.
    """

    server: McpServer
    approval: McpApproval
    content: McpServerContent
    tools: tuple[str, ...]

    @property
    def argv(self) -> tuple[str, ...]:
        """Absolute; empty for a remote one."""
        return tuple(self.approval.bound.get("argv") or ())

    @property
    def has_all_tools(self) -> bool:
        return self.tools == (ALL_TOOLS,)


@dataclass(frozen=True, slots=True)
class McpCounts:
    """What people should look at, as far as they see it."""

    waiting: int = 0
    drifted: int = 0
    incidents: int = 0


def list_servers(principal: Principal) -> QuerySet[McpServer]:
    """Everything `can_see_server` lets this principal see, ended ones too, newest first."""
    servers = McpServer.objects.select_related("team", "approval")
    if not can_list_servers(principal):
        return servers.none()
    return servers if principal.sees_all_teams else servers.filter(team_id__in=principal.team_ids)


def get_server(principal: Principal, server_id: str) -> McpServer:
    """Raises NotFound for what does not exist and for what this principal may not see, alike."""
    rows = McpServer.objects.select_related("team", "approval__request")
    server = rows.filter(pk=server_id).first() if is_record_id(server_id) else None
    if server is None or not can_see_server(principal, server):
        raise NotFound("There is no such MCP server.")
    return server


def list_requests(principal: Principal) -> QuerySet[McpRequest]:
    """The requests for every server that this principal may see, newest first."""
    requests = McpRequest.objects.select_related("server__team", "review", "probe")
    if not can_list_servers(principal):
        return requests.none()
    if principal.sees_all_teams:
        return requests
    return requests.filter(server__team_id__in=principal.team_ids)


def get_request(principal: Principal, request_id: str) -> McpRequest:
    """Raises NotFound also for what this principal may not see."""
    rows = McpRequest.objects.select_related("server__team", "server__approval", "review", "probe")
    request = rows.filter(pk=request_id).first() if is_record_id(request_id) else None
    if request is None or not (can_see_server(principal, request.server) or is_asker(principal, request)):
        raise NotFound("There is no such request for an MCP server.")
    return request


def is_asker(principal: Principal, request: McpRequest) -> bool:
    """Whoever asked follows it, also with a token that may only ask."""
    return principal.user.pk == request.requested_by_id and request.server.team_id in principal.team_ids


def list_incidents(principal: Principal) -> QuerySet[McpIncident]:
    """The incidents of the engines of every team that this principal may see, newest first."""
    incidents = McpIncident.objects.select_related("team", "engine", "server")
    if not can_list_servers(principal):
        return incidents.none()
    return incidents if principal.sees_all_teams else incidents.filter(team_id__in=principal.team_ids)


def get_incident(principal: Principal, incident_id: str) -> McpIncident:
    rows = list_incidents(principal)
    incident = rows.filter(pk=incident_id).first() if is_record_id(incident_id) else None
    if incident is None:
        raise NotFound("There is no such incident.")
    return incident


def count_servers(principal: Principal) -> McpCounts:
    """For the first page, in two queries."""
    states = [ServerState.DRIFTED, ServerState.NEEDS_REVIEW]
    found = list_servers(principal).order_by().filter(state__in=states)
    counts = dict(found.values_list("state").annotate(count=Count("pk")))
    incidents = list_incidents(principal).filter(state=IncidentState.OPEN)
    return McpCounts(
        counts.get(ServerState.NEEDS_REVIEW, 0), counts.get(ServerState.DRIFTED, 0), incidents.count()
    )


def list_requestable_teams(principal: Principal) -> QuerySet[Team]:
    """The teams for which this principal may ask for servers."""
    if principal.user.is_service:
        teams = list(principal.team_ids)
    else:
        teams = [team_id for team_id, role in principal.roles.items() if role in REQUESTING]
    return Team.objects.filter(pk__in=teams, retired_at=None).order_by("name")


def load_enabled(team: Team, *, now: datetime | None = None) -> tuple[EnabledServer, ...]:
    """What the team's engines may run now, by name: nothing that waits, drifted, was stopped or ran out."""
    now = now or timezone.now()
    current = Q(approval__expires_at=None) | Q(approval__expires_at__gt=now)
    servers = McpServer.objects.filter(
        current, team=team, team__retired_at=None, state__in=ServerState.enabled(), approval__isnull=False
    )
    return tuple(
        enable(server) for server in servers.select_related("team", "approval__request").order_by("name")
    )


def enable(server: McpServer) -> EnabledServer:
    assert server.approval is not None  # noqa: S101 - the query asked for it
    return EnabledServer(server, server.approval, server.approval.read_content(), server.tools_on)


def find_previous_approval(request: McpRequest) -> McpApproval | None:
    """What was approved for this name last, also for a server of the name that has ended since."""
    approvals = McpApproval.objects.select_related("request", "server", "probe").filter(
        server__team_id=request.server.team_id, server__name=request.server.name
    )
    return approvals.exclude(request=request).order_by("-approved_at", "-pk").first()


def list_known_names(team: Team, *, except_server: McpServer | None = None) -> KnownNames:
    """What is known when something is asked for: approved servers, their packages, programs of our own."""
    servers = McpServer.objects.filter(team=team, state__in=ServerState.approvable())
    if except_server is not None:
        servers = servers.exclude(pk=except_server.pk)
    rows = list(servers.values_list("name", "approval__bound__package"))
    packages = {package["identifier"] for _, package in rows if package}
    return KnownNames(
        approved=frozenset(name for name, _ in rows),
        packages=frozenset(packages),
        programs=frozenset(settings.COUNTERSIGN_MCP_PROGRAMS),
    )


def list_checks(request: McpRequest) -> list[McpCheck]:
    """What the latest run said, in its order."""
    return list(McpCheck.objects.filter(request=request, run=request.run).order_by("position"))


def list_findings(checks: list[McpCheck]) -> list[dict[str, Any]]:
    """What an approver has to know: whatever did not pass."""
    return [
        {
            "name": check.name,
            "outcome": check.outcome,
            "severity": check.severity,
            "sentence": check.sentence,
        }
        for check in checks
        if check.outcome != CheckOutcome.PASSED
    ]


def find_worst(findings: list[dict[str, Any]]) -> str:
    """The worst severity among them; "info" for none."""
    return max((item["severity"] for item in findings), key=Severity.values.index, default=Severity.INFO)


def list_tools(request: McpRequest) -> tuple[str, ...]:
    """The names of every tool that the request's probe saw; empty where nothing was listed."""
    if not request.bound.get("digests") or request.probe is None:
        return ()
    return tuple(str(tool["name"]) for tool in request.probe.listing.get("tools", ()))


def describe_bound(request: McpRequest) -> list[tuple[str, str]]:
    """(name, text) of everything that an approval of this request would be bound to, for people."""
    return describe_bound_items(request.bound)


def describe_bound_items(bound: dict[str, Any]) -> list[tuple[str, str]]:
    package = bound.get("package") or {}
    digests = bound.get("digests") or {}
    said = [
        ("Transport", bound.get("transport", "")),
        ("Command", " ".join(quote(word) for word in bound.get("argv", ()))),
        ("Address", bound.get("url", "")),
        ("Package", " ".join(str(package.get(key, "")) for key in ("kind", "identifier", "version")).strip()),
        ("Artefact", bound.get("artefact_hash", "")),
        ("Environment", ", ".join(bound.get("environment", ()))),
        ("Headers", ", ".join(bound.get("headers", ()))),
        ("Client says it can", ", ".join(bound.get("client_capabilities", ())) or "nothing"),
        ("Protocol", bound.get("protocol_version", "")),
        ("Digest of what it offers", str(digests.get("total", "")) or "not probed"),
        ("Content", bound.get("content_hash", "")),
    ]
    return [(name, text) for name, text in said if text]


def quote(word: str) -> str:
    """Words as a shell would need them: where one ends is never in doubt."""
    import shlex

    return shlex.quote(word)
