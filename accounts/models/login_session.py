from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models.user import User
from events.identifiers import RecordId


class LoginSession(models.Model):
    """Where a person is logged in, or was lately; the session itself is Django's.

    `digest` is the SHA-256 of the session's key, which is 32 random characters: whoever reads this table
    can't take a session over. `last_seen_at` is coarse, `expires_at` never earlier than the session's end.
    `network` is what counts as one address. Rows stay a while after the end: a network from which somebody
    has logged in before is not held up by what others try from elsewhere.
    """

    id = RecordId()
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="login_sessions")
    digest = models.CharField(max_length=64, unique=True)
    address = models.CharField(max_length=45, blank=True)
    network = models.CharField(max_length=45, blank=True)
    browser = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_seen_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-last_seen_at", "-id"]
        indexes = [models.Index(fields=["expires_at"], name="login_session_by_end")]

    def __str__(self) -> str:
        return f"{self.browser}, {self.address or 'address unknown'}"
