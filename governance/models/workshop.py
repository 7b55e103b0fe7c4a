"""What rules are made with: a draft held against the past, and rules that people's approvals suggest."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Team, User
from events.actors import Subject
from events.identifiers import RecordId
from governance.enums import ProposalState, ReplayState, StoredRuleKind
from governance.models.request import PermissionRequest


class RuleReplay(models.Model):
    """One draft held against a team's past requests, newest first, in steps that any process may take.

    `draft` is what the rule would say, `judged_hash` what of it decides. `rules_version`: the team's rules
    that it was held against; when they change under way it begins anew. `done` of `total` requests are
    judged; `position_at`, `position_id` name the last of them. `result` holds counts and request ids alone.
    """

    id = RecordId()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="rule_replays")
    rule_kind = models.CharField(max_length=8, choices=StoredRuleKind)
    rule_id = models.CharField(
        max_length=15, blank=True, help_text="The rule that is edited; empty for a new one."
    )
    draft: models.JSONField[Any, Any] = models.JSONField()
    judged_hash = models.CharField(max_length=64)
    rules_version = models.PositiveBigIntegerField(default=0)
    request = models.ForeignKey(
        PermissionRequest,
        on_delete=models.PROTECT,
        null=True,
        related_name="rule_replays",
        help_text="The request from whose page the rule is proposed, if any.",
    )
    proposal_id = models.CharField(max_length=15, blank=True, help_text="The proposal it came from, if any.")

    state = models.CharField(max_length=8, choices=ReplayState, default=ReplayState.RUNNING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(help_text="Older requests are left out.")
    position_at = models.DateTimeField(help_text="Where the next step begins: before this moment and id.")
    position_id = models.CharField(max_length=15, blank=True)
    result: models.JSONField[Any, Any] = models.JSONField(default=dict)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="rule_replays")
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="replay_is_done_with_at_most_all"),
            models.CheckConstraint(
                condition=Q(state=ReplayState.RUNNING, ended_at=None)
                | ~Q(state=ReplayState.RUNNING) & Q(ended_at__isnull=False),
                name="only_an_ended_replay_has_an_end",
            ),
        ]
        indexes = [
            models.Index(fields=["team", "judged_hash", "-created_at"], name="replay_by_draft"),
            models.Index(fields=["requested_by", "created_at"], name="replay_by_person"),
        ]

    def __str__(self) -> str:
        return f"replay {self.pk}"

    @property
    def subject(self) -> Subject:
        return Subject("rule_replay", self.pk)

    @property
    def is_running(self) -> bool:
        return self.state == ReplayState.RUNNING

    @property
    def percent(self) -> int:
        return 100 if not self.total else self.done * 100 // self.total


class RuleProposal(models.Model):
    """A rule that repeated approvals of one shape suggest. It does nothing until somebody makes the rule.

    `pattern` and `is_strict` are one rung of the ladder. `evidence`: {"people": [ids], "agents": [names],
    "requests": [ids of examples, newest first]}, of approvals by people alone.
    """

    id = RecordId()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="rule_proposals")
    permission = models.CharField(max_length=120)
    directory = models.CharField(max_length=1000, blank=True)
    agent = models.CharField(
        max_length=80, blank=True, help_text="The one agent that asked; empty for several."
    )
    pattern = models.TextField()
    is_strict = models.BooleanField()
    rung = models.CharField(max_length=40, help_text="What the rung is called, such as exact or prefix.")
    shape_hash = models.CharField(max_length=64, help_text="Of permission, directory, pattern and kind.")

    approvals = models.PositiveIntegerField()
    people = models.PositiveIntegerField()
    evidence: models.JSONField[Any, Any] = models.JSONField(default=dict)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    state = models.CharField(max_length=10, choices=ProposalState, default=ProposalState.OPEN)
    settled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="settled_proposals"
    )
    settled_at = models.DateTimeField(null=True)
    rule_id = models.CharField(max_length=15, blank=True, help_text="The rule that was made from it.")
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-last_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["team", "shape_hash"], name="one_proposal_per_shape"),
            models.CheckConstraint(
                condition=Q(state=ProposalState.OPEN, settled_by=None, settled_at=None)
                | ~Q(state=ProposalState.OPEN) & Q(settled_by__isnull=False, settled_at__isnull=False),
                name="settled_proposal_names_who",
            ),
        ]
        indexes = [
            models.Index(fields=["team", "state", "-last_at", "-id"], name="proposal_by_team_and_state")
        ]

    def __str__(self) -> str:
        """Without its pattern, which is for members alone."""
        return f"proposal {self.pk}"

    @property
    def subject(self) -> Subject:
        return Subject("rule_proposal", self.pk)

    @property
    def is_open(self) -> bool:
        return self.state == ProposalState.OPEN


class ProposalLook(models.Model):
    """When a team's past was last looked through for proposals, so that only what is new costs time."""

    team = models.OneToOneField(
        Team, on_delete=models.PROTECT, primary_key=True, related_name="proposal_look"
    )
    looked_at = models.DateTimeField()
    newest_decision_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.team_id}: {self.looked_at:%Y-%m-%d %H:%M}"
