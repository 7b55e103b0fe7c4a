from __future__ import annotations

from django.db import models
from django.utils import timezone

from engines.models import Engine


class RelayLease(models.Model):
    """Which process relays for an engine. Every write of a relay proves that its epoch still holds."""

    engine = models.OneToOneField(Engine, on_delete=models.PROTECT, primary_key=True, related_name="lease")
    holder = models.CharField(max_length=80, blank=True)
    epoch = models.BigIntegerField(default=0)
    expires_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.holder} epoch {self.epoch}"
