from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models.user import User
from events.identifiers import RecordId


class LoginLink(models.Model):
    """A one-use link that signs a person in once, to set a password. Spent by POST only."""

    id = RecordId()
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="login_links")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"login link of {self.user}"
