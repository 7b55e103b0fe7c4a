from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import Team
from events.actors import Subject
from events.encryption import EncryptedField
from events.identifiers import RecordId


class ImportedFile(models.Model):
    """A file that drafts were made of, kept as it came, byte for byte and encrypted. Append-only.

    `findings` is what became of each field, `outcomes` what was made: both without secrets. `team` None:
    the drafts are everybody's.
    """

    id = RecordId()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="imported_files")
    name = models.CharField(max_length=200)
    format = models.CharField(max_length=32)
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    original = EncryptedField()
    findings = models.JSONField()
    outcomes = models.JSONField()
    author_kind = models.CharField(max_length=16)
    author_id = models.CharField(max_length=64)
    author_label = models.CharField(max_length=200, blank=True)
    door = models.CharField(max_length=16)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["team", "sha256"], name="imported_file_by_hash")]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> Subject:
        return Subject("imported_file", self.pk)
