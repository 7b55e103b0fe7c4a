from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import User
from events.identifiers import RecordId
from reviews.models.review import Review


class ReviewComment(models.Model):
    """What a member of the team says about a review, to the others, in Markdown. Never changed."""

    id = RecordId()
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="comments")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="review_comments")
    text = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["review", "created_at", "id"], name="comment_by_review")]

    def __str__(self) -> str:
        """Without its text, which is for members alone."""
        return f"comment {self.pk}"
