from __future__ import annotations

from django.db import models
from django.utils import timezone

from engines.models import Engine
from releases.enums import DriftState


class Drift(models.Model):
    """What an engine runs, held against its live release. `differences`: [{path, expected, found}, …].

    `flags`: {variable of the engine's process: whether it is set, null where that can't be told}.
    """

    engine = models.OneToOneField(Engine, on_delete=models.PROTECT, primary_key=True, related_name="drift")
    state = models.CharField(max_length=10, choices=DriftState, default=DriftState.UNKNOWN)
    differences = models.JSONField(default=list)
    flags = models.JSONField(default=dict)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it is not known.")
    checked_at = models.DateTimeField(null=True)
    since = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.get_state_display()
