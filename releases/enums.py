from __future__ import annotations

from django.db import models


class PublicationState(models.TextChoices):
    """The step that is being taken, or how it ended. Each step may be taken again after a crash."""

    QUEUED = "queued", "queued"
    VALIDATING = "validating", "checking the release"
    TRYING = "trying", "trying it on a throwaway engine"
    STAGING = "staging", "laying the files down"
    WAITING = "waiting", "waiting for the engine to be idle"
    BY_HAND = "by_hand", "waiting for somebody to copy the files"
    SWAPPING = "swapping", "swapping the folder"
    DISPOSING = "disposing", "having the engine read it"
    READING_BACK = "reading_back", "reading back"
    ROLLING_BACK = "rolling_back", "rolling back"
    LIVE = "live", "live"
    ROLLED_BACK = "rolled_back", "rolled back"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"

    @property
    def event(self) -> str:
        """The kind of the event, and the audited verb, of an end."""
        return f"release.{self.value}"

    @classmethod
    def finished(cls) -> frozenset[str]:
        return frozenset({cls.LIVE, cls.ROLLED_BACK, cls.FAILED, cls.CANCELLED})

    @classmethod
    def unfinished(cls) -> frozenset[str]:
        return frozenset(cls.values) - cls.finished()

    @classmethod
    def cancellable(cls) -> frozenset[str]:
        """As long as the engine has seen nothing of it."""
        return frozenset({cls.QUEUED, cls.VALIDATING, cls.TRYING, cls.STAGING, cls.WAITING, cls.BY_HAND})


class DriftState(models.TextChoices):
    """What the engine runs, held against the release that is live."""

    UNKNOWN = "unknown", "not known"
    SAME = "same", "as released"
    DIFFERENT = "different", "differs from the release"
