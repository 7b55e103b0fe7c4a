from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Team
from events.actors import Subject
from events.identifiers import RecordId
from procedures.enums import Area, AuthoredBy, ProposalState
from procedures.models.sop import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, MAX_SLUG_LENGTH, Sop
from reviews.models import Review


class Proposal(models.Model):
    """Something that may become a standing operating procedure. What it says stands in its revisions.

    The other columns are those of the latest revision that lists and searches need. `author_*` is who began
    it, as their token or session says; `review` is the one that it waits for, or was decided by. Frozen once
    it has ended; database triggers hold this.
    """

    id = RecordId()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="proposals")
    slug = models.CharField(max_length=MAX_SLUG_LENGTH)
    name = models.CharField(max_length=MAX_NAME_LENGTH)
    description = models.CharField(max_length=MAX_DESCRIPTION_LENGTH, blank=True)
    area = models.CharField(max_length=16, choices=Area, default=Area.GENERAL)
    supersedes = models.ForeignKey(Sop, on_delete=models.PROTECT, null=True, related_name="proposals")
    state = models.CharField(max_length=20, choices=ProposalState, default=ProposalState.DRAFT)
    number = models.PositiveIntegerField(default=1, help_text="Of the latest revision.")
    review = models.ForeignKey(Review, on_delete=models.PROTECT, null=True, related_name="proposals")

    authored_by = models.CharField(max_length=8, choices=AuthoredBy)
    author_kind = models.CharField(max_length=16)
    author_id = models.CharField(max_length=64)
    author_label = models.CharField(max_length=200, blank=True)
    door = models.CharField(max_length=16)
    source = models.CharField(max_length=300, blank=True, help_text="The file it was imported from.")

    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-changed_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(number__gte=1), name="proposal_has_a_revision"),
            models.CheckConstraint(
                condition=Q(state__in=ProposalState.ended(), ended_at__isnull=False)
                | ~Q(state__in=ProposalState.ended()) & Q(ended_at=None),
                name="only_an_ended_proposal_has_an_end",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[ProposalState.SUBMITTED, ProposalState.APPROVED])
                | Q(review__isnull=False),
                name="submitted_proposal_has_a_review",
            ),
        ]
        indexes = [
            models.Index(fields=["team", "state", "-changed_at", "-id"], name="sop_proposal_by_state"),
            models.Index(fields=["-changed_at", "-id"], name="sop_proposal_by_change"),
            models.Index(fields=["author_id", "-changed_at"], name="sop_proposal_by_author"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> Subject:
        return Subject("proposal", self.pk)

    @property
    def is_ended(self) -> bool:
        return self.state in ProposalState.ended()


class ProposalRevision(models.Model):
    """What a proposal said from one save to the next. Append-only.

    `content_hash` is SHA-256, hex, of `content` in UTF-8, whose lines end in line feeds. `author_ids` are who
    wrote this revision and who answered for that service account then: none of them may approve it.
    """

    id = RecordId()
    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=MAX_NAME_LENGTH)
    description = models.CharField(max_length=MAX_DESCRIPTION_LENGTH, blank=True)
    area = models.CharField(max_length=16, choices=Area)
    supersedes = models.ForeignKey(Sop, on_delete=models.PROTECT, null=True, related_name="+")
    content = models.TextField()
    content_hash = models.CharField(max_length=64)
    effective_from = models.DateTimeField(null=True, help_text="None: as soon as it is approved.")
    review_by = models.DateField(null=True)
    note = models.TextField(blank=True)
    author_kind = models.CharField(max_length=16)
    author_id = models.CharField(max_length=64)
    author_label = models.CharField(max_length=200, blank=True)
    author_ids = models.JSONField()
    door = models.CharField(max_length=16)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["proposal", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "number"], name="one_row_per_proposal_revision"),
            models.CheckConstraint(condition=Q(number__gte=1), name="revisions_count_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.name} revision {self.number}"
