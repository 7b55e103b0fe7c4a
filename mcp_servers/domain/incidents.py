"""Engines that had a server otherwise than approved, and the people who looked at it."""

from __future__ import annotations

from django.db.models import F
from django.utils import timezone

from accounts.principal import Principal
from engines.models import Engine
from events.actors import RELAY_ACTOR, Actor
from events.changes import changes
from events.errors import Conflict
from events.text import make_storable, make_visible, read_lines
from mcp_servers.domain.log import announce_incident
from mcp_servers.domain.refusing import refuse
from mcp_servers.enums import IncidentKind, IncidentState
from mcp_servers.models import McpIncident, McpServer
from mcp_servers.policies import explain_not_managing
from mcp_servers.queries import get_incident

MAX_NOTE_LENGTH = 4000


def report_incident(
    *,
    engine: Engine,
    kind: str,
    name: str,
    what: str,
    action: str = "",
    server: McpServer | None = None,
    actor: Actor = RELAY_ACTOR,
) -> McpIncident:
    """That an engine has a server otherwise than approved. Seen again, an open one is counted on."""
    now = timezone.now()
    name = make_visible(make_storable(name, 150))[:200]
    said = {"what": make_storable(what, 500), "action": make_storable(action, 500)}
    with changes(actor) as change:
        rows = McpIncident.objects.filter(
            engine=engine, kind=IncidentKind(kind), name=name, state=IncidentState.OPEN
        )
        if rows.update(times=F("times") + 1, last_at=now, **said):
            return rows.select_related("team", "engine", "server").get()
        incident = McpIncident.objects.create(
            team=engine.team, engine=engine, server=server, kind=IncidentKind(kind), name=name, at=now, **said
        )
        after = {"engine": engine.pk, "kind": kind, "name": name, "server": server.pk if server else ""}
        change.audit("mcp_incident.open", incident.subject, after={**after, **said})
        announce_incident(change, incident)
    return incident


def acknowledge_incident(*, principal: Principal, incident_id: str, note: str = "") -> McpIncident:
    """Somebody has looked at it. Raises NotFound, Refused, Invalid or Conflict."""
    note = read_lines(note, field="note", max_length=MAX_NOTE_LENGTH)
    with changes(principal.actor) as change:
        incident = get_incident(principal, incident_id)
        refuse(explain_not_managing(principal, incident.team_id), incident.subject)
        values = {
            "state": IncidentState.ACKNOWLEDGED,
            "acknowledged_by_id": principal.user.pk,
            "acknowledged_by_label": str(principal.user)[:200],
            "acknowledged_at": timezone.now(),
            "note": note,
        }
        rows = McpIncident.objects.filter(pk=incident.pk, state=IncidentState.OPEN)
        if not rows.update(**values):
            raise Conflict("Somebody acknowledged it already.", code="already_over")
        for field, value in values.items():
            setattr(incident, field, value)
        after = {"state": IncidentState.ACKNOWLEDGED}
        change.audit("mcp_incident.acknowledge", incident.subject, after=after)
        announce_incident(change, incident)
    return incident
