from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from engines.models import Engine
from events.identifiers import RecordId
from governance.enums import Reply, ReplyState
from governance.models.request import PermissionRequest


class EngineReply(models.Model):
    """One row of the reply outbox. At most one open reply for a request."""

    id = RecordId()
    request = models.ForeignKey(PermissionRequest, on_delete=models.PROTECT, related_name="replies")
    engine = models.ForeignKey(Engine, on_delete=models.PROTECT, related_name="replies")
    reply = models.CharField(max_length=8, choices=Reply)
    message = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=ReplyState, default=ReplyState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    claimed_epoch = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, help_text="Claimed for sending; the outcome may be unknown.")
    accepted_at = models.DateTimeField(null=True, help_text="The engine answered 200.")
    ended_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name_plural = "engine replies"
        constraints = [
            models.UniqueConstraint(
                fields=["request"],
                condition=Q(state__in=["queued", "sent"]),
                name="one_open_reply_per_request",
            )
        ]
        indexes = [
            models.Index(fields=["state", "created_at"], name="reply_by_state"),
            models.Index(
                fields=["engine", "next_attempt_at"], condition=Q(state="queued"), name="reply_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reply} ({self.state})"
