from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import User
from events.identifiers import RecordId
from governance.models.request import PermissionRequest


class RequestComment(models.Model):
    """What a member of the team says about a request, to the others, in Markdown. Never changed."""

    id = RecordId()
    request = models.ForeignKey(PermissionRequest, on_delete=models.PROTECT, related_name="comments")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="request_comments")
    text = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["request", "created_at", "id"], name="comment_by_request")]

    def __str__(self) -> str:
        """Without its text, which is for members alone."""
        return f"comment {self.pk}"
