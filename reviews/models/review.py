from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Team
from events.actors import Subject
from events.identifiers import RecordId
from reviews.enums import ApproverRole, ReviewState


class Review(models.Model):
    """Something that only takes effect once other people have approved exactly what is shown here.

    `content` is what they approve and `base` what was live when it was written (None when nothing was);
    `content_hash` is over both, the subject and the title. Neither holds secrets. A change of them raises
    `revision` and makes the votes so far stale. The whole row is frozen once the review has ended; database
    triggers hold this.
    """

    id = RecordId()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="reviews")
    kind = models.CharField(max_length=32)
    subject_kind = models.CharField(max_length=48)
    subject_id = models.CharField(max_length=15)
    title = models.CharField(max_length=200)
    content = models.JSONField()
    base = models.JSONField(null=True)
    content_hash = models.CharField(max_length=64)
    revision = models.PositiveIntegerField(default=1)
    reason = models.TextField(blank=True, help_text="Why it is wanted, in the requester's words.")

    requested_by_kind = models.CharField(max_length=16)
    requested_by_id = models.CharField(max_length=64)
    requested_by_label = models.CharField(max_length=200, blank=True)
    author_ids = models.JSONField(
        default=list,
        help_text="Who asked for it or changed it, and who answered for those service accounts: none of "
        "them may review it.",
    )

    state = models.CharField(max_length=10, choices=ReviewState, default=ReviewState.OPEN)
    approvals = models.PositiveSmallIntegerField(default=0)
    approvals_needed = models.PositiveSmallIntegerField(default=1)
    approver_role = models.CharField(max_length=16, choices=ApproverRole, default=ApproverRole.APPROVER)
    backup_ids = models.JSONField(default=list)

    created_at = models.DateTimeField(default=timezone.now)
    revised_at = models.DateTimeField(null=True)
    remind_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    escalate_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    decided_at = models.DateTimeField(null=True)
    decided_by_kind = models.CharField(max_length=16, blank=True)
    decided_by_id = models.CharField(max_length=64, blank=True)
    decided_by_label = models.CharField(max_length=200, blank=True)
    decision_door = models.CharField(max_length=16, blank=True)
    decision_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_kind", "subject_id"],
                condition=Q(state=ReviewState.OPEN),
                name="one_open_review_per_subject",
            ),
            models.CheckConstraint(
                condition=Q(state=ReviewState.OPEN, decided_at=None, decided_by_id="")
                | ~Q(state=ReviewState.OPEN)
                & Q(decided_at__isnull=False)
                & ~Q(decided_by_id="")
                & ~Q(decision_door=""),
                name="only_an_ended_review_has_an_end",
            ),
            models.CheckConstraint(
                condition=~Q(state=ReviewState.APPROVED) | Q(approvals__gte=F("approvals_needed")),
                name="approved_review_has_its_votes",
            ),
            models.CheckConstraint(
                condition=~Q(state=ReviewState.REJECTED) | ~Q(decision_reason=""),
                name="rejection_has_a_reason",
            ),
            models.CheckConstraint(condition=Q(approvals_needed__gte=1), name="review_needs_somebody"),
        ]
        indexes = [
            models.Index(fields=["team", "state", "-created_at", "-id"], name="review_by_team_and_state"),
            models.Index(fields=["state", "-created_at", "-id"], name="review_by_state"),
            models.Index(fields=["subject_kind", "subject_id", "-created_at"], name="review_by_subject"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def subject(self) -> Subject:
        """The review itself, as the log knows it."""
        return Subject("review", self.pk)

    @property
    def reviewed(self) -> Subject:
        """What the review is about."""
        return Subject(self.subject_kind, self.subject_id)

    @property
    def is_open(self) -> bool:
        return self.state == ReviewState.OPEN

    def is_overdue(self, now: datetime) -> bool:
        """Past its due date and still open: late, not ended."""
        return self.is_open and self.due_at is not None and self.due_at <= now

    def is_expired(self, now: datetime) -> bool:
        """Its time has run out, whether or not that was written down yet."""
        return self.is_open and self.expires_at is not None and self.expires_at <= now

    @property
    def is_escalated(self) -> bool:
        return self.escalated_at is not None
