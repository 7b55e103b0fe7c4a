from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.models import Team
from events.identifiers import RecordId
from reviews.enums import ApproverRole


class ReviewPolicy(models.Model):
    """Who and how many a team asks for one kind of thing, and how long they have.

    Without a row: `reviews.domain.policies.DEFAULT`. Permission requests use `approvals_needed` alone.
    Hours count from the opening of a review; None is never.
    """

    id = RecordId()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="review_policies")
    kind = models.CharField(max_length=32)
    approvals_needed = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    approver_role = models.CharField(max_length=16, choices=ApproverRole, default=ApproverRole.APPROVER)
    backup_ids = models.JSONField(
        default=list,
        blank=True,
        help_text="Members of the team whose approval counts, whatever their role, once it is escalated.",
    )
    remind_after_h = models.PositiveSmallIntegerField(null=True, default=24)
    escalate_after_h = models.PositiveSmallIntegerField(null=True, default=48)
    due_after_h = models.PositiveSmallIntegerField(null=True, default=72)
    expire_after_h = models.PositiveSmallIntegerField(null=True, default=720)

    class Meta:
        verbose_name_plural = "review policies"
        constraints = [
            models.UniqueConstraint(fields=["team", "kind"], name="one_policy_per_team_and_kind"),
            models.CheckConstraint(condition=Q(approvals_needed__gte=1), name="policy_needs_somebody"),
        ]

    def __str__(self) -> str:
        return f"{self.team}: {self.approvals_needed} for {self.kind}"
