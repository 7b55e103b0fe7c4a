from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Team, User
from events.actors import Subject
from events.identifiers import RecordId


class Delegation(models.Model):
    """For a time, `delegate` may take `delegator`'s seat in the team's reviews. It is never passed on."""

    id = RecordId()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="delegations")
    delegator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="delegations_given")
    delegate = models.ForeignKey(User, on_delete=models.PROTECT, related_name="delegations_held")
    kinds = models.JSONField(default=list, blank=True, help_text="Kinds of reviews; an empty list is all.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)
    revoked_by_id = models.CharField(max_length=15, blank=True)
    revoked_by_label = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="delegation_has_a_window"),
            models.CheckConstraint(
                condition=~Q(delegator=F("delegate")), name="delegation_is_to_somebody_else"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by_id="")
                | Q(revoked_at__isnull=False) & ~Q(revoked_by_id=""),
                name="revocation_names_who_and_when",
            ),
        ]
        indexes = [models.Index(fields=["delegate", "team", "ends_at"], name="delegation_by_delegate")]

    def __str__(self) -> str:
        return f"{self.delegator} to {self.delegate}"

    @property
    def subject(self) -> Subject:
        return Subject("delegation", self.pk)

    def is_active(self, now: datetime) -> bool:
        return self.revoked_at is None and self.starts_at <= now < self.ends_at

    def covers(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds
