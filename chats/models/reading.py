from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import User
from engines.models import Chat


class ChatRead(models.Model):
    """Up to when one person has read a chat; what an agent said later is unread."""

    chat = models.ForeignKey(Chat, on_delete=models.PROTECT, related_name="reads")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="chat_reads")
    read_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chat", "user"], name="one_read_mark_per_user")]

    def __str__(self) -> str:
        return f"{self.user} has read {self.chat} until {self.read_at}"
