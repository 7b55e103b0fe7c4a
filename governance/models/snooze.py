from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from events.identifiers import RecordId
from governance.models.request import PermissionRequest


class RequestSnooze(models.Model):
    """One person does not want to see a request before `until`. Others see it as before."""

    id = RecordId()
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="request_snoozes")
    request = models.ForeignKey(PermissionRequest, on_delete=models.PROTECT, related_name="snoozes")
    until = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "request"], name="one_snooze_per_person_and_request"),
            models.CheckConstraint(condition=Q(until__gt=models.F("created_at")), name="snooze_ends_later"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} until {self.until:%Y-%m-%d %H:%M}"
