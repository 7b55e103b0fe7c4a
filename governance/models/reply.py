from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from engines.models import Engine
from events.actors import Subject
from events.identifiers import RecordId
from governance.enums import Reply, ReplyState
from governance.models.question import Question
from governance.models.request import PermissionRequest


class EngineReply(models.Model):
    """One row of the reply outbox: about a request or a question. At most one open reply for each.

    What answers a question stands with the question.
    """

    id = RecordId()
    request = models.ForeignKey(
        PermissionRequest, on_delete=models.PROTECT, null=True, related_name="replies"
    )
    question = models.ForeignKey(Question, on_delete=models.PROTECT, null=True, related_name="replies")
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
            ),
            models.UniqueConstraint(
                fields=["question"],
                condition=Q(state__in=["queued", "sent"]),
                name="one_open_reply_per_question",
            ),
            models.CheckConstraint(
                condition=Q(request__isnull=False, question=None, reply__in=[Reply.ONCE, Reply.REJECT])
                | Q(request=None, question__isnull=False, reply__in=[Reply.ANSWER, Reply.REJECT]),
                name="reply_is_about_one_thing",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "created_at"], name="reply_by_state"),
            models.Index(
                fields=["engine", "next_attempt_at"], condition=Q(state="queued"), name="reply_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reply} ({self.state})"

    @property
    def asked(self) -> PermissionRequest | Question:
        """What the engine asked."""
        asked = self.request or self.question
        if asked is None:
            raise LookupError("A reply about nothing.")
        return asked

    @property
    def subject(self) -> Subject:
        """The subject of what the engine asked, without reading it."""
        if self.question_id:
            return Subject("question", self.question_id)
        return Subject("permission_request", self.request_id)
