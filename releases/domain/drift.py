"""What an engine runs, held against its live release: recorded when it changes, with an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from engines.domain.registry import subject_of
from engines.models import Engine
from events.changes import lock_rows
from events.text import make_storable
from releases.domain.announce import announce_engine
from releases.domain.leases import Lease, publisher_changes
from releases.enums import DriftState, PublicationState
from releases.models import Drift, Publication

MAX_DIFFERENCES = 200
MAX_VALUE_LENGTH = 4000
CHECK_EVERY = timedelta(seconds=60)

# (path, what was released, what is there instead)
Found = tuple[str, str, str]


def record_unseen(lease: Lease, engine: Engine, reason: str) -> None:
    """It could not be asked: what was seen last stays, with the reason beside it."""
    with publisher_changes(lease):
        drift, _ = Drift.objects.get_or_create(engine=engine)
        drift.checked_at, drift.reason = timezone.now(), make_storable(reason, 300)
        drift.save(update_fields=["checked_at", "reason"])


def record_flags(lease: Lease, engine: Engine, flags: Mapping[str, bool | None]) -> None:
    """What the engine's process runs with."""
    with publisher_changes(lease):
        Drift.objects.get_or_create(engine=engine)
        Drift.objects.filter(engine=engine).exclude(flags=dict(flags)).update(flags=dict(flags))


def record_seen(lease: Lease, engine: Engine, differences: Sequence[Found] = ()) -> Drift:
    """Audited, and an event, when there is something new; else only the time of the look is kept."""
    now = timezone.now()
    rows = [write_difference(*found) for found in differences[:MAX_DIFFERENCES]]
    state = DriftState.DIFFERENT if rows else DriftState.SAME
    with publisher_changes(lease) as change:
        Drift.objects.get_or_create(engine=engine, defaults={"since": now})
        drift: Drift
        [drift] = lock_rows(Drift.objects.filter(pk=engine.pk))
        before, known = drift.state, drift.differences
        drift.checked_at, drift.reason = now, ""
        drift.since = drift.since if before == state else now
        drift.state, drift.differences = state, rows
        drift.save()
        if known != rows:
            words = {"state": state, "differences": len(rows)}
            change.audit("engine.drift", subject_of(engine), before={"state": before}, after=words)
            if state == DriftState.DIFFERENT:
                announce_engine(change, engine, "engine.drift", **words)
            else:
                announce_engine(change, engine, "engine.drift_ended", **words)
    return drift


def write_difference(path: str, expected: str, found: str) -> dict[str, Any]:
    return {
        "path": make_storable(path, 300),
        "expected": make_storable(expected, MAX_VALUE_LENGTH),
        "found": make_storable(found, MAX_VALUE_LENGTH),
    }


def list_engines_to_check() -> list[Engine]:
    """Engines with a live release, nothing on its way, and no look within the last minute."""
    due = timezone.now() - CHECK_EVERY
    live = Publication.objects.filter(state=PublicationState.LIVE).values("engine_id")
    engines = Engine.objects.filter(pk__in=live, is_enabled=True, retired_at=None)
    busy = Publication.objects.filter(ended_at=None).values("engine_id")
    seen = Drift.objects.filter(checked_at__gt=due).values("engine_id")
    return list(engines.exclude(pk__in=busy).exclude(pk__in=seen).select_related("team"))
