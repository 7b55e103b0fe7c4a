from __future__ import annotations

from django.db import models
from django.utils import timezone

from configs.enums import ModelStatus
from configs.models.configured import MAX_KEY_LENGTH
from events.identifiers import RecordId


class CatalogueModel(models.Model):
    """A model that an engine knows of. Nobody's: teams choose from here what becomes a `Model` of theirs.

    Never deleted: what an import no longer finds has `missing_since`. `facts` is what is known, in the form
    in which a model's content is stored; `source` and `as_of` say where from and of which day.
    """

    id = RecordId()
    key = models.CharField(max_length=MAX_KEY_LENGTH, unique=True, help_text="provider/identifier")
    provider = models.CharField(max_length=64)
    provider_name = models.CharField(max_length=120, blank=True)
    package = models.CharField(max_length=200, blank=True)
    identifier = models.CharField(max_length=200)
    name = models.CharField(max_length=120)
    family = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=12, choices=ModelStatus, default=ModelStatus.ACTIVE)
    release_date = models.CharField(max_length=10, blank=True)
    facts = models.JSONField()
    source = models.CharField(max_length=120)
    as_of = models.DateField()
    changed_at = models.DateTimeField(default=timezone.now)
    missing_since = models.DateField(null=True)

    class Meta:
        ordering = ["key"]
        indexes = [
            models.Index(fields=["provider", "-release_date"], name="catalogue_by_provider"),
            models.Index(fields=["as_of"], name="catalogue_by_day"),
        ]

    def __str__(self) -> str:
        return self.key
