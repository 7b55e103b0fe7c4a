from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.enums import Role
from accounts.models.user import User
from events.identifiers import RecordId


class Team(models.Model):
    """Who shares engines, chats and requests. Retired, never deleted."""

    id = RecordId()
    name = models.CharField(max_length=80, unique=True)
    chat_user_may_decide = models.BooleanField(
        default=True, help_text="The person whose chat an agent works in may decide the agent's requests."
    )
    tokens_may_decide = models.BooleanField(
        default=False, help_text="People may approve and deny through their own API tokens."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def audience(self) -> str:
        return f"team:{self.pk}"


class Membership(models.Model):
    """One user's role in one team, from `created_at` until `ended_at`."""

    id = RecordId()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role)
    has_ssh = models.BooleanField(
        "ssh", default=False, help_text="May log in to the team's sandbox with an SSH key."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["team__name", "user__username"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user"], condition=Q(ended_at=None), name="one_open_membership"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}: {self.get_role_display()}"
