"""What a POST with an `Idempotency-Key` made is remembered for a day (draft-ietf-httpapi-idempotency-key).

The record and what was made are one transaction: either both are there or neither, whenever the process
ends. So a key is never left half used, and what failed can be tried again with the same key.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import IdempotencyRecord
from accounts.principal import Principal
from events.changes import changes
from events.errors import Conflict

KEPT = timedelta(hours=24)
BATCH_ROWS = 5000


@dataclass(frozen=True, slots=True)
class Attempt:
    """One POST. `route` is its path, `request_digest` of its body."""

    principal: Principal
    key: str
    route: str
    request_digest: str

    @property
    def name(self) -> str:
        """The same for every attempt with this key."""
        return f"{self.principal.user.pk}\n{self.route}\n{self.key}"


@dataclass(slots=True)
class Slot:
    """`record` is what the attempt fills in; `is_new` is False when it has been filled before."""

    record: IdempotencyRecord
    is_new: bool


_under_way: set[str] = set()
_lock = threading.Lock()


@contextmanager
def hold_key(attempt: Attempt) -> Iterator[Slot]:
    """One transaction around the act and its record; the caller fills a new record in and saves it.

    Raises Conflict: the key was used with another body, or the same POST is under way elsewhere.
    """
    with hold_in_process(attempt), changes(attempt.principal.actor):
        hold_in_database(attempt)
        yield take_slot(attempt)


@contextmanager
def hold_in_process(attempt: Attempt) -> Iterator[None]:
    with _lock:
        if attempt.name in _under_way:
            raise build_under_way()
        _under_way.add(attempt.name)
    try:
        yield
    finally:
        with _lock:
            _under_way.discard(attempt.name)


def hold_in_database(attempt: Attempt) -> None:
    """Until the commit; another process is told so at once. SQLite has one writer at a time anyway."""
    if connection.vendor != "postgresql":
        return
    number = int.from_bytes(hashlib.sha256(attempt.name.encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise build_under_way()


def take_slot(attempt: Attempt) -> Slot:
    now = timezone.now()
    known = find_record(attempt)
    if known is not None and known.created_at <= now - KEPT:
        known.delete()
        known = None
    if known is not None:
        if known.request_digest != attempt.request_digest:
            raise Conflict(
                "This idempotency key was used for another request.", code="idempotency_key_reused"
            )
        return Slot(known, is_new=False)
    record = IdempotencyRecord(
        user=attempt.principal.user,
        key=attempt.key,
        route=attempt.route,
        request_digest=attempt.request_digest,
        created_at=now,
    )
    try:
        with transaction.atomic():
            record.save(force_insert=True)
    except IntegrityError:
        raise build_under_way() from None
    return Slot(record, is_new=True)


def find_record(attempt: Attempt) -> IdempotencyRecord | None:
    return IdempotencyRecord.objects.filter(
        user=attempt.principal.user, route=attempt.route, key=attempt.key
    ).first()


def build_under_way() -> Conflict:
    return Conflict(
        "The same request is being carried out at this moment; ask again soon.", code="idempotency_key_in_use"
    )


def prune_idempotency_records(*, now: datetime, batch_rows: int = BATCH_ROWS) -> int:
    """Forget what is older than KEPT; returns how many. In batches, because other writers wait."""
    removed = 0
    while True:
        old = IdempotencyRecord.objects.filter(created_at__lte=now - KEPT).order_by("created_at")
        batch = list(old.values_list("pk", flat=True)[:batch_rows])
        if not batch:
            return removed
        removed += IdempotencyRecord.objects.filter(pk__in=batch).delete()[0]
