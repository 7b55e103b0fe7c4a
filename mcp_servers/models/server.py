from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Team
from events.actors import Subject
from events.identifiers import RecordId
from mcp_servers.enums import ServerState

if TYPE_CHECKING:
    from datetime import datetime


class McpServer(models.Model):
    """A name of a team that agents know a server by, and what may run under it: its approval, or nothing.

    `switched_off`: tools of the approval that were switched off since; `has_drifted`: since the approval,
    also while it is suspended. `state_reason` is for people. An ended one (revoked, rejected, withdrawn) is
    retired and frozen, and frees the name.
    """

    id = RecordId()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="mcp_servers")
    name = models.CharField(max_length=40)
    state = models.CharField(max_length=16, choices=ServerState, default=ServerState.REQUESTED)
    state_reason = models.CharField(max_length=500, blank=True)
    approval = models.ForeignKey(
        "mcp_servers.McpApproval", on_delete=models.PROTECT, null=True, related_name="+"
    )
    switched_off = models.JSONField(default=list)
    has_drifted = models.BooleanField(default=False)
    requested_by_kind = models.CharField(max_length=16)
    requested_by_id = models.CharField(max_length=64)
    requested_by_label = models.CharField(max_length=200, blank=True)
    approved_by_id = models.CharField(max_length=64, blank=True)
    approved_by_label = models.CharField(max_length=200, blank=True)
    approved_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(
        null=True, help_text="When the clock has to look: the end of the approval that it runs on."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = "MCP server"
        constraints = [
            models.UniqueConstraint(
                fields=["team", "name"], condition=Q(retired_at=None), name="one_live_mcp_name_per_team"
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(ServerState.ended()), retired_at__isnull=False)
                | ~Q(state__in=sorted(ServerState.ended())) & Q(retired_at=None),
                name="ended_mcp_server_is_retired",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=sorted(ServerState.approvable()),
                    approval__isnull=False,
                    approved_at__isnull=False,
                )
                | Q(
                    state__in=sorted(ServerState.unapproved() | ServerState.ended()),
                    approval=None,
                ),
                name="approved_mcp_server_has_approval",
            ),
        ]
        indexes = [
            models.Index(fields=["team", "state", "-created_at", "-id"], name="mcp_server_by_team_state"),
            models.Index(fields=["state", "-created_at", "-id"], name="mcp_server_by_state"),
            models.Index(fields=["-created_at", "-id"], name="mcp_server_by_time"),
            models.Index(fields=["expires_at"], name="mcp_server_by_end"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> Subject:
        return Subject("mcp_server", self.pk)

    @property
    def is_retired(self) -> bool:
        return self.retired_at is not None

    def is_enabled(self, now: datetime) -> bool:
        """Whether engines may run it at this moment."""
        return (
            self.state in ServerState.enabled()
            and self.approval is not None
            and not self.approval.is_expired(now)
        )

    @property
    def tools_on(self) -> tuple[str, ...]:
        """The tools that agents may use: approved, and not switched off since."""
        if self.approval is None:
            return ()
        off = set(self.switched_off)
        return tuple(name for name in self.approval.tools if name not in off)
