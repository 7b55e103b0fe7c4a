from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from accounts.models import Team
from events.identifiers import RecordId
from reviews.enums import ReviewKind, Verdict


class ReviewPolicy(models.Model):
    """How many people a team asks for one kind of thing; without a row it is one."""

    id = RecordId()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="review_policies")
    kind = models.CharField(max_length=32, choices=ReviewKind)
    approvals_needed = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )

    class Meta:
        verbose_name_plural = "review policies"
        constraints = [models.UniqueConstraint(fields=["team", "kind"], name="one_policy_per_team_and_kind")]

    def __str__(self) -> str:
        return f"{self.team}: {self.approvals_needed} for {self.get_kind_display()}"


class Vote(models.Model):
    """One person's word on one thing, bound to the fingerprint they were shown. Never changed."""

    id = RecordId()
    subject_kind = models.CharField(max_length=48)
    subject_id = models.CharField(max_length=15)
    voter_id = models.CharField(max_length=15)
    voter_label = models.CharField(max_length=200, blank=True)
    verdict = models.CharField(max_length=8, choices=Verdict)
    reason = models.TextField(blank=True)
    fingerprint = models.CharField(max_length=64)
    door = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "voter_id"], name="one_vote_per_person"
            )
        ]
        indexes = [models.Index(fields=["voter_id", "-at"], name="vote_by_person")]

    def __str__(self) -> str:
        return f"{self.voter_label}: {self.verdict}"
