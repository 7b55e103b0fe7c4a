from __future__ import annotations

from django.db import models

from engines.models import CaoServer, Engine, EngineLease


class RelayLease(EngineLease):
    """Which process relays for an engine."""

    engine = models.OneToOneField(Engine, on_delete=models.PROTECT, primary_key=True, related_name="lease")


class CaoLease(EngineLease):
    """Which process reads a CAO server."""

    server = models.OneToOneField(CaoServer, on_delete=models.PROTECT, primary_key=True, related_name="lease")
