"""One relay for an engine. Every write of a relay proves that its lease still holds."""

from __future__ import annotations

from engines.domain.leases import LEASE_LENGTH, Lease, LeaseLost, LeaseTable
from events.actors import RELAY_ACTOR
from relay.models import RelayLease

__all__ = [
    "LEASES",
    "LEASE_LENGTH",
    "Lease",
    "LeaseLost",
    "acquire_lease",
    "relay_changes",
    "release_lease",
    "renew_lease",
]

LEASES = LeaseTable(RelayLease, RELAY_ACTOR)

acquire_lease = LEASES.acquire
renew_lease = LEASES.renew
release_lease = LEASES.release
relay_changes = LEASES.changes
