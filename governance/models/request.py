from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Team, User
from engines.models import Chat, Engine, Subagent
from events.actors import ActorKind, Subject
from events.encryption import EncryptedField
from events.identifiers import RecordId
from governance.enums import CloseReason, RequestSource, RequestState, Risk


class PermissionRequest(models.Model):
    """What an agent asks to do. The full content is encrypted; `summary` is a masked copy for lists.

    Content is frozen when the row is sealed, the whole row once it is decided; database triggers hold both.
    """

    id = RecordId()
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="permission_requests")
    source = models.CharField(max_length=8, choices=RequestSource)

    engine = models.ForeignKey(
        Engine, on_delete=models.PROTECT, null=True, related_name="permission_requests"
    )
    chat = models.ForeignKey(Chat, on_delete=models.PROTECT, null=True, related_name="permission_requests")
    subagent = models.ForeignKey(
        Subagent, on_delete=models.PROTECT, null=True, related_name="permission_requests"
    )
    engine_request_id = models.CharField(max_length=64, blank=True)
    session_id = models.CharField(max_length=64, blank=True)
    tool_message_id = models.CharField(max_length=64, blank=True)
    tool_call_id = models.CharField(max_length=200, blank=True)
    directory = models.CharField(max_length=1000, blank=True)
    agent = models.CharField(max_length=80, blank=True)

    requester_kind = models.CharField(max_length=16)
    requester_id = models.CharField(max_length=64)
    requester_label = models.CharField(max_length=200, blank=True)
    idempotency_key = models.CharField(max_length=100, blank=True)

    permission = models.CharField(max_length=120)
    content = EncryptedField()
    fingerprint = models.CharField(max_length=64)
    summary = models.CharField(max_length=600, blank=True)
    is_summary_whole = models.BooleanField(
        default=False,
        help_text="The summary shows everything there is, uncut, unmasked and without findings.",
    )
    findings = models.JSONField(default=list)
    arguments_known = models.BooleanField(default=False)
    prefix = models.CharField(
        max_length=200,
        blank=True,
        help_text="The leading words of one plain command, such as `git push`; the first is the program. "
        "Empty when it is not plainly one. For members alone, as the summary.",
    )
    risk = models.CharField(
        max_length=8,
        choices=Risk,
        default=Risk.HIGH,
        help_text="High until the sealed content says otherwise.",
    )
    sealed_at = models.DateTimeField(null=True)

    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.PENDING)
    close_reason = models.CharField(max_length=20, choices=CloseReason, blank=True)
    claimed_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        related_name="claimed_requests",
        help_text="Who says that they look at it: a hint, not a lock.",
    )
    claimed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="closes")
    approvals = models.PositiveSmallIntegerField(default=0)
    approvals_needed = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by_kind = models.CharField(max_length=16, blank=True)
    decided_by_id = models.CharField(max_length=64, blank=True)
    decided_by_label = models.CharField(max_length=200, blank=True)
    decision_door = models.CharField(max_length=16, blank=True)
    decision_message = models.TextField(blank=True)
    rule_id = models.CharField(
        max_length=15, blank=True, help_text="The rule that decided, when no person did."
    )
    rule_version = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["engine", "engine_request_id"],
                condition=Q(engine__isnull=False) & ~Q(engine_request_id=""),
                name="one_row_per_engine_request",
            ),
            models.UniqueConstraint(
                fields=["requester_kind", "requester_id", "idempotency_key"],
                condition=~Q(idempotency_key=""),
                name="one_row_per_idempotency_key",
            ),
            models.CheckConstraint(
                condition=Q(source__in=[RequestSource.ENGINE, RequestSource.GATE], engine__isnull=False)
                | Q(source=RequestSource.API),
                name="engine_request_has_an_engine",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[RequestState.APPROVED, RequestState.DENIED])
                | Q(decided_at__isnull=False) & ~Q(decided_by_id="") & ~Q(decision_door=""),
                name="decision_names_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(state=RequestState.APPROVED)
                | Q(sealed_at__isnull=False, approvals__gte=F("approvals_needed"))
                | Q(sealed_at__isnull=False) & ~Q(decided_by_kind=ActorKind.USER),
                name="approval_is_sealed_and_has_its_votes",
            ),
            models.CheckConstraint(
                condition=Q(state=RequestState.PENDING, decided_at=None, decided_by_id="")
                | ~Q(state=RequestState.PENDING) & Q(decided_at__isnull=False),
                name="only_an_ended_request_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(claimed_by=None, claimed_at=None)
                | Q(claimed_by__isnull=False, claimed_at__isnull=False),
                name="claim_names_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(decided_by_kind=ActorKind.RULE)
                | ~Q(rule_id="") & Q(rule_version__isnull=False, decided_by_id=F("rule_id")),
                name="rule_decision_names_the_rule",
            ),
        ]
        indexes = [
            models.Index(fields=["team", "state", "-created_at", "-id"], name="request_by_team_and_state"),
            models.Index(fields=["-created_at", "-id"], name="request_by_time"),
            models.Index(fields=["engine", "session_id"], name="request_by_session"),
            models.Index(
                fields=["engine", "session_id"],
                condition=Q(state=RequestState.PENDING),
                name="request_session_pending",
            ),
            # The inbox's history tabs, for a team's members and for owners: who decided, newest first.
            models.Index(
                fields=["team", "decided_by_kind", "-created_at", "-id"], name="request_by_team_and_decider"
            ),
            models.Index(fields=["decided_by_kind", "-created_at", "-id"], name="request_by_decider"),
            models.Index(fields=["state", "decision_door"], name="request_by_decision"),
            models.Index(
                fields=["rule_id", "-created_at", "-id"], condition=~Q(rule_id=""), name="request_by_rule"
            ),
            models.Index(
                fields=["team", "permission", "prefix", "-created_at", "-id"], name="request_by_prefix"
            ),
            models.Index(
                fields=["claimed_by"],
                condition=Q(state=RequestState.PENDING, claimed_by__isnull=False),
                name="request_claimed",
            ),
            models.Index(
                fields=["created_at", "id"], condition=Q(state=RequestState.PENDING), name="request_pending"
            ),
            models.Index(
                fields=["expires_at"], condition=Q(state=RequestState.PENDING), name="request_expiring"
            ),
        ]

    def __str__(self) -> str:
        """Without its summary, which is not for everybody who may see that it exists."""
        return f"{self.permission} {self.pk}"

    @property
    def subject(self) -> Subject:
        return Subject("permission_request", self.pk)

    @property
    def is_pending(self) -> bool:
        return self.state == RequestState.PENDING

    @property
    def is_sealed(self) -> bool:
        return self.sealed_at is not None

    def is_overdue(self, now: datetime) -> bool:
        return self.is_pending and self.expires_at <= now
