"""The only transaction opener of the domain.

Audit entries and events are collected and written at the exit of the outermost block: one UPDATE of
the single head row takes its lock, then two bulk inserts, then the commit. So `seq` grows in commit
order: a reader that has seen N is never shown a smaller number later.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from events import doorbell
from events.actors import Actor, Subject
from events.canonical import canonical_json
from events.errors import Refused
from events.models import AuditEntry, Event, LogHead

MAX_EVENT_BYTES = 2048
TOPICS = frozenset({"requests", "reviews", "configs", "mcp", "sops", "chats", "health", "notices"})

_open = threading.local()


@dataclass(slots=True)
class PendingAudit:
    actor: Actor
    verb: str
    subject: Subject
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(slots=True)
class PendingEvent:
    kind: str
    subject: Subject
    topic: str
    audience: str
    words: dict[str, Any]


@dataclass(slots=True)
class Change:
    """What one transaction will write to the log. `actor` is the one of the innermost block."""

    actor: Actor
    audits: list[PendingAudit] = field(default_factory=list)
    events: list[PendingEvent] = field(default_factory=list)

    def audit(
        self,
        verb: str,
        subject: Subject,
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:
        """Record that `actor` did `verb`; values are text, integers, booleans, null, lists, mappings."""
        self.audits.append(PendingAudit(self.actor, verb, subject, before or {}, after or {}))

    def event(
        self, kind: str, subject: Subject, *, topic: str, audience: str, words: dict[str, Any] | None = None
    ) -> None:
        """Tell listeners of `audience`; `words` are state words only, at most 2 KB, never content."""
        if topic not in TOPICS:
            raise ValueError(f"unknown topic {topic!r}")
        words = words or {}
        if len(canonical_json(words).encode()) > MAX_EVENT_BYTES - 512:
            raise ValueError(f"event {kind} is too long")
        self.events.append(PendingEvent(kind, subject, topic, audience, words))


@contextmanager
def changes(actor: Actor) -> Iterator[Change]:
    """Open a transaction for the domain, or join the one that is open on this thread."""
    outer: Change | None = getattr(_open, "change", None)
    if outer is not None:
        yield Change(actor, outer.audits, outer.events)
        return
    change = Change(actor)
    seq = 0
    try:
        with transaction.atomic():
            _open.change = change
            try:
                yield change
            finally:
                _open.change = None
            seq = write_log(change)
    except Refused as refusal:
        from events.refusals import record_refusal  # imports changes()

        record_refusal(actor, refusal)
        raise
    if change.events:
        doorbell.ring(seq)


def write_log(change: Change) -> int:
    """Number, chain and insert what was collected; returns the new event seq."""
    if not change.audits and not change.events:
        return 0
    LogHead.objects.filter(pk=1).update(event_seq=F("event_seq") + len(change.events))
    # The row is ours until the commit: this read sees what the next writer will start from.
    head = LogHead.objects.get(pk=1)
    now = timezone.now()
    entries = chain_entries(change.audits, head.audit_n, head.audit_hash, now)
    if entries:
        LogHead.objects.filter(pk=1).update(audit_n=entries[-1].n, audit_hash=entries[-1].hash)
        AuditEntry.objects.bulk_create(entries)
    first = head.event_seq - len(change.events) + 1
    Event.objects.bulk_create(
        Event(
            seq=first + index,
            at=now,
            kind=event.kind,
            topic=event.topic,
            audience=event.audience,
            subject_kind=event.subject.kind,
            subject_id=event.subject.id,
            words=event.words,
        )
        for index, event in enumerate(change.events)
    )
    return head.event_seq


def chain_entries(pending: list[PendingAudit], n: int, prev_hash: str, at: datetime) -> list[AuditEntry]:
    """The next links after (`n`, `prev_hash`)."""
    entries = []
    for item in pending:
        n += 1
        text = audit_text(n=n, at=at, item=item, prev_hash=prev_hash)
        digest = hashlib.sha256(text.encode()).hexdigest()
        entries.append(
            AuditEntry(
                n=n,
                at=at,
                actor_kind=item.actor.kind,
                actor_id=item.actor.id,
                actor_label=item.actor.label[:200],
                door=item.actor.door,
                verb=item.verb,
                subject_kind=item.subject.kind,
                subject_id=item.subject.id,
                before=item.before,
                after=item.after,
                prev_hash=prev_hash,
                text=text,
                hash=digest,
            )
        )
        prev_hash = digest
    return entries


def audit_text(*, n: int, at: datetime, item: PendingAudit, prev_hash: str) -> str:
    """The hashed text: RFC 8785 JSON over every column but the reader's label."""
    return canonical_json(
        {
            "n": n,
            "at": at.isoformat(),
            "actor": {"kind": item.actor.kind, "id": item.actor.id},
            "door": item.actor.door,
            "verb": item.verb,
            "subject": {"kind": item.subject.kind, "id": item.subject.id},
            "before": item.before,
            "after": item.after,
            "prev_hash": prev_hash,
        }
    )


def lock_rows(queryset: Any) -> list[Any]:
    """Read rows in key order and hold them until the commit, where the database can.

    SQLite takes its one write lock at BEGIN IMMEDIATE, so there is nothing more to take.
    """
    ordered = queryset.order_by("pk")
    if connection.features.has_select_for_update:
        ordered = ordered.select_for_update(of=("self",))
    return list(ordered)
