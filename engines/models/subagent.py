from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from engines.enums import SubagentKind, SubagentStatus
from engines.models.cao import CaoServer
from engines.models.chat import Chat
from engines.models.engine import Engine
from events.identifiers import RecordId


class Subagent(models.Model):
    """The ledger of delegations: who asked whom, what became of it. `source_ref` is the source's own id.

    Told by an engine (`instance`) or by a CAO server, by exactly one of them. `stop_asked_at` is its own
    outbox: whoever works for its source stops it until it has ended.
    """

    id = RecordId()
    instance = models.ForeignKey(
        Engine, on_delete=models.PROTECT, null=True, blank=True, related_name="subagents"
    )
    cao_server = models.ForeignKey(
        CaoServer, on_delete=models.PROTECT, null=True, blank=True, related_name="subagents"
    )
    kind = models.CharField(max_length=20, choices=SubagentKind)
    source_ref = models.CharField(max_length=200)
    incarnation = models.CharField(max_length=64, blank=True, default="")
    parent_ref = models.CharField(
        max_length=200, blank=True, help_text="The delegating session or terminal, known before its row is."
    )
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    root = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="descendants"
    )
    depth = models.PositiveSmallIntegerField(default=1)
    chat = models.ForeignKey(Chat, on_delete=models.PROTECT, null=True, blank=True, related_name="subagents")
    agent = models.CharField(max_length=80, blank=True)
    provider = models.CharField(max_length=80, blank=True)
    model = models.CharField(max_length=120, blank=True)
    description = models.CharField(max_length=300, blank=True)
    working_directory = models.CharField(max_length=1000, blank=True)
    status = models.CharField(max_length=16, choices=SubagentStatus, default=SubagentStatus.STARTING)
    status_raw = models.CharField(max_length=80, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    first_seen_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    result_excerpt = models.TextField(blank=True, max_length=2000)
    error = models.TextField(blank=True, max_length=1000)
    evidence = models.CharField(max_length=300, blank=True)
    stop_asked_at = models.DateTimeField(null=True, blank=True)
    stop_attempts = models.PositiveSmallIntegerField(default=0)
    stop_error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["first_seen_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["instance", "kind", "source_ref", "incarnation"], name="one_row_per_delegation"
            ),
            models.UniqueConstraint(
                fields=["cao_server", "kind", "source_ref", "incarnation"], name="one_row_per_cao_delegation"
            ),
            models.CheckConstraint(
                condition=Q(instance__isnull=False, cao_server=None)
                | Q(instance=None, cao_server__isnull=False),
                name="delegation_has_one_source",
            ),
        ]
        indexes = [
            models.Index(fields=["instance", "parent_ref"], name="subagent_by_parent_ref"),
            models.Index(fields=["cao_server", "source_ref"], name="subagent_by_cao_ref"),
            models.Index(fields=["cao_server", "parent_ref"], name="subagent_by_cao_parent"),
            models.Index(
                fields=["stop_asked_at"], condition=Q(stop_asked_at__isnull=False), name="subagent_to_stop"
            ),
        ]

    def __str__(self) -> str:
        return self.description or self.source_ref

    @property
    def source(self) -> Engine | CaoServer:
        """Who tells of it; preload `instance` and `cao_server`."""
        source = self.instance or self.cao_server
        if source is None:
            raise ValueError("A delegation is told by an engine or by a CAO server.")
        return source

    @property
    def team_id(self) -> str:
        return self.source.team_id
