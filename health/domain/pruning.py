"""The history of health is kept 90 days, like events; the audit chain keeps every change for good."""

from __future__ import annotations

from datetime import datetime, timedelta

from events import append_only
from events.actors import Subject
from events.changes import changes
from health.domain.report import HEALTH_ACTOR
from health.models import HealthChange

CHANGES_KEPT = timedelta(days=90)
# One transaction each: every other writer waits for it.
BATCH_ROWS = 2000


def prune_health_changes(*, now: datetime, batch_rows: int = BATCH_ROWS) -> int:
    """Remove what is older than CHANGES_KEPT, oldest first; returns how many."""
    removed = 0
    while batch := prune_batch(now - CHANGES_KEPT, batch_rows):
        removed += batch
    return removed


def prune_batch(before: datetime, batch_rows: int) -> int:
    old = HealthChange.objects.filter(at__lt=before).order_by("at", "id")
    keys = list(old.values_list("pk", flat=True)[:batch_rows])
    if not keys:
        return 0
    with changes(HEALTH_ACTOR) as change:
        with append_only.suspended():
            HealthChange.objects.filter(pk__in=keys).delete()
        after = {"count": len(keys), "before": before.isoformat()}
        change.audit("health.prune", Subject("health_history", "changes"), after=after)
    return len(keys)
