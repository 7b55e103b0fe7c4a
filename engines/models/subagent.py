from __future__ import annotations

from django.db import models
from django.utils import timezone

from engines.enums import SubagentKind, SubagentStatus
from engines.models.chat import Chat
from engines.models.engine import Engine
from events.identifiers import RecordId


class Subagent(models.Model):
    """The ledger of delegations: who asked whom, what became of it. `source_ref` is the source's own id."""

    id = RecordId()
    instance = models.ForeignKey(Engine, on_delete=models.PROTECT, related_name="subagents")
    kind = models.CharField(max_length=20, choices=SubagentKind)
    source_ref = models.CharField(max_length=64)
    incarnation = models.CharField(max_length=64, blank=True, default="")
    parent_ref = models.CharField(max_length=64, help_text="The delegating session, known before its row is.")
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    root = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="descendants"
    )
    depth = models.PositiveSmallIntegerField(default=1)
    chat = models.ForeignKey(Chat, on_delete=models.PROTECT, null=True, blank=True, related_name="subagents")
    agent = models.CharField(max_length=80, blank=True)
    description = models.CharField(max_length=300, blank=True)
    working_directory = models.CharField(max_length=1000, blank=True)
    status = models.CharField(max_length=16, choices=SubagentStatus, default=SubagentStatus.STARTING)
    status_raw = models.CharField(max_length=80, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    first_seen_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    evidence = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["first_seen_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["instance", "kind", "source_ref", "incarnation"], name="one_row_per_delegation"
            )
        ]
        indexes = [models.Index(fields=["instance", "parent_ref"], name="subagent_by_parent_ref")]

    def __str__(self) -> str:
        return self.description or self.source_ref
