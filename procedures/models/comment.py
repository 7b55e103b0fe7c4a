from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from events.identifiers import RecordId
from procedures.models.proposal import ProposalRevision


class ProposalComment(models.Model):
    """What somebody said about a revision, or about one of its lines, counted from 1.

    Never changed; settled once.
    """

    id = RecordId()
    revision = models.ForeignKey(ProposalRevision, on_delete=models.PROTECT, related_name="comments")
    line = models.PositiveIntegerField(null=True)
    text = models.TextField()
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="proposal_comment_says_something"),
            models.CheckConstraint(condition=Q(line=None) | Q(line__gte=1), name="lines_count_from_one"),
            models.CheckConstraint(
                condition=Q(resolved_at=None, resolved_by=None)
                | Q(resolved_at__isnull=False, resolved_by__isnull=False),
                name="somebody_resolves_a_comment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.author}: {self.text[:40]}"

    @property
    def is_resolved(self) -> bool:
        return self.resolved_at is not None
