from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from chats.enums import PromptState
from engines.models import Chat, Message
from events.actors import Subject
from events.identifiers import RecordId


class OutgoingMessage(models.Model):
    """One row of the prompt outbox: how a message of ours gets to the engine.

    What is said stands with the message. The ids in the engine's format are chosen when it is first claimed
    and kept for every attempt: the engine takes the same ids twice as one message.
    """

    id = RecordId()
    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="outgoing")
    chat = models.ForeignKey(Chat, on_delete=models.PROTECT, related_name="outgoing")
    position = models.PositiveIntegerField(
        help_text="Its place in the chat's queue; a retry goes to the end."
    )
    state = models.CharField(max_length=10, choices=PromptState, default=PromptState.QUEUED)

    agent = models.CharField(max_length=80, blank=True)
    provider = models.CharField(max_length=80, blank=True)
    model = models.CharField(max_length=120, blank=True)
    variant = models.CharField(max_length=80, blank=True)

    sender_kind = models.CharField(max_length=16)
    sender_id = models.CharField(max_length=64)
    sender_label = models.CharField(max_length=200, blank=True)
    door = models.CharField(max_length=16)

    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    last_error = models.CharField(max_length=300, blank=True)
    claimed_epoch = models.BigIntegerField(null=True)
    engine_message_id = models.CharField(max_length=64, blank=True)
    part_ids = models.JSONField(default=list)

    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, help_text="Claimed for sending; the outcome may be unknown.")
    accepted_at = models.DateTimeField(null=True, help_text="The engine answered 204.")
    delivered_at = models.DateTimeField(null=True, help_text="The engine has the message.")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["chat", "position"]
        constraints = [
            models.UniqueConstraint(fields=["chat", "position"], name="one_prompt_per_place"),
            models.UniqueConstraint(
                fields=["chat"],
                condition=Q(state__in=["sending", "sent"]),
                name="one_prompt_in_flight_per_chat",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "failed", "withdrawn"])
                | Q(attempts__gt=0, claimed_epoch__isnull=False) & ~Q(engine_message_id=""),
                name="sent_prompt_has_its_ids",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "sending", "sent"], ended_at=None)
                | Q(state__in=["delivered", "failed", "withdrawn"], ended_at__isnull=False),
                name="only_an_ended_prompt_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(provider="", model="") | ~Q(provider="") & ~Q(model=""),
                name="prompt_names_a_whole_model",
            ),
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(state="queued"), name="prompt_waiting"),
            models.Index(
                fields=["chat", "position"],
                condition=Q(state__in=["queued", "sending", "sent"]),
                name="prompt_open_by_chat",
            ),
            models.Index(fields=["engine_message_id"], name="prompt_by_engine_message"),
        ]

    def __str__(self) -> str:
        return f"prompt {self.position} ({self.state})"

    @property
    def subject(self) -> Subject:
        """Of the chat: prompts have no page of their own."""
        return Subject("chat", self.chat_id)
