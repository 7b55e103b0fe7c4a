from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import Team, User
from engines.enums import EngineMessageStatus, MessageRole, SessionState, Turn, UserMessageStatus
from engines.models.engine import Engine
from events.identifiers import RecordId


class Chat(models.Model):
    """One conversation: a root session of an engine, or one still to be made for the first prompt.

    Sessions made elsewhere are adopted, without a user.
    """

    id = RecordId()
    engine = models.ForeignKey(Engine, on_delete=models.PROTECT, related_name="chats")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="chats")
    # Null, not empty, while no session exists: the constraint below lets many rows be without one.
    ai_engine_session_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001
    title = models.CharField(max_length=300, blank=True)
    description = models.CharField(max_length=2000, blank=True)
    tags = models.JSONField(default=list, blank=True, help_text="Lower-case words, sorted.")
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="chats")
    agent = models.CharField(max_length=80, blank=True)
    directory = models.CharField(max_length=1000, blank=True)
    turn = models.CharField(max_length=10, choices=Turn, default=Turn.USER)
    session_state = models.CharField(max_length=8, choices=SessionState, default=SessionState.UNKNOWN)
    preview = models.CharField(max_length=200, blank=True)
    last_active = models.DateTimeField(default=timezone.now)
    last_reply_at = models.DateTimeField(null=True, blank=True, help_text="An agent's newest word.")
    aborted_at = models.DateTimeField(null=True, blank=True)
    blocked_at = models.DateTimeField(
        null=True, blank=True, help_text="Set when somebody else answered a request: an incident."
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-last_active", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["engine", "ai_engine_session_id"], name="one_chat_per_session")
        ]
        indexes = [models.Index(fields=["team", "-last_active", "-id"], name="chat_by_team")]

    def __str__(self) -> str:
        return self.title or self.ai_engine_session_id or "New chat"

    @property
    def engine_type(self) -> str:
        return self.engine.kind


class Message(models.Model):
    """What was said, in the order the engine made it. Cost, tokens and tool output stay in the engine."""

    id = RecordId()
    chat = models.ForeignKey(Chat, on_delete=models.PROTECT, related_name="messages")
    role = models.CharField(max_length=10, choices=MessageRole)
    # Null, not empty, while the engine has given none: the constraint below lets many rows be without one.
    ai_engine_message_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001
    parent_id = models.CharField(max_length=64, blank=True)
    user_message_status = models.CharField(max_length=10, choices=UserMessageStatus, blank=True)
    engine_message_status = models.CharField(max_length=10, choices=EngineMessageStatus, blank=True)
    parts = models.JSONField(default=list)
    created = models.DateTimeField(default=timezone.now)
    updated = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["chat", "ai_engine_message_id"], name="one_row_per_engine_message"
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.ai_engine_message_id or self.pk}"
