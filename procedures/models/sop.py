from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Team
from events.actors import Subject
from events.identifiers import RecordId
from procedures.enums import Area, SopState

MAX_SLUG_LENGTH = 64
MAX_NAME_LENGTH = 120
# What agents are shown of a skill before they read it.
MAX_DESCRIPTION_LENGTH = 1024


class Sop(models.Model):
    """A standing operating procedure: the line of its sealed versions. Revoked, never deleted.

    `superseded_by` is another procedure that takes its place at `superseded_from`; until then it holds.
    The other columns are those of the latest version.
    """

    id = RecordId()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="sops")
    slug = models.CharField(max_length=MAX_SLUG_LENGTH)
    name = models.CharField(max_length=MAX_NAME_LENGTH)
    area = models.CharField(max_length=16, choices=Area)
    state = models.CharField(max_length=12, choices=SopState, default=SopState.LIVE)
    version = models.PositiveIntegerField(default=1, help_text="The latest number.")
    review_by = models.DateField(null=True)
    reminders = models.PositiveSmallIntegerField(
        default=0, help_text="How many reminders of the review date the latest version has had."
    )
    superseded_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="replaced")
    superseded_from = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by_kind = models.CharField(max_length=16, blank=True)
    revoked_by_id = models.CharField(max_length=64, blank=True)
    revoked_by_label = models.CharField(max_length=200, blank=True)
    revoked_reason = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "SOP"
        verbose_name_plural = "SOPs"
        ordering = ["slug", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "slug"], condition=Q(state=SopState.LIVE), name="one_live_sop_of_a_slug"
            ),
            models.CheckConstraint(
                condition=Q(state=SopState.REVOKED, revoked_at__isnull=False)
                & ~Q(revoked_by_id="")
                & ~Q(revoked_reason="")
                | ~Q(state=SopState.REVOKED) & Q(revoked_at=None, revoked_by_id=""),
                name="only_a_revoked_sop_has_a_revocation",
            ),
            models.CheckConstraint(
                condition=~Q(state=SopState.SUPERSEDED)
                | Q(superseded_by__isnull=False, superseded_from__isnull=False),
                name="something_supersedes_a_superseded_sop",
            ),
        ]
        indexes = [
            models.Index(fields=["team", "state", "slug"], name="sop_by_team_and_state"),
            models.Index(fields=["-changed_at", "-id"], name="sop_by_change"),
            models.Index(fields=["state", "review_by"], name="sop_by_review_date"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> Subject:
        return Subject("sop", self.pk)

    @property
    def is_live(self) -> bool:
        return self.state == SopState.LIVE

    def is_ended(self, now: datetime) -> bool:
        """Nothing of it holds any more: revoked, or what took its place does."""
        if self.state == SopState.SUPERSEDED:
            return self.superseded_from is not None and self.superseded_from <= now
        return self.state == SopState.REVOKED


class SopVersion(models.Model):
    """What was approved, sealed. Append-only.

    `procedures.domain.seals` says what the signature is over: everything here but the ids of rows.
    `approvers` are maps {id, at} and, for who stood in for somebody, {id, at, for}: ids of users, so that a
    name can be erased. `signature` is base64.
    """

    id = RecordId()
    sop = models.ForeignKey(Sop, on_delete=models.PROTECT, related_name="versions")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="sop_versions")
    number = models.PositiveIntegerField()
    slug = models.CharField(max_length=MAX_SLUG_LENGTH)
    name = models.CharField(max_length=MAX_NAME_LENGTH)
    description = models.CharField(max_length=MAX_DESCRIPTION_LENGTH)
    area = models.CharField(max_length=16, choices=Area)
    content = models.TextField()
    content_hash = models.CharField(max_length=64)
    proposal = models.OneToOneField(
        "procedures.Proposal", on_delete=models.PROTECT, related_name="sealed_version"
    )
    revision = models.PositiveIntegerField(help_text="The proposal's revision that was approved.")
    approvers = models.JSONField()
    sealed_at = models.DateTimeField()
    effective_from = models.DateTimeField()
    review_by = models.DateField(null=True)
    key_id = models.CharField(max_length=32)
    signature = models.CharField(max_length=128)

    class Meta:
        verbose_name = "SOP version"
        ordering = ["sop", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["sop", "number"], name="one_row_per_sop_version"),
            models.CheckConstraint(condition=Q(number__gte=1), name="sop_versions_count_from_one"),
            models.CheckConstraint(
                condition=~Q(signature="") & ~Q(key_id="") & ~Q(approvers=[]), name="sop_version_is_sealed"
            ),
        ]
        indexes = [models.Index(fields=["team", "slug", "-number"], name="sop_version_by_slug")]

    def __str__(self) -> str:
        return f"{self.slug} version {self.number}"


class SealKey(models.Model):
    """The public half of a key that has sealed something, kept when the key itself is gone. Append-only.

    `public_key` is base64 of the 32 bytes. When it was first used stands in the audit chain.
    """

    key_id = models.CharField(max_length=32, primary_key=True)
    public_key = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at", "key_id"]

    def __str__(self) -> str:
        return self.key_id
