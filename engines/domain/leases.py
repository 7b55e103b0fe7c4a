"""One worker for an engine: a lease of 12 s, renewed every 4 s; each new holder gets a higher epoch."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.utils import timezone

from engines.models.lease import EngineLease
from events.actors import Actor
from events.changes import Change, changes

LEASE_LENGTH = timedelta(seconds=12)


class LeaseLost(Exception):
    """Another process works for this engine now; stop at once and write nothing."""


@dataclass(frozen=True, slots=True)
class Lease:
    engine_id: str
    holder: str
    epoch: int


@dataclass(frozen=True, slots=True)
class LeaseTable:
    """The leases of one kind of work; who relays for an engine need not be who publishes to it.

    `actor` is whom the work's changes are by.
    """

    table: type[EngineLease]
    actor: Actor

    def acquire(self, *, engine_id: str, holder: str, now: datetime | None = None) -> Lease | None:
        """Take a free or expired lease; None while somebody else holds it. Not audited."""
        now = now or timezone.now()
        rows = self.table._default_manager.filter(pk=engine_id)
        if rows.filter(expires_at__gt=now).exists():
            # Looked at every second by whoever does not hold it: a reader takes no write lock.
            return None
        self.table._default_manager.get_or_create(pk=engine_id, defaults={"expires_at": now})
        taken = rows.filter(expires_at__lte=now).update(
            holder=holder, epoch=F("epoch") + 1, expires_at=now + LEASE_LENGTH
        )
        if not taken:
            return None
        row = rows.get()
        return Lease(engine_id, holder, row.epoch) if row.holder == holder else None

    def renew(self, lease: Lease) -> None:
        """Raises LeaseLost."""
        self.hold(lease, expires_at=timezone.now() + LEASE_LENGTH)

    def release(self, lease: Lease) -> None:
        """Let the next holder start at once."""
        self.list_rows(lease).update(expires_at=timezone.now())

    def hold(self, lease: Lease, **values: datetime) -> None:
        """Prove, and inside a transaction keep, that the lease is ours. Raises LeaseLost."""
        unchanged: dict[str, int | datetime] = {"epoch": lease.epoch}
        if not self.list_rows(lease).filter(expires_at__gt=timezone.now()).update(**(values or unchanged)):
            raise LeaseLost(lease.engine_id)

    @contextmanager
    def changes(self, lease: Lease) -> Iterator[Change]:
        """`changes()` of the holder: the lease row is locked first, so one that lost it writes nothing."""
        with changes(self.actor) as change:
            self.hold(lease)
            yield change

    def list_rows(self, lease: Lease) -> QuerySet[EngineLease]:
        return self.table._default_manager.filter(pk=lease.engine_id, holder=lease.holder, epoch=lease.epoch)


def name_holder() -> str:
    """What this process is called as a holder: no other one ever has the same."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(8)}"
