from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Team
from configs.enums import ConfigKind
from events.identifiers import RecordId


class ConfigVersion(models.Model):
    """What something configured said from one save to the next. Append-only.

    `content` is what `configs.content` reads; `content_hash` is over its canonical JSON. `based_on` is the
    version that its author had before them, or restored.
    """

    id = RecordId()
    kind = models.CharField(max_length=16, choices=ConfigKind)
    object_id = models.CharField(max_length=15)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="config_versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    note = models.TextField(blank=True)
    author_kind = models.CharField(max_length=16)
    author_id = models.CharField(max_length=64)
    author_label = models.CharField(max_length=200, blank=True)
    door = models.CharField(max_length=16)
    based_on = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["kind", "object_id", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "object_id", "number"], name="one_row_per_config_version"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="config_version_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.object_id} version {self.number}"
