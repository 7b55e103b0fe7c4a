"""One publisher for an engine: a lease of 12 s, renewed every 4 s; each new holder gets a higher epoch.

As the relay's lease, and apart from it: who relays for an engine need not be who publishes to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from events.actors import Actor, ActorKind, Door
from events.changes import Change, changes
from releases.models import PublishLease

LEASE_LENGTH = timedelta(seconds=12)
RENEW_EVERY_S = 4.0
# A holder that missed renewal this long stops before anybody else can take over.
GIVE_UP_AFTER_S = 9.0

PUBLISHER_ACTOR = Actor(ActorKind.SYSTEM, "publisher", Door.TASK, "Countersign publisher")


class LeaseLost(Exception):
    """Another process publishes to this engine now; stop at once and write nothing."""


@dataclass(frozen=True, slots=True)
class Lease:
    engine_id: str
    holder: str
    epoch: int


def acquire_lease(*, engine_id: str, holder: str, now: datetime | None = None) -> Lease | None:
    """Take a free or expired lease; None while somebody else holds it. Not audited."""
    now = now or timezone.now()
    PublishLease.objects.get_or_create(engine_id=engine_id, defaults={"expires_at": now})
    taken = PublishLease.objects.filter(engine_id=engine_id, expires_at__lte=now).update(
        holder=holder, epoch=F("epoch") + 1, expires_at=now + LEASE_LENGTH
    )
    if not taken:
        return None
    row = PublishLease.objects.get(engine_id=engine_id)
    return Lease(engine_id, holder, row.epoch) if row.holder == holder else None


def renew_lease(lease: Lease) -> None:
    """Raises LeaseLost."""
    hold_lease(lease, expires_at=timezone.now() + LEASE_LENGTH)


def release_lease(lease: Lease) -> None:
    """Let the next holder start at once."""
    rows = PublishLease.objects.filter(engine_id=lease.engine_id, holder=lease.holder, epoch=lease.epoch)
    rows.update(expires_at=timezone.now())


def hold_lease(lease: Lease, **values: datetime) -> None:
    """Prove, and inside a transaction keep, that the lease is ours. Raises LeaseLost."""
    rows = PublishLease.objects.filter(engine_id=lease.engine_id, holder=lease.holder, epoch=lease.epoch)
    unchanged: dict[str, int | datetime] = {"epoch": lease.epoch}
    if not rows.filter(expires_at__gt=timezone.now()).update(**(values or unchanged)):
        raise LeaseLost(lease.engine_id)


@contextmanager
def publisher_changes(lease: Lease) -> Iterator[Change]:
    """`changes()` for the publisher: the lease row is locked first, so one that lost it writes nothing."""
    with changes(PUBLISHER_ACTOR) as change:
        hold_lease(lease)
        yield change
