from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.enums import Role
from accounts.models.team import Team
from accounts.models.user import User
from events.identifiers import RecordId


class Invitation(models.Model):
    """A new person asked in: by whom, into which team, until they set a password or it is revoked.

    The account and its membership exist from the beginning, without a password; the one-use link that
    leads in is a LoginLink of the account.
    """

    id = RecordId()
    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="invitation")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    role = models.CharField(max_length=8, choices=Role, blank=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"Invitation of {self.user}"

    @property
    def is_open(self) -> bool:
        return self.accepted_at is None and self.revoked_at is None
