from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Team
from engines.enums import EngineControl, EngineKind, EngineState
from events.encryption import EncryptedField
from events.identifiers import RecordId


class Engine(models.Model):
    """A server that runs agents for one team. Retired, never deleted."""

    id = RecordId()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="engines")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=16, choices=EngineKind, default=EngineKind.OPENCODE)
    address = models.CharField(max_length=300)
    username = models.CharField(max_length=80, default="opencode")
    password = EncryptedField(blank=True, default="")
    directories = models.JSONField(
        default=list, help_text="Absolute project paths, besides those it reports."
    )
    control = models.CharField(max_length=8, choices=EngineControl, default=EngineControl.NONE)
    control_folder = models.CharField(
        max_length=300, blank=True, help_text="Of a child: the folder that it runs in, on this host."
    )
    control_address = models.CharField(max_length=300, blank=True, help_text="Of its config agent.")
    control_token = EncryptedField(blank=True, default="")
    control_certificate = models.TextField(
        blank=True, help_text="PEM: its config agent's certificate is checked against this, if given."
    )
    is_enabled = models.BooleanField(default=True)
    version = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=16, choices=EngineState, default=EngineState.UNKNOWN)
    state_reason = models.CharField(max_length=300, blank=True)
    state_since = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    request_timeout_s = models.PositiveIntegerField(
        default=3600, help_text="A request nobody answers is denied after this many seconds."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "name"], condition=Q(retired_at=None), name="one_live_engine_name_per_team"
            ),
            models.UniqueConstraint(
                fields=["address"], condition=Q(retired_at=None), name="one_live_engine_per_address"
            ),
        ]

    def __str__(self) -> str:
        return self.name
