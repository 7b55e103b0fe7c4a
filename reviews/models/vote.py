from __future__ import annotations

from django.db import models
from django.db.models import Q

from events.identifiers import RecordId
from reviews.enums import Verdict


class Vote(models.Model):
    """One person's word on one thing, bound to the fingerprint they were shown. Never changed.

    `revision` counts how often the thing was changed before: votes on an earlier one stay and no longer
    count. With a delegation `on_behalf_of_id` is whose seat the voter took.
    """

    id = RecordId()
    subject_kind = models.CharField(max_length=48)
    subject_id = models.CharField(max_length=15)
    revision = models.PositiveIntegerField(default=0)
    voter_id = models.CharField(max_length=15)
    voter_label = models.CharField(max_length=200, blank=True)
    on_behalf_of_id = models.CharField(max_length=15, blank=True)
    on_behalf_of_label = models.CharField(max_length=200, blank=True)
    delegation_id = models.CharField(max_length=15, blank=True)
    verdict = models.CharField(max_length=8, choices=Verdict)
    reason = models.TextField(blank=True)
    fingerprint = models.CharField(max_length=64)
    door = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "revision", "voter_id"], name="one_vote_per_person"
            ),
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "revision", "on_behalf_of_id"],
                condition=~Q(on_behalf_of_id=""),
                name="one_vote_per_delegated_seat",
            ),
            models.CheckConstraint(
                condition=Q(on_behalf_of_id="", delegation_id="")
                | ~Q(on_behalf_of_id="") & ~Q(delegation_id=""),
                name="delegated_vote_names_its_delegation",
            ),
        ]
        indexes = [models.Index(fields=["voter_id", "-at"], name="vote_by_person")]

    def __str__(self) -> str:
        return f"{self.voter_label}: {self.verdict}"

    @property
    def seat_id(self) -> str:
        """Whose right this vote used."""
        return self.on_behalf_of_id or self.voter_id
