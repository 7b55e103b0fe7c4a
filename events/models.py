from __future__ import annotations

from django.db import models

from events.identifiers import RecordId

GENESIS_HASH = "0" * 64


class LogHead(models.Model):
    """The one row whose UPDATE orders every writer; last in the lock order."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    event_seq = models.BigIntegerField(default=0)
    audit_n = models.BigIntegerField(default=0)
    audit_hash = models.CharField(max_length=64, default=GENESIS_HASH)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="log_head_is_one_row")]

    def __str__(self) -> str:
        return f"event {self.event_seq}, audit {self.audit_n}"


class Event(models.Model):
    """One message of the stream. `audience` is `team:ID`, `user:ID` or `owners`."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    kind = models.CharField(max_length=64)
    topic = models.CharField(max_length=16)
    audience = models.CharField(max_length=32)
    subject_kind = models.CharField(max_length=48)
    subject_id = models.CharField(max_length=64)
    words = models.JSONField(default=dict)

    class Meta:
        ordering = ["seq"]
        indexes = [
            models.Index(fields=["audience", "seq"], name="event_by_audience"),
            models.Index(fields=["subject_kind", "subject_id", "seq"], name="event_by_subject"),
            models.Index(fields=["at"], name="event_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind} {self.subject_id}"


class AuditEntry(models.Model):
    """One link of the chain. `hash` = SHA-256 of `text`, which holds every other column and `prev_hash`.

    `actor_label` is for reading only and stands outside the hashed text: names can be erased.
    """

    n = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64)
    actor_label = models.CharField(max_length=200, blank=True)
    door = models.CharField(max_length=16)
    verb = models.CharField(max_length=64)
    subject_kind = models.CharField(max_length=48)
    subject_id = models.CharField(max_length=64)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    prev_hash = models.CharField(max_length=64)
    text = models.TextField()
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["n"]
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["subject_id", "n"], name="audit_by_subject_id"),
            models.Index(fields=["actor_id", "n"], name="audit_by_actor_id"),
            models.Index(fields=["at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.n} {self.verb} {self.subject_id}"


class SignedHead(models.Model):
    """The chain's head at one hour, signed with the deployment key; also appended to a file."""

    n = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    hash = models.CharField(max_length=64)
    key_id = models.CharField(max_length=32)
    signature = models.CharField(max_length=64)

    class Meta:
        ordering = ["n"]

    def __str__(self) -> str:
        return f"head {self.n}"


class KeyUse(models.Model):
    """Which keyring keys have encrypted or signed something here; a missing one stops the start."""

    key_id = models.CharField(max_length=32, primary_key=True)
    check_value = models.CharField(max_length=64)
    first_used_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.key_id


class AuditCheck(models.Model):
    """One run over the whole chain that somebody asked for, in steps that any process may take.

    `checked_n`, `checked_hash`: where the run stands. `through_n`: the head when it began.
    `table_heads`, `file_heads`: how many signed heads it was held against; `file_heads` is None where the
    heads file can't be read. `findings` holds the first ones as [n, problem]; `finding_count` counts all.
    """

    class State(models.TextChoices):
        RUNNING = "running", "running"
        DONE = "done", "done"

    id = RecordId()
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64)
    actor_label = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField()
    stepped_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    through_n = models.BigIntegerField()
    checked_n = models.BigIntegerField(default=0)
    checked_hash = models.CharField(max_length=64, default=GENESIS_HASH)
    table_heads = models.IntegerField(default=0)
    file_heads = models.IntegerField(null=True)
    newest_head_n = models.BigIntegerField(null=True)
    findings = models.JSONField(default=list)
    finding_count = models.IntegerField(default=0)

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="running"), name="one_audit_check_runs"
            )
        ]

    def __str__(self) -> str:
        return f"check of {self.through_n} entries"

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING

    @property
    def percent(self) -> int:
        return 100 if not self.through_n else self.checked_n * 100 // self.through_n
