from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Team
from engines.models import Chat, Engine, Subagent
from events.actors import Subject
from events.encryption import EncryptedField
from events.identifiers import RecordId
from governance.enums import CloseReason, QuestionState, RequestSource


class Question(models.Model):
    """What an agent wants to know from a person: one or several things at once.

    What is asked and what was answered are encrypted; `summary` is a masked copy for lists. What is asked
    never changes, nothing once it has ended; database triggers hold both.
    """

    id = RecordId()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="questions")
    source = models.CharField(max_length=8, choices=RequestSource)

    engine = models.ForeignKey(Engine, on_delete=models.PROTECT, null=True, related_name="questions")
    chat = models.ForeignKey(Chat, on_delete=models.PROTECT, null=True, related_name="questions")
    subagent = models.ForeignKey(Subagent, on_delete=models.PROTECT, null=True, related_name="questions")
    engine_question_id = models.CharField(max_length=64, blank=True)
    session_id = models.CharField(max_length=64, blank=True)
    tool_message_id = models.CharField(max_length=64, blank=True)
    tool_call_id = models.CharField(max_length=200, blank=True)
    directory = models.CharField(max_length=1000, blank=True)
    agent = models.CharField(max_length=80, blank=True)

    requester_kind = models.CharField(max_length=16)
    requester_id = models.CharField(max_length=64)
    requester_label = models.CharField(max_length=200, blank=True)
    idempotency_key = models.CharField(max_length=100, blank=True)

    content = EncryptedField()
    summary = models.CharField(max_length=600, blank=True)
    item_count = models.PositiveSmallIntegerField(default=1)
    findings = models.JSONField(default=list)

    state = models.CharField(max_length=10, choices=QuestionState, default=QuestionState.OPEN)
    close_reason = models.CharField(max_length=20, choices=CloseReason, blank=True)
    answers = EncryptedField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    answered_by_kind = models.CharField(max_length=16, blank=True)
    answered_by_id = models.CharField(max_length=64, blank=True)
    answered_by_label = models.CharField(max_length=200, blank=True)
    answer_door = models.CharField(max_length=16, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["engine", "engine_question_id"],
                condition=Q(engine__isnull=False) & ~Q(engine_question_id=""),
                name="one_row_per_engine_question",
            ),
            models.UniqueConstraint(
                fields=["requester_kind", "requester_id", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="one_question_per_key",
            ),
            models.CheckConstraint(
                condition=Q(source=RequestSource.ENGINE, engine__isnull=False)
                | Q(source=RequestSource.API, engine=None),
                name="engine_question_has_an_engine",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[QuestionState.ANSWERED, QuestionState.REJECTED])
                | ~Q(answered_by_id="") & ~Q(answer_door=""),
                name="answer_names_who",
            ),
            models.CheckConstraint(
                condition=Q(state=QuestionState.ANSWERED) & ~Q(answers="")
                | ~Q(state=QuestionState.ANSWERED) & Q(answers=""),
                name="only_an_answered_question_has_answers",
            ),
            models.CheckConstraint(
                condition=Q(state=QuestionState.OPEN, ended_at=None, answered_by_id="", close_reason="")
                | Q(state=QuestionState.CLOSED, ended_at__isnull=False) & ~Q(close_reason="")
                | Q(state__in=[QuestionState.ANSWERED, QuestionState.REJECTED], ended_at__isnull=False),
                name="only_an_ended_question_has_an_end",
            ),
        ]
        indexes = [
            models.Index(fields=["team", "state", "-created_at", "-id"], name="question_by_team_and_state"),
            models.Index(fields=["team", "-created_at", "-id"], name="question_by_team"),
            models.Index(fields=["-created_at", "-id"], name="question_by_time"),
            models.Index(
                fields=["engine", "session_id"],
                condition=Q(state=QuestionState.OPEN),
                name="question_session_open",
            ),
            models.Index(
                fields=["created_at", "id"], condition=Q(state=QuestionState.OPEN), name="question_open"
            ),
            models.Index(
                fields=["expires_at"], condition=Q(state=QuestionState.OPEN), name="question_expiring"
            ),
        ]

    def __str__(self) -> str:
        """Without its summary, which is not for everybody who may see that it exists."""
        return f"question {self.pk}"

    @property
    def subject(self) -> Subject:
        return Subject("question", self.pk)

    @property
    def is_open(self) -> bool:
        return self.state == QuestionState.OPEN

    def is_overdue(self, now: datetime) -> bool:
        return self.is_open and self.expires_at <= now
