from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Team, User
from configs.enums import ConfigKind, KnownLabel
from configs.models.version import ConfigVersion
from events.actors import Subject
from events.identifiers import RecordId
from reviews.models import Review

MAX_LABEL_LENGTH = 32


class ConfigLabel(models.Model):
    """A label on one version of something. Where it has been stands in the audit chain.

    `draft` has no rows: it is the latest version, always. `number` repeats the version's, for lists.
    """

    id = RecordId()
    kind = models.CharField(max_length=16, choices=ConfigKind)
    object_id = models.CharField(max_length=15)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="config_labels")
    name = models.CharField(max_length=MAX_LABEL_LENGTH)
    version = models.ForeignKey(ConfigVersion, on_delete=models.PROTECT, related_name="labels")
    number = models.PositiveIntegerField()
    moved_by_kind = models.CharField(max_length=16)
    moved_by_id = models.CharField(max_length=64)
    moved_by_label = models.CharField(max_length=200, blank=True)
    moved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["kind", "object_id", "name"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id", "name"], name="one_label_of_a_name"),
            models.CheckConstraint(condition=~Q(name=KnownLabel.DRAFT), name="draft_is_no_row"),
        ]
        indexes = [models.Index(fields=["name", "team", "kind"], name="label_by_name_and_team")]

    def __str__(self) -> str:
        return f"{self.name}: {self.number}"


class LabelPolicy(models.Model):
    """Whether moving a label needs somebody else's approval; `team` None speaks for everybody's objects.

    A label without a row is protected when it is `production`. What is everybody's has no approvers of its
    own: `reviewing_team` names the team whose approvers review it.
    """

    id = RecordId()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="label_policies")
    label = models.CharField(max_length=MAX_LABEL_LENGTH)
    is_protected = models.BooleanField()
    reviewing_team = models.ForeignKey(
        Team, on_delete=models.PROTECT, null=True, related_name="reviewed_label_policies"
    )
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["label", "id"]
        verbose_name_plural = "label policies"
        constraints = [
            models.UniqueConstraint(fields=["team", "label"], name="one_label_policy_per_team_and_label"),
            models.UniqueConstraint(
                fields=["label"], condition=Q(team=None), name="one_shared_label_policy_per_label"
            ),
            models.CheckConstraint(
                condition=Q(team=None) | Q(reviewing_team=None), name="teams_review_their_own_labels"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {'protected' if self.is_protected else 'open'}"


class LabelChange(models.Model):
    """Moves of a protected label that wait for, or waited for, a review: what the review is about.

    `moves` are maps {kind, object_id, name, from, to, from_hash, to_hash}; `to` None takes the label away.
    How it stands is the review's state. Never changed once its review is there.
    """

    id = RecordId()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="label_changes")
    label = models.CharField(max_length=MAX_LABEL_LENGTH)
    moves = models.JSONField()
    review = models.OneToOneField(Review, on_delete=models.PROTECT, null=True, related_name="label_change")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["label", "team"], name="label_change_by_label")]

    def __str__(self) -> str:
        return f"{self.label}: {len(self.moves)} moves"

    @property
    def subject(self) -> Subject:
        return Subject("label_change", self.pk)
