from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from events.encryption import EncryptedField
from events.identifiers import RecordId
from mcp_servers.enums import SecretKind
from mcp_servers.models.request import McpRequest
from mcp_servers.models.server import McpServer


class McpSecret(models.Model):
    """A secret's value, sealed. One of a `request` is not the server's until that request is approved."""

    id = RecordId()
    server = models.ForeignKey(McpServer, on_delete=models.PROTECT, related_name="secrets")
    request = models.ForeignKey(McpRequest, on_delete=models.PROTECT, null=True, related_name="secrets")
    kind = models.CharField(max_length=8, choices=SecretKind)
    name = models.CharField(max_length=128)
    value = EncryptedField()
    last_four = models.CharField(max_length=4, blank=True)
    set_by_id = models.CharField(max_length=64)
    set_by_label = models.CharField(max_length=200, blank=True)
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["kind", "name", "id"]
        verbose_name = "MCP secret"
        constraints = [
            models.UniqueConstraint(
                fields=["server", "kind", "name"],
                condition=Q(request=None),
                name="one_mcp_secret_of_a_name",
            ),
            models.UniqueConstraint(
                fields=["request", "kind", "name"],
                condition=Q(request__isnull=False),
                name="one_mcp_secret_of_a_request",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def masked(self) -> str:
        """What people see of it."""
        return f"…{self.last_four}" if self.last_four else "set"
