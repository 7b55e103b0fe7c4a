"""The only transaction opener of the domain.

Audit entries and events are collected and written at the exit of the outermost block: the single head row
is locked, read and moved on, then two inserts of many rows, then the commit. So `seq` grows in commit
order: a reader that has seen N is never shown a smaller number later.

An inner block joins the outer one as a savepoint: when it fails, its rows, entries and events go together,
whether or not the code around it goes on. So "an error means that nothing changed" holds at every level.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from events import doorbell
from events.actors import Actor, Subject
from events.canonical import canonical_json, require_plain
from events.errors import Refused
from events.models import AuditEntry, Event, LogHead
from events.prepared import Prepared, insert_values

logger = logging.getLogger(__name__)

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
    refusals: list[tuple[Actor, Refused]] = field(default_factory=list)

    def audit(
        self,
        verb: str,
        subject: Subject,
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:
        """Record that `actor` did `verb`; values are text, integers, booleans, null, lists, mappings.

        Raises ValueError for other values, and for text that not every database can store.
        """
        before, after = before or {}, after or {}
        require_recordable(before)
        require_recordable(after)
        self.audits.append(PendingAudit(self.actor, verb, subject, before, after))

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

    def note_refusal(self, actor: Actor, refusal: Refused) -> None:
        """Remember a refusal for the audit chain, once, however many blocks it passes through."""
        if not any(known is refusal for _, known in self.refusals):
            self.refusals.append((actor, refusal))


@contextmanager
def changes(actor: Actor) -> Iterator[Change]:
    """Open a transaction for the domain, or join the one that is open on this thread.

    A `Refused` that leaves a block is audited in a transaction of its own once the outermost block has
    ended. Raises RuntimeError inside a transaction that was not opened here: the head row would stay
    locked, and listeners would be called, before the commit.
    """
    outer: Change | None = getattr(_open, "change", None)
    if outer is None:
        with open_changes(actor) as change:
            yield change
    else:
        with join_changes(outer, actor) as change:
            yield change


@contextmanager
def open_changes(actor: Actor) -> Iterator[Change]:
    """The outermost block."""
    change = Change(actor)
    seq = 0
    try:
        with transaction.atomic(durable=True):
            _open.change = change
            try:
                yield change
            finally:
                _open.change = None
            seq = write_log(change)
    except Refused as refusal:
        change.note_refusal(actor, refusal)
        raise
    finally:
        for refused_actor, refused in change.refusals:
            record_refusal_safely(refused_actor, refused)
    if change.events:
        doorbell.ring(seq)


@contextmanager
def join_changes(outer: Change, actor: Actor) -> Iterator[Change]:
    """An inner block: a savepoint, and the outer block's lists cut back when it fails."""
    audits, events = len(outer.audits), len(outer.events)
    try:
        with transaction.atomic():
            yield Change(actor, outer.audits, outer.events, outer.refusals)
    except BaseException as error:
        del outer.audits[audits:]
        del outer.events[events:]
        if isinstance(error, Refused):
            outer.note_refusal(actor, error)
        raise


def require_recordable(facts: dict[str, Any]) -> None:
    """Both databases must be able to hold it: PostgreSQL takes no NUL."""
    require_plain(facts, allow_nul=False)


def record_refusal_safely(actor: Actor, refusal: Refused) -> None:
    """The act stays refused, also when that can't be written down."""
    from events.refusals import record_refusal  # imports changes()

    try:
        record_refusal(actor, refusal)
    except DatabaseError:
        logger.exception("a refusal could not be audited")


def write_log(change: Change) -> int:
    """Number, chain and insert what was collected; returns the new event seq."""
    if not change.audits and not change.events:
        return 0
    seq, n, audit_hash = lock_head()
    now = timezone.now()
    entries = chain_entries(change.audits, n, audit_hash, now)
    if entries:
        n, audit_hash = entries[-1]["n"], entries[-1]["hash"]
    events = number_events(change.events, seq, now)
    seq += len(events)
    with connection.cursor() as cursor:
        cursor.execute(MOVE_HEAD, [seq, n, audit_hash])
    for start in range(0, len(entries), ROWS_A_STATEMENT):
        insert_values(AuditEntry, entries[start : start + ROWS_A_STATEMENT])
    for start in range(0, len(events), ROWS_A_STATEMENT):
        insert_values(Event, events[start : start + ROWS_A_STATEMENT])
    return seq


def select_head() -> Any:
    rows = LogHead.objects.filter(pk=1).values_list("event_seq", "audit_n", "audit_hash")
    return rows.select_for_update() if connection.features.has_select_for_update else rows


SELECT_HEAD: Prepared[tuple[int, int, str]] = Prepared(select_head)
MOVE_HEAD = (
    f'UPDATE "{LogHead._meta.db_table}" SET "event_seq" = %s, "audit_n" = %s, "audit_hash" = %s'  # noqa: S608 - our name
    ' WHERE "id" = 1'
)
# SQLite takes 32,766 parameters in one statement; a row of either table has at most 14.
ROWS_A_STATEMENT = 1000


def lock_head() -> tuple[int, int, str]:
    """(event seq, audit number, audit hash), ours until the commit (on SQLite since BEGIN IMMEDIATE)."""
    head = SELECT_HEAD.first()
    if head is None:
        raise LogHead.DoesNotExist
    return head


def number_events(pending: list[PendingEvent], seq: int, at: datetime) -> list[dict[str, Any]]:
    """The next rows of `Event` after `seq`."""
    return [
        {
            "seq": number,
            "at": at,
            "kind": event.kind,
            "topic": event.topic,
            "audience": event.audience,
            "subject_kind": event.subject.kind,
            "subject_id": event.subject.id,
            "words": event.words,
        }
        for number, event in enumerate(pending, start=seq + 1)
    ]


def chain_entries(pending: list[PendingAudit], n: int, prev_hash: str, at: datetime) -> list[dict[str, Any]]:
    """The next rows of `AuditEntry` after (`n`, `prev_hash`)."""
    entries = []
    for item in pending:
        n += 1
        text = audit_text(n=n, at=at, item=item, prev_hash=prev_hash)
        digest = hashlib.sha256(text.encode()).hexdigest()
        entries.append(
            {
                "n": n,
                "at": at,
                "actor_kind": item.actor.kind,
                "actor_id": item.actor.id,
                "actor_label": item.actor.label[:200],
                "door": item.actor.door,
                "verb": item.verb,
                "subject_kind": item.subject.kind,
                "subject_id": item.subject.id,
                "before": item.before,
                "after": item.after,
                "prev_hash": prev_hash,
                "text": text,
                "hash": digest,
            }
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
        # Rows that only refer to these may be inserted meanwhile.
        ordered = ordered.select_for_update(
            of=("self",), no_key=connection.features.has_select_for_no_key_update
        )
    return list(ordered)
