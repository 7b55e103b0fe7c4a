from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models.user import User


class IdempotencyRecord(models.Model):
    """What one POST with an `Idempotency-Key` made, so that the same POST again makes nothing more.

    `request_digest` is of the body. `answer` is the answer's JSON; "" where it showed a secret.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=100)
    route = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64)
    status = models.SmallIntegerField(default=0)
    answer = models.TextField(blank=True)
    location = models.CharField(max_length=500, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "route", "key"], name="one_answer_for_an_idempotency_key")
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_by_time")]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
