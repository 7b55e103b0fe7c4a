from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from chats.enums import StopState
from engines.models import Chat
from events.actors import Subject
from events.identifiers import RecordId


class TurnStop(models.Model):
    """One row of the outbox of stops: that the agent's turn in a chat end. At most one open for each chat."""

    id = RecordId()
    chat = models.ForeignKey(Chat, on_delete=models.PROTECT, related_name="stops")
    state = models.CharField(max_length=10, choices=StopState, default=StopState.QUEUED)
    asker_kind = models.CharField(max_length=16)
    asker_id = models.CharField(max_length=64)
    asker_label = models.CharField(max_length=200, blank=True)
    door = models.CharField(max_length=16)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    last_error = models.CharField(max_length=300, blank=True)
    claimed_epoch = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, help_text="Claimed for sending; the outcome may be unknown.")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["chat"], condition=Q(state__in=["queued", "sent"]), name="one_open_stop_per_chat"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "sent"], ended_at=None)
                | Q(state__in=["confirmed", "failed"], ended_at__isnull=False),
                name="only_an_ended_stop_has_an_end",
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(state="queued"), name="stop_waiting"),
        ]

    def __str__(self) -> str:
        return f"stop ({self.state})"

    @property
    def subject(self) -> Subject:
        return Subject("chat", self.chat_id)
