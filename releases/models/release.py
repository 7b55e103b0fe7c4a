from __future__ import annotations

from django.db import models
from django.utils import timezone

from engines.models import Engine
from events.actors import Subject
from events.identifiers import RecordId


class Release(models.Model):
    """One render of everything labelled for production, for one engine. Append-only; signed.

    `files`: [[path, text], …] sorted by path. `inputs`: {"objects": [[kind, id, number, hash], …],
    "defaults": number or null, "has_gate": bool}. `content_hash` is over the files: it names the folder.
    """

    id = RecordId()
    engine = models.ForeignKey(Engine, on_delete=models.PROTECT, related_name="releases")
    number = models.PositiveIntegerField()
    files = models.JSONField()
    inputs = models.JSONField()
    content_hash = models.CharField(max_length=64)
    signature = models.CharField(max_length=64)
    key_id = models.CharField(max_length=32)
    engine_schema = models.CharField(max_length=40)
    note = models.CharField(max_length=300, blank=True)
    created_by_kind = models.CharField(max_length=16)
    created_by_id = models.CharField(max_length=64)
    created_by_label = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["engine", "number"], name="one_release_of_a_number"),
            models.UniqueConstraint(fields=["engine", "content_hash"], name="one_release_of_a_content"),
        ]

    def __str__(self) -> str:
        return f"{self.engine.name} #{self.number}"

    @property
    def subject(self) -> Subject:
        return Subject("release", self.pk)

    @property
    def file_pairs(self) -> list[tuple[str, str]]:
        """(path, text) in the order in which they are laid down."""
        return [(path, text) for path, text in self.files]
