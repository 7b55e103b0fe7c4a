from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import Team
from engines.models import Engine
from events.actors import Subject
from events.identifiers import RecordId
from mcp_servers.enums import EngineWish, IncidentKind, IncidentState
from mcp_servers.models.server import McpServer


class McpEngineStatus(models.Model):
    """One server on one engine: what is wanted, what was rendered, what the engine says.

    `release_id` is the release that carries it, "" for none; `status` is the engine's word (connected,
    disabled, failed, …), "" before it was seen.
    """

    id = RecordId()
    server = models.ForeignKey(McpServer, on_delete=models.PROTECT, related_name="engine_statuses")
    engine = models.ForeignKey(Engine, on_delete=models.PROTECT, related_name="mcp_statuses")
    wanted = models.CharField(max_length=3, choices=EngineWish, default=EngineWish.OFF)
    release_id = models.CharField(max_length=15, blank=True)
    status = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=500, blank=True)
    seen_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["server", "engine"]
        verbose_name = "MCP server on an engine"
        verbose_name_plural = "MCP servers on engines"
        constraints = [models.UniqueConstraint(fields=["server", "engine"], name="one_mcp_status_per_engine")]

    def __str__(self) -> str:
        return f"{self.server.name}: {self.status or 'not seen yet'}"


class McpIncident(models.Model):
    """That an engine had a server otherwise than approved. `name` is the engine's word for it, made visible.

    `action` says what was done about it, for people. The same thing seen again counts `times` on while the
    incident is open.
    """

    id = RecordId()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="mcp_incidents")
    engine = models.ForeignKey(Engine, on_delete=models.PROTECT, related_name="mcp_incidents")
    server = models.ForeignKey(McpServer, on_delete=models.PROTECT, null=True, related_name="incidents")
    kind = models.CharField(max_length=16, choices=IncidentKind)
    name = models.CharField(max_length=200)
    what = models.CharField(max_length=500)
    action = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=14, choices=IncidentState, default=IncidentState.OPEN)
    times = models.PositiveIntegerField(default=1)
    at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    acknowledged_by_id = models.CharField(max_length=64, blank=True)
    acknowledged_by_label = models.CharField(max_length=200, blank=True)
    acknowledged_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = "MCP incident"
        constraints = [
            models.UniqueConstraint(
                fields=["engine", "kind", "name"],
                condition=models.Q(state=IncidentState.OPEN),
                name="one_open_mcp_incident_of_a_name",
            )
        ]
        indexes = [
            models.Index(fields=["team", "state", "-at", "-id"], name="mcp_incident_by_team_state"),
            models.Index(fields=["state", "-at", "-id"], name="mcp_incident_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.get_kind_display()}"

    @property
    def subject(self) -> Subject:
        return Subject("mcp_incident", self.pk)
