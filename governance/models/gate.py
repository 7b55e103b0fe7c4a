from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import ApiToken
from engines.models import Engine
from events.identifiers import RecordId
from governance.enums import GateCallState
from governance.models.request import PermissionRequest


class EngineGate(models.Model):
    """The second gate of one engine: whose token its plugin speaks with, and whether an owner does without.

    A token with the scope `gate` counts for the engine that names it here and for no other.
    """

    engine = models.OneToOneField(Engine, on_delete=models.PROTECT, primary_key=True, related_name="gate")
    token = models.OneToOneField(ApiToken, on_delete=models.PROTECT, null=True, related_name="gate")
    waived_at = models.DateTimeField(null=True)
    waived_by_id = models.CharField(max_length=15, blank=True)
    waived_by_label = models.CharField(max_length=200, blank=True)
    waived_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(waived_at=None, waived_by_id="")
                | Q(waived_at__isnull=False) & ~Q(waived_by_id="") & ~Q(waived_reason=""),
                name="gate_waiver_names_who_and_why",
            )
        ]

    def __str__(self) -> str:
        return f"gate of {self.engine_id}"


class GatePresence(models.Model):
    """What is known of the plugin in one folder of an engine. `process` is the engine process's own word."""

    id = RecordId()
    engine = models.ForeignKey(Engine, on_delete=models.PROTECT, related_name="gate_presences")
    directory = models.CharField(max_length=1000)
    process = models.CharField(max_length=64, blank=True)
    instance = models.CharField(max_length=64, blank=True)
    plugin_version = models.CharField(max_length=40, blank=True)
    engine_version = models.CharField(max_length=40, blank=True)
    reported_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True, help_text="The last report or call.")
    stale_at = models.DateTimeField(null=True, help_text="The engine went away after the last sign of life.")
    ungated_at = models.DateTimeField(null=True)
    ungated_reason = models.CharField(max_length=300, blank=True)
    ungated_session = models.CharField(max_length=64, blank=True)
    ungated_call = models.CharField(max_length=200, blank=True)
    rules = models.JSONField(
        null=True, help_text="{agent: [[permission, pattern, action], …]} as read back; null: not known."
    )

    class Meta:
        ordering = ["directory"]
        constraints = [
            models.UniqueConstraint(fields=["engine", "directory"], name="one_gate_presence_per_folder")
        ]

    def __str__(self) -> str:
        return f"{self.engine_id} {self.directory}"


class GateCall(models.Model):
    """One tool call that the plugin asked about before it ran; kept."""

    id = RecordId()
    engine = models.ForeignKey(Engine, on_delete=models.PROTECT, related_name="gate_calls")
    request = models.OneToOneField(
        PermissionRequest, on_delete=models.PROTECT, null=True, related_name="gate_call"
    )
    key = models.CharField(
        max_length=64, help_text="The plugin's own name for this call; asked twice, known once."
    )
    process = models.CharField(max_length=64)
    directory = models.CharField(max_length=1000)
    session_id = models.CharField(max_length=64)
    call_id = models.CharField(max_length=200)
    tool = models.CharField(max_length=120)
    permission = models.CharField(max_length=120)
    argument_hash = models.CharField(max_length=64)
    message = models.TextField(blank=True, help_text="Why it was refused, in words for the agent.")
    state = models.CharField(max_length=10, choices=GateCallState)
    created_at = models.DateTimeField(default=timezone.now)
    released_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    proven_part = models.CharField(
        max_length=64, blank=True, help_text="The engine's tool part that this call stands for."
    )
    message_id = models.CharField(max_length=64, blank=True, help_text="That part's message.")

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["engine", "key"], name="one_row_per_gate_call"),
            models.CheckConstraint(
                condition=~Q(state=GateCallState.HELD) | Q(request__isnull=False),
                name="held_gate_call_has_a_request",
            ),
        ]
        indexes = [
            models.Index(fields=["engine", "session_id", "call_id"], name="gate_call_by_call"),
            models.Index(fields=["engine", "session_id"], condition=Q(state="held"), name="gate_call_held"),
        ]

    def __str__(self) -> str:
        return f"{self.tool} {self.pk}"


class GateUse(models.Model):
    """An engine request answered by the verdict on a gate call: once for each permission. Append-only."""

    id = RecordId()
    call = models.ForeignKey(GateCall, on_delete=models.PROTECT, related_name="used_for")
    permission = models.CharField(max_length=120)
    request = models.OneToOneField(PermissionRequest, on_delete=models.PROTECT, related_name="gate_use")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "permission"], name="gate_verdict_is_used_once")
        ]

    def __str__(self) -> str:
        return f"{self.permission} of {self.call_id}"
