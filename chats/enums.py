from __future__ import annotations

from django.db import models


class PromptState(models.TextChoices):
    """Of one prompt in the outbox. `sending` is claimed: whether it arrived may be unknown."""

    QUEUED = "queued", "waiting"
    SENDING = "sending", "being sent"
    SENT = "sent", "taken by the engine"
    DELIVERED = "delivered", "delivered"
    FAILED = "failed", "failed"
    WITHDRAWN = "withdrawn", "withdrawn"

    @classmethod
    def open(cls) -> frozenset[str]:
        return frozenset({cls.QUEUED, cls.SENDING, cls.SENT})

    @classmethod
    def in_flight(cls) -> frozenset[str]:
        """It may have reached the engine; one for a chat at a time."""
        return frozenset({cls.SENDING, cls.SENT})

    @classmethod
    def settled(cls) -> frozenset[str]:
        """Never changes again; a failed one may be tried anew."""
        return frozenset({cls.DELIVERED, cls.WITHDRAWN})


class StopState(models.TextChoices):
    """Of one wish that an agent's turn end."""

    QUEUED = "queued", "waiting"
    SENT = "sent", "being sent"
    CONFIRMED = "confirmed", "stopped"
    FAILED = "failed", "failed"

    @classmethod
    def open(cls) -> frozenset[str]:
        return frozenset({cls.QUEUED, cls.SENT})

    @classmethod
    def ended(cls) -> frozenset[str]:
        return frozenset({cls.CONFIRMED, cls.FAILED})
