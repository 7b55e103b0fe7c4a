"""Events are kept 90 days; who comes back later starts anew from the lists. The audit chain is kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from events import append_only
from events.actors import CLOCK_ACTOR, Subject
from events.changes import changes
from events.models import Event

EVENTS_KEPT = timedelta(days=90)
# One transaction each: every other writer waits for it.
BATCH_ROWS = 5000


def prune_events(*, now: datetime, batch_rows: int = BATCH_ROWS) -> int:
    """Remove events older than EVENTS_KEPT, oldest first; returns how many."""
    removed = 0
    while batch := prune_batch(now - EVENTS_KEPT, batch_rows):
        removed += batch
    return removed


def prune_batch(before: datetime, batch_rows: int) -> int:
    """Always a prefix of the log: what is left has no holes."""
    with changes(CLOCK_ACTOR) as change:
        seqs = list_oldest(before, batch_rows)
        if not seqs:
            return 0
        with append_only.suspended():
            Event.objects.filter(seq__lte=seqs[-1]).delete()
        change.audit("events.prune", Subject("event_log", "events"), after={"through_seq": seqs[-1]})
    return len(seqs)


def list_oldest(before: datetime, limit: int) -> list[int]:
    """Clocks may differ between machines: an event that is too young bounds those that follow it."""
    events = Event.objects.order_by("seq")
    first_kept = events.filter(at__gte=before).first()
    old = events.filter(at__lt=before) if first_kept is None else events.filter(seq__lt=first_kept.seq)
    return list(old.values_list("seq", flat=True)[:limit])
