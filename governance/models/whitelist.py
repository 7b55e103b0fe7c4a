"""Stored rules: what people let through, ask for or stop without being asked each time."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Team, User
from engines.models import Chat, Engine
from events.actors import Subject
from events.identifiers import RecordId
from governance.enums import RuleEffect, RuleKind, RuleMode, RuleState, StoredRuleKind, TargetEffect

MAX_PATTERN_LENGTH = 4000
MAX_DIRECTORY_LENGTH = 1000


class StoredRule(models.Model):
    """What rules about calls and rules about paths have in common. Kept for ever; retired, never deleted.

    `version` counts contents: every save of something that decides makes a `RuleVersion` of that number.
    Only an active row whose `expires_at` has not come applies to anything.
    """

    id = RecordId()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="%(class)s_rows")
    name = models.CharField(max_length=120)
    reason = models.TextField(blank=True, help_text="Why it exists; for the team.")

    agent = models.CharField(max_length=80, blank=True, help_text="Only for this agent; empty for all.")
    engine = models.ForeignKey(Engine, on_delete=models.PROTECT, null=True, related_name="%(class)s_rows")
    directory = models.CharField(
        max_length=MAX_DIRECTORY_LENGTH,
        blank=True,
        help_text="Only for this project directory, absolute; empty for all.",
    )
    expires_at = models.DateTimeField(null=True)
    should_match = models.JSONField(default=list, help_text="Examples that it must cover, as lines of text.")
    must_not_match = models.JSONField(default=list, help_text="Examples that it must leave alone.")

    mode = models.CharField(max_length=8, choices=RuleMode, default=RuleMode.ENFORCE)
    state = models.CharField(max_length=10, choices=RuleState, default=RuleState.DRAFT)
    version = models.PositiveIntegerField(default=1)
    reviewed_version = models.PositiveIntegerField(
        null=True, help_text="The latest version that a second person approved."
    )
    review_id = models.CharField(max_length=15, blank=True, help_text="The review it waits for, if any.")
    activated_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="%(class)s_activations",
        help_text="Who last made it apply, as it reads now.",
    )
    activated_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="%(class)s_drafts")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        """Without its value, which is for members alone."""
        return self.name

    @property
    def is_active(self) -> bool:
        return self.state == RuleState.ACTIVE


def name_constraints(prefix: str) -> list[models.BaseConstraint]:
    """The promises both kinds of rule make."""
    return [
        models.CheckConstraint(
            condition=~Q(state=RuleState.ACTIVE) | Q(activated_by__isnull=False, activated_at__isnull=False),
            name=f"active_{prefix}_names_who",
        ),
        models.CheckConstraint(condition=Q(version__gte=1), name=f"{prefix}_version_counts_from_one"),
        models.CheckConstraint(
            condition=Q(reviewed_version=None) | Q(reviewed_version__lte=F("version")),
            name=f"{prefix}_review_is_of_a_version",
        ),
    ]


class WhitelistAction(StoredRule):
    """A rule about calls of one permission verb.

    `value` is what the verb is about: a command for bash, an address for webfetch, a subagent's name for
    task; with kind `strict` exactly this, else a glob. `conditions` are pairs (JSON path, pattern) over the
    arguments of a tool from an MCP server.
    """

    permission = models.CharField(max_length=120, default="bash")
    kind = models.CharField(max_length=8, choices=RuleKind, default=RuleKind.PATTERN)
    value = models.TextField()
    conditions = models.JSONField(default=list)
    effect = models.CharField(max_length=8, choices=RuleEffect)
    message = models.TextField(blank=True, help_text="What the agent reads when this rule stops it.")
    user = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="rules_about",
        help_text="Only in chats of this user.",
    )
    chat = models.ForeignKey(Chat, on_delete=models.PROTECT, null=True, related_name="rules_about")
    max_uses = models.PositiveIntegerField(null=True, help_text="Applies no more after so many decisions.")
    allows_redirects = models.BooleanField(default=False)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            *name_constraints("rule"),
            models.CheckConstraint(condition=Q(max_uses=None) | Q(max_uses__gte=1), name="rule_has_a_use"),
        ]
        indexes = [
            models.Index(fields=["team", "state", "permission"], name="rule_by_team_and_state"),
            models.Index(fields=["-changed_at", "-id"], name="rule_by_change"),
        ]

    rule_kind = StoredRuleKind.ACTION

    @property
    def subject(self) -> Subject:
        return Subject("whitelist_action", self.pk)


class WhitelistTarget(StoredRule):
    """A named path pattern: which paths the path verbs may, or may not, touch. `verbs` empty means all."""

    pattern = models.CharField(max_length=MAX_PATTERN_LENGTH)
    effect = models.CharField(max_length=8, choices=TargetEffect)
    verbs = models.JSONField(default=list)

    class Meta:
        ordering = ["name", "id"]
        constraints = name_constraints("target")
        indexes = [
            models.Index(fields=["team", "state"], name="target_by_team_and_state"),
            models.Index(fields=["-changed_at", "-id"], name="target_by_change"),
        ]

    rule_kind = StoredRuleKind.TARGET

    @property
    def subject(self) -> Subject:
        return Subject("whitelist_target", self.pk)


class RuleVersion(models.Model):
    """What a rule said from one save to the next, and what a replay of the past showed. Append-only."""

    id = RecordId()
    rule_kind = models.CharField(max_length=8, choices=StoredRuleKind)
    rule_id = models.CharField(max_length=15)
    version = models.PositiveIntegerField()
    content = models.JSONField(help_text="What decides, canonical; see `governance.rule_contents`.")
    content_hash = models.CharField(max_length=64)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="rule_versions")
    note = models.TextField(blank=True)
    replay: models.JSONField[Any, Any] = models.JSONField(
        null=True, help_text="The replay shown when it was saved; null when there was none."
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["rule_kind", "rule_id", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule_kind", "rule_id", "version"], name="one_row_per_rule_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule_kind} {self.rule_id} version {self.version}"


class RuleUse(models.Model):
    """How often a rule has decided (`uses`, what `max_uses` limits) or would have, observed (`observed`).

    A counter: not audited, never going down.
    """

    rule = models.OneToOneField(
        WhitelistAction, on_delete=models.PROTECT, primary_key=True, related_name="use"
    )
    uses = models.PositiveBigIntegerField(default=0)
    observed = models.PositiveBigIntegerField(default=0)
    last_hit_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.rule_id}: {self.uses}"


class TeamRules(models.Model):
    """One number that moves with every change of a team's rules, in the same transaction."""

    team = models.OneToOneField(Team, on_delete=models.PROTECT, primary_key=True, related_name="rules")
    version = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "team rules"

    def __str__(self) -> str:
        return f"{self.team_id}: {self.version}"
