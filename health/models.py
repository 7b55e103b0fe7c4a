from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Team
from events.actors import Subject
from events.identifiers import RecordId
from health.enums import Component, HealthState

# Rounds come every ten seconds; what was not looked at for so long is not known any more.
STALE_AFTER = timedelta(seconds=45)
# The task that looks, as a part that is looked at: its silence is on record like everybody else's.
OWN_SUBJECT = "health"


def judge_state(state: str, looked_at: datetime | None, now: datetime) -> HealthState:
    """What to tell people and programs: what nobody looks at is not known to be well."""
    is_current = looked_at is not None and now - looked_at < STALE_AFTER
    return HealthState(state) if is_current else HealthState.OFFLINE


class HealthCheck(models.Model):
    """How one part of the deployment is, as the portal last found it. Written by the portal alone.

    `subject_id` is the row that it is about ("" where there is one such part), `team` whose it is (null: the
    deployment's own). `detail` is a sentence, `facts` are numbers and words behind it. `ended_at`: nobody
    looks at it any more, because it was switched off or taken away.
    """

    id = RecordId()
    component = models.CharField(max_length=16, choices=Component)
    subject_id = models.CharField(max_length=64, blank=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="health_checks")
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=HealthState, default=HealthState.STARTING)
    since = models.DateTimeField(default=timezone.now, help_text="When it came into its state.")
    last_ping_at = models.DateTimeField(null=True, help_text="When it was last looked at.")
    last_ready_at = models.DateTimeField(null=True, help_text="When it was last found well.")
    detail = models.CharField(max_length=500, blank=True)
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["component", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["component", "subject_id"], name="one_health_check_per_subject")
        ]
        indexes = [models.Index(fields=["team", "state"], condition=Q(ended_at=None), name="health_by_team")]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> Subject:
        return Subject("health_check", self.pk)

    @property
    def is_looker(self) -> bool:
        return self.component == Component.TASK and self.subject_id == OWN_SUBJECT

    @property
    def is_current(self) -> bool:
        """Whether somebody looked a short while ago; else its state is what was, not what is."""
        return self.last_ping_at is not None and timezone.now() - self.last_ping_at < STALE_AFTER

    @property
    def current_state(self) -> HealthState:
        return judge_state(self.state, self.last_ping_at, timezone.now())

    @property
    def current_detail(self) -> str:
        if self.is_current:
            return self.detail
        return f"Nobody looks at it; when last seen it was {self.get_state_display()}."

    @property
    def audience(self) -> str:
        """Who hears of it: the team, or the owners for what is the deployment's."""
        return "owners" if self.team_id is None else f"team:{self.team_id}"


class HealthChange(models.Model):
    """That a check came from one state (`before`, "" for the first) into another. Append-only."""

    id = RecordId()
    health_check = models.ForeignKey(HealthCheck, on_delete=models.PROTECT, related_name="changes")
    before = models.CharField(max_length=8, blank=True)
    state = models.CharField(max_length=8, choices=HealthState)
    detail = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = "health change"
        indexes = [
            models.Index(fields=["health_check", "-at", "-id"], name="health_change_by_check"),
            models.Index(fields=["-at", "-id"], name="health_change_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.before or 'new'} → {self.state}"


class PortalProcess(models.Model):
    """One process that serves, by its own word: it beats every few seconds.

    `holder` is its name as a holder of leases; `tasks`: {background task: {"is_ready", "restarts",
    "last_error"}}. It removes its row when it stops; whoever looks removes one that fell silent.
    """

    holder = models.CharField(max_length=80, primary_key=True)
    host = models.CharField(max_length=64)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    beat_at = models.DateTimeField(default=timezone.now)
    tasks = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


class HealthWatch(models.Model):
    """The one row that says who looks, and when the last round ended. Its epoch guards every write."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    holder = models.CharField(max_length=80, blank=True)
    epoch = models.BigIntegerField(default=0)
    expires_at = models.DateTimeField(default=timezone.now)
    round_at = models.DateTimeField(null=True, help_text="When the last round of looking ended.")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="health_watch_is_one_row")]

    def __str__(self) -> str:
        return f"{self.holder} epoch {self.epoch}"
