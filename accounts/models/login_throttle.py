from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.enums import ThrottleKind
from accounts.models.user import User
from events.identifiers import RecordId


class LoginThrottle(models.Model):
    """How many password checks have failed for one account, one address, or one account from one address.

    `key` is a keyed digest: names that were typed are not stored, because people type passwords there.
    `user` is known only where an account of that name exists. Rows are counters: they come and go.
    """

    id = RecordId()
    key = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=15, choices=ThrottleKind)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    address = models.CharField(max_length=45, blank=True)
    failures = models.PositiveIntegerField(default=0)
    window_ends_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-locked_until", "-id"]
        indexes = [
            models.Index(fields=["window_ends_at"], name="login_throttle_by_end"),
            models.Index(
                fields=["locked_until"], condition=~Q(locked_until=None), name="login_throttle_locked"
            ),
        ]

    def __str__(self) -> str:
        return f"Login lock: {self.get_kind_display()}"
