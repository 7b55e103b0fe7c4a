from __future__ import annotations

from django.db import models
from django.utils import timezone


class EngineLease(models.Model):
    """Which process does one kind of work for an engine; every write of it proves that its epoch still holds.

    A kind of work adds `engine`, one to one and the primary key.
    """

    holder = models.CharField(max_length=80, blank=True)
    epoch = models.BigIntegerField(default=0)
    expires_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.holder} epoch {self.epoch}"
