"""Review dates of live procedures: one reminder two weeks before, one on the day. Worked by the clock.

Each is a conditional UPDATE, so any number of clocks do it once.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet

from events.actors import CLOCK_ACTOR
from events.changes import changes
from procedures.domain.announce import announce_sop
from procedures.enums import SopState
from procedures.models import Sop

BATCH = 200
EARLY_DAYS = 14


def list_due(today: date) -> QuerySet[Sop]:
    """Those whose next reminder is due."""
    early = Q(reminders=0, review_by__lte=today + timedelta(days=EARLY_DAYS))
    return Sop.objects.filter(early | Q(reminders__lte=1, review_by__lte=today), state=SopState.LIVE)


def is_any_sop_due(*, now: datetime) -> bool:
    return list_due(now.date()).exists()


def remind_of_sops(*, now: datetime) -> int:
    """Tell the teams, at most a batch of them; returns how many were told."""
    today = now.date()
    return sum(remind(sop, today) for sop in list_due(today).select_related("team").order_by("pk")[:BATCH])


def remind(sop: Sop, today: date) -> bool:
    """False when somebody was faster. A date that has come already skips the early reminder."""
    assert sop.review_by is not None  # noqa: S101 - asked for by the query
    is_due = sop.review_by <= today
    number = 2 if is_due else 1
    with changes(CLOCK_ACTOR) as change:
        rows = list_due(today).filter(pk=sop.pk, version=sop.version, reminders=sop.reminders)
        if not rows.update(reminders=number):
            return False
        change.audit("sop.remind", sop.subject, after={"version": sop.version, "number": number})
        when = "due" if is_due else "soon"
        announce_sop(change, sop, "review_due", when=when, review_by=sop.review_by.isoformat())
    return True
