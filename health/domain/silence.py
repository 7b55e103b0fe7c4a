"""That nobody looks any more, written down by the watchdog of a process that could have."""

from __future__ import annotations

from datetime import datetime

from events.changes import changes, lock_rows
from health.domain.report import HEALTH_ACTOR, move_check
from health.enums import Component, HealthState
from health.models import OWN_SUBJECT, HealthCheck
from health.queries import find_silence

SILENT = "Nobody looks at anything: the background task health does not get to it."


def record_silence(*, now: datetime) -> bool:
    """True when it is news: not while another process looks, before the first round, or a second time."""
    if find_silence(now) is None:
        return False
    own = HealthCheck.objects.filter(component=Component.TASK, subject_id=OWN_SUBJECT, ended_at=None)
    with changes(HEALTH_ACTOR) as change:
        rows = lock_rows(own.exclude(state=HealthState.OFFLINE))
        # Asked again while the row is ours: a round may have ended meanwhile.
        silent_since = find_silence(now)
        if not rows or silent_since is None:
            return False
        move_check(change, rows[0], HealthState.OFFLINE, SILENT, at=silent_since)
    return True
