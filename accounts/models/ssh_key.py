from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models.user import User
from events.identifiers import RecordId


class SshKey(models.Model):
    """A person's public SSH key, as the server read it. `name` is the device it is on.

    Inactive keys let nobody in and can be taken back. A deleted one stays as a row without `public_key` and
    `name`: it stands in no list any more, and the same key may be added again.
    """

    id = RecordId()
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="ssh_keys")
    name = models.CharField("device", max_length=80)
    key_type = models.CharField(max_length=40)
    bits = models.PositiveIntegerField()
    # The type and the base64 text, nothing else; "" once deleted.
    public_key = models.TextField(blank=True)
    # As `ssh-keygen -l` prints it: "SHA256:" and 43 characters.
    fingerprint = models.CharField(max_length=50)
    expires_at = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    # Only where the sandbox reports it.
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    deactivated_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "SSH key"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint"], condition=Q(deleted_at=None), name="one_live_ssh_key_per_fingerprint"
            ),
            models.CheckConstraint(
                condition=Q(deleted_at=None) | Q(is_active=False, public_key=""),
                name="deleted_ssh_key_lets_nobody_in",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.key_type})"

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now
