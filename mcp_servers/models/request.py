from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from events.actors import Subject
from events.identifiers import RecordId
from mcp_servers.content import McpServerContent
from mcp_servers.enums import CheckOutcome, RequestSource, RequestState, Severity
from mcp_servers.models.server import McpServer
from reviews.models import Review


class McpRequest(models.Model):
    """That somebody wants a server to be exactly `content`. At most one of a server is open.

    `content` is `McpServerContent.write()`, and is frozen from the start. `bound` is filled by the checks:
    what an approval would be bound to (see docs/mcp.md). `tools` are the ones that an approval would switch
    on. `run` counts the rounds of checks; `problem` says why it can't be reviewed yet, for people.
    `claimed_by` works on it until `claimed_until`.
    """

    id = RecordId()
    server = models.ForeignKey(McpServer, on_delete=models.PROTECT, related_name="requests")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    source = models.CharField(max_length=8, choices=RequestSource)
    catalog = models.CharField(max_length=300, blank=True)
    reason = models.TextField(blank=True)
    valid_days = models.PositiveSmallIntegerField(null=True)

    state = models.CharField(max_length=16, choices=RequestState, default=RequestState.REQUESTED)
    problem = models.CharField(max_length=500, blank=True)
    review = models.OneToOneField(Review, on_delete=models.PROTECT, null=True, related_name="mcp_request")
    bound = models.JSONField(default=dict)
    tools = models.JSONField(default=list)
    probe = models.ForeignKey("mcp_servers.McpProbe", on_delete=models.PROTECT, null=True, related_name="+")
    run = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, help_text="Of a remote one: when its trial was over.")
    claimed_by = models.CharField(max_length=120, blank=True)
    claimed_until = models.DateTimeField(null=True)

    requested_by_kind = models.CharField(max_length=16)
    requested_by_id = models.CharField(max_length=64)
    requested_by_label = models.CharField(max_length=200, blank=True)
    door = models.CharField(max_length=16)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = "MCP request"
        constraints = [
            models.UniqueConstraint(fields=["server", "number"], name="one_mcp_request_of_a_number"),
            models.UniqueConstraint(
                fields=["server"],
                condition=Q(state__in=sorted(RequestState.open())),
                name="one_open_mcp_request_per_server",
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(RequestState.open()), ended_at=None)
                | Q(state__in=sorted(RequestState.closed()), ended_at__isnull=False),
                name="ended_mcp_request_when_over",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "claimed_until", "created_at"], name="mcp_request_to_work"),
            models.Index(fields=["-created_at", "-id"], name="mcp_request_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.server.name} #{self.number}"

    @property
    def subject(self) -> Subject:
        return Subject("mcp_request", self.pk)

    @property
    def is_open(self) -> bool:
        return self.state in RequestState.open()

    def read_content(self) -> McpServerContent:
        return McpServerContent.read(self.content)


class McpCheck(models.Model):
    """What one check of one run said. Append-only."""

    id = RecordId()
    request = models.ForeignKey(McpRequest, on_delete=models.PROTECT, related_name="checks")
    run = models.PositiveIntegerField()
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=64)
    outcome = models.CharField(max_length=12, choices=CheckOutcome)
    severity = models.CharField(max_length=8, choices=Severity, default=Severity.INFO)
    sentence = models.CharField(max_length=1000)
    details = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["request", "run", "position"]
        verbose_name = "MCP check"
        constraints = [
            models.UniqueConstraint(fields=["request", "run", "position"], name="one_mcp_check_of_a_position")
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.get_outcome_display()}"
