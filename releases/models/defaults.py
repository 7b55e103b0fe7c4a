from __future__ import annotations

from django.db import models
from django.utils import timezone

from engines.models import Engine
from events.identifiers import RecordId


class EngineDefaults(models.Model):
    """One version of what holds for a whole engine: default agent, models, shell wrapper. Append-only."""

    id = RecordId()
    engine = models.ForeignKey(Engine, on_delete=models.PROTECT, related_name="defaults_versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    note = models.CharField(max_length=300, blank=True)
    author_kind = models.CharField(max_length=16)
    author_id = models.CharField(max_length=64)
    author_label = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["engine", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["engine", "number"], name="one_engine_defaults_of_a_number")
        ]

    def __str__(self) -> str:
        return f"version {self.number}"
