from __future__ import annotations

from datetime import datetime

from engines.domain.leases import LEASE_LENGTH
from relay.models import RelayLease


def read_lease_renewals(*, now: datetime) -> dict[str, datetime]:
    """{engine id: when its lease was last renewed}, of the leases that hold."""
    held = RelayLease.objects.filter(expires_at__gt=now, engine__retired_at=None)
    return {row.engine_id: row.expires_at - LEASE_LENGTH for row in held}
