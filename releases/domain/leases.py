"""One publisher for an engine. Every write of a publisher proves that its lease still holds."""

from __future__ import annotations

from engines.domain.leases import Lease, LeaseLost, LeaseTable
from events.actors import Actor, ActorKind, Door
from releases.models import PublishLease

__all__ = ["LEASES", "Lease", "LeaseLost", "acquire_lease", "publisher_changes", "release_lease"]

PUBLISHER_ACTOR = Actor(ActorKind.SYSTEM, "publisher", Door.TASK, "Countersign publisher")
LEASES = LeaseTable(PublishLease, PUBLISHER_ACTOR)

acquire_lease = LEASES.acquire
release_lease = LEASES.release
publisher_changes = LEASES.changes
