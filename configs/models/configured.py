"""What everything configured has: whose it is, what it is called, and its latest version."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Team, User
from configs.models.version import ConfigVersion
from events.actors import Subject
from events.identifiers import RecordId

MAX_KEY_LENGTH = 270


class Configured(models.Model):
    """Retired, never deleted; `team` None is everybody's. What it says stands in its versions.

    The other columns are those of the latest version that lists and searches need. `key` is what no other
    live one of the same team has: the name, or for a model `provider/identifier`.
    """

    kind: ClassVar[str]

    id = RecordId()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="%(class)s_configs")
    name = models.CharField(max_length=120)
    key = models.CharField(max_length=MAX_KEY_LENGTH)
    version = models.PositiveIntegerField(default=1)
    latest = models.OneToOneField(ConfigVersion, on_delete=models.PROTECT, related_name="%(class)s_latest")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="%(class)s_configs")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def is_retired(self) -> bool:
        return self.retired_at is not None

    @property
    def subject(self) -> Subject:
        return Subject(self.kind, self.pk)

    @property
    def audience(self) -> str:
        """Who hears of it: its team; what is everybody's concerns its owners."""
        return f"team:{self.team_id}" if self.team_id else "owners"


def build_constraints(prefix: str) -> list[models.BaseConstraint]:
    """One live row of a key in each team, and one among everybody's."""
    return [
        models.UniqueConstraint(
            fields=["team", "key"], condition=Q(retired_at=None), name=f"one_live_{prefix}_per_team_and_key"
        ),
        models.UniqueConstraint(
            fields=["key"], condition=Q(retired_at=None, team=None), name=f"one_shared_{prefix}_per_key"
        ),
    ]


def build_indexes(prefix: str) -> list[models.Index]:
    return [models.Index(fields=["-created_at", "-id"], name=f"{prefix}_by_age")]
