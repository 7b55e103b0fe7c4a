"""Events go after 90 days, oldest first and without holes; the audit chain stays and says so."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.utils import timezone

from events.actors import Subject
from events.append_only import missing_triggers
from events.changes import changes
from events.models import AuditEntry, Event, LogHead
from events.pruning import EVENTS_KEPT, prune_events
from tests.factories import ACTOR

pytestmark = pytest.mark.django_db


def emit(at: datetime) -> int:
    with time_machine.travel(at, tick=False), changes(ACTOR) as change:
        change.event("test.happened", Subject("test", "1"), topic="requests", audience="owners")
    return LogHead.objects.get(pk=1).event_seq


def kept() -> list[int]:
    return list(Event.objects.order_by("seq").values_list("seq", flat=True))


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.mark.parametrize("batch_rows", [1, 2, 100])
def test_events_older_than_ninety_days_go(now: datetime, batch_rows: int) -> None:
    old = [emit(now - EVENTS_KEPT - timedelta(days=age)) for age in (30, 20, 10)]
    young = [emit(now - EVENTS_KEPT), emit(now)]
    assert kept() == old + young
    assert (prune_events(now=now, batch_rows=batch_rows), kept()) == (3, young)
    assert (prune_events(now=now), kept()) == (0, young)


def test_what_was_removed_stands_in_the_audit_chain(now: datetime) -> None:
    last = emit(now - EVENTS_KEPT - timedelta(days=1))
    prune_events(now=now)
    entry = AuditEntry.objects.latest("n")
    assert (entry.verb, entry.actor_id, entry.after) == ("events.prune", "clock", {"through_seq": last})


def test_event_of_a_late_clock_leaves_no_hole(now: datetime) -> None:
    first = emit(now - EVENTS_KEPT - timedelta(days=2))
    second = emit(now - EVENTS_KEPT + timedelta(days=1))
    third = emit(now - EVENTS_KEPT - timedelta(days=1))
    assert (prune_events(now=now), kept()) == (1, [second, third])
    assert first not in kept()


def test_numbering_goes_on_after_everything_went(now: datetime) -> None:
    last = emit(now - EVENTS_KEPT - timedelta(days=1))
    prune_events(now=now)
    assert (kept(), emit(now)) == ([], last + 1)


def test_tables_are_guarded_again_afterwards(now: datetime) -> None:
    emit(now - EVENTS_KEPT - timedelta(days=1))
    seq = emit(now)
    prune_events(now=now)
    assert missing_triggers() == []
    with pytest.raises(DatabaseError), transaction.atomic():
        Event.objects.filter(seq=seq).delete()
    assert kept() == [seq]
