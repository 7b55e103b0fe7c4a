"""One reader for a CAO server. Every write of it proves that its lease still holds."""

from __future__ import annotations

from engines.domain.leases import LeaseTable
from events.actors import RELAY_ACTOR
from relay.models import CaoLease

CAO_LEASES = LeaseTable(CaoLease, RELAY_ACTOR)
