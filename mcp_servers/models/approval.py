from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils import timezone

from events.identifiers import RecordId
from mcp_servers.content import McpServerContent
from mcp_servers.models.request import McpRequest
from mcp_servers.models.server import McpServer
from reviews.models import Review


class McpApproval(models.Model):
    """What people approved: exactly `bound`, with these `tools` switched on. Append-only.

    `bound_hash` is SHA-256 over the canonical JSON of `bound`. `findings` are what the approvers were shown
    as [{name, outcome, severity, sentence}]. `approvers`: [{id, label, on_behalf_of}].
    """

    id = RecordId()
    server = models.ForeignKey(McpServer, on_delete=models.PROTECT, related_name="approvals")
    request = models.OneToOneField(McpRequest, on_delete=models.PROTECT, related_name="approval")
    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="mcp_approval")
    bound = models.JSONField()
    bound_hash = models.CharField(max_length=64)
    tools = models.JSONField()
    findings = models.JSONField(default=list)
    probe = models.ForeignKey("mcp_servers.McpProbe", on_delete=models.PROTECT, null=True, related_name="+")
    approvers = models.JSONField()
    approved_by_id = models.CharField(max_length=64)
    approved_by_label = models.CharField(max_length=200, blank=True)
    approved_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-approved_at", "-id"]
        verbose_name = "MCP approval"
        indexes = [
            models.Index(fields=["server", "-approved_at"], name="mcp_approval_by_server"),
            models.Index(fields=["expires_at"], name="mcp_approval_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.server.name}: {self.bound_hash[:12]}"

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def read_content(self) -> McpServerContent:
        """The request's, which is frozen and which `bound` holds the hash of."""
        return self.request.read_content()

    @property
    def digests(self) -> dict[str, object]:
        """As `probing` writes them; empty where nothing was probed."""
        digests: dict[str, object] = self.bound.get("digests") or {}
        return digests


class McpToolSwitch(models.Model):
    """That somebody switched an approved tool off or on again. Append-only."""

    id = RecordId()
    server = models.ForeignKey(McpServer, on_delete=models.PROTECT, related_name="tool_switches")
    approval = models.ForeignKey(McpApproval, on_delete=models.PROTECT, related_name="tool_switches")
    tool = models.CharField(max_length=300)
    is_on = models.BooleanField()
    reason = models.TextField(blank=True)
    set_by_id = models.CharField(max_length=64)
    set_by_label = models.CharField(max_length=200, blank=True)
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-set_at", "-id"]
        verbose_name = "MCP tool switch"
        verbose_name_plural = "MCP tool switches"

    def __str__(self) -> str:
        return f"{self.tool}: {'on' if self.is_on else 'off'}"
