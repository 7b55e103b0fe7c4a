from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Team
from engines.enums import EngineState
from events.encryption import EncryptedField
from events.identifiers import RecordId


class CaoServer(models.Model):
    """A CLI Agent Orchestrator on this host, whose delegations the ledger keeps. Retired, never deleted."""

    id = RecordId()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="cao_servers")
    name = models.CharField(max_length=80)
    home_folder = models.CharField(
        max_length=300, help_text="Its CAO_HOME_DIR, which holds db/ and logs/; read, never written."
    )
    address = models.CharField(
        max_length=300, blank=True, help_text="Of its HTTP server: what its terminals do, and stopping them."
    )
    token = EncryptedField(blank=True, default="")
    is_enabled = models.BooleanField(default=True)
    state = models.CharField(max_length=16, choices=EngineState, default=EngineState.UNKNOWN)
    state_reason = models.CharField(max_length=300, blank=True)
    state_since = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = "CAO server"
        constraints = [
            models.UniqueConstraint(
                fields=["team", "name"], condition=Q(retired_at=None), name="one_live_cao_name_per_team"
            ),
            models.UniqueConstraint(
                fields=["home_folder"], condition=Q(retired_at=None), name="one_live_cao_per_folder"
            ),
        ]

    def __str__(self) -> str:
        return self.name
