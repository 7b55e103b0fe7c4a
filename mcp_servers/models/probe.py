from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from engines.models import Engine
from events.actors import Subject
from events.identifiers import RecordId
from mcp_servers.enums import ProbeCause, ProbeState
from mcp_servers.models.request import McpRequest
from mcp_servers.models.server import McpServer


class McpProbe(models.Model):
    """One start of a server in a sandbox, or one visit to a remote one, to see what it offers.

    `listing` and `digests` are as `probing` writes them; `error` is for people; `timings` {step: ms}.
    Frozen once it has ended.
    """

    id = RecordId()
    server = models.ForeignKey(McpServer, on_delete=models.PROTECT, related_name="probes")
    request = models.ForeignKey(McpRequest, on_delete=models.PROTECT, null=True, related_name="probes")
    engine = models.ForeignKey(Engine, on_delete=models.PROTECT, null=True, related_name="mcp_probes")
    cause = models.CharField(max_length=16, choices=ProbeCause)
    state = models.CharField(max_length=10, choices=ProbeState, default=ProbeState.QUEUED)
    step = models.CharField(max_length=200, blank=True)
    listing = models.JSONField(default=dict)
    digests = models.JSONField(default=dict)
    changes = models.JSONField(default=list, help_text="Against what is approved, as probing writes them.")
    error = models.CharField(max_length=500, blank=True)
    timings = models.JSONField(default=dict)
    claimed_by = models.CharField(max_length=120, blank=True)
    claimed_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = "MCP probe"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=sorted(ProbeState.running()), ended_at=None)
                | Q(state__in=sorted(ProbeState.ended()), ended_at__isnull=False),
                name="mcp_probe_ended_when_over",
            ),
        ]
        indexes = [
            models.Index(fields=["server", "-created_at", "-id"], name="mcp_probe_by_server"),
            models.Index(fields=["state", "claimed_until", "created_at"], name="mcp_probe_to_work"),
        ]

    def __str__(self) -> str:
        return f"{self.server.name}: {self.get_state_display()}"

    @property
    def subject(self) -> Subject:
        return Subject("mcp_probe", self.pk)

    @property
    def is_running(self) -> bool:
        return self.state in ProbeState.running()
