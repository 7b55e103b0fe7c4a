from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from engines.models import Engine, EngineLease
from events.actors import Subject
from events.identifiers import RecordId
from releases.enums import PublicationState
from releases.models.release import Release


class Publication(models.Model):
    """One release on its way to its engine. At most one of an engine is unfinished.

    `error` says why it ended otherwise than live; `waits_for` what it waits for now; both for people.
    `details`: what a resumed step needs and what the page shows besides ("came_from": what the folder
    showed before the swap, "trial": what a throwaway engine said, …).
    """

    id = RecordId()
    engine = models.ForeignKey(Engine, on_delete=models.PROTECT, related_name="publications")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="publications")
    previous_release = models.ForeignKey(
        Release, on_delete=models.PROTECT, null=True, related_name="publications_after"
    )
    state = models.CharField(max_length=16, choices=PublicationState, default=PublicationState.QUEUED)
    step_at = models.DateTimeField(default=timezone.now)
    is_forced = models.BooleanField(default=False)
    is_rollback = models.BooleanField(default=False)
    error = models.TextField(blank=True)
    waits_for = models.CharField(max_length=500, blank=True)
    details = models.JSONField(default=dict)
    attempts = models.PositiveIntegerField(default=0, help_text="Of the step that it is in.")
    due_at = models.DateTimeField(default=timezone.now, help_text="When the next attempt is made.")
    requested_by_kind = models.CharField(max_length=16)
    requested_by_id = models.CharField(max_length=64)
    requested_by_label = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["engine"],
                condition=Q(ended_at=None),
                name="one_unfinished_publication_per_engine",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, state__in=sorted(PublicationState.unfinished()))
                | Q(ended_at__isnull=False, state__in=sorted(PublicationState.finished())),
                name="publication_ended_when_over",
            ),
        ]
        indexes = [models.Index(fields=["engine", "state", "ended_at"], name="publication_by_engine_state")]

    def __str__(self) -> str:
        return f"{self.release}: {self.get_state_display()}"

    @property
    def subject(self) -> Subject:
        return Subject("publication", self.pk)

    @property
    def is_finished(self) -> bool:
        return self.state in PublicationState.finished()

    @property
    def can_be_cancelled(self) -> bool:
        return self.state in PublicationState.cancellable()


class PublishLease(EngineLease):
    """Which process publishes to an engine and looks for drift."""

    engine = models.OneToOneField(
        Engine, on_delete=models.PROTECT, primary_key=True, related_name="publish_lease"
    )
