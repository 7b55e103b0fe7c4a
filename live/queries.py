"""Reads of the event log, for the hub, the websocket's replay and the REST door."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Min

from events.actors import Subject
from events.models import Event, LogHead
from events.prepared import Prepared
from live.rights import Rights


@dataclass(frozen=True, slots=True)
class Bounds:
    """What can be replayed: events with floor < seq <= head."""

    floor: int
    head: int


@dataclass(frozen=True, slots=True)
class Page:
    """Visible events after a cursor. `cursor` is the highest seq examined: where the next page starts."""

    events: list[Event]
    cursor: int


def read_head() -> int:
    """The seq of the newest event."""
    row = HEAD.first()
    if row is None:
        raise LogHead.DoesNotExist
    return row[0]


HEAD: Prepared[tuple[int]] = Prepared(lambda: LogHead.objects.filter(pk=1).values_list("event_seq"))


def read_bounds() -> Bounds:
    head = read_head()
    first = Event.objects.aggregate(first=Min("seq"))["first"]
    return Bounds(head if first is None else first - 1, head)


def read_news(since: int, limit: int) -> tuple[int, list[Event]]:
    """(head, events of every audience after `since`). The head was read first: all up to it is committed."""
    head = read_head()
    return head, NEWS.all(limit, since=since) if head > since else []


NEWS: Prepared[Event] = Prepared(
    lambda limit, since: Event.objects.filter(seq__gt=since).order_by("seq")[:limit]
)


def read_page(*, rights: Rights, topics: frozenset[str], since: int, until: int, limit: int) -> Page | None:
    """Visible events with since < seq <= until, at most `limit`; None when `since` can't be replayed."""
    rows = Event.objects.filter(rights.as_filter(), seq__gt=since, seq__lte=until, topic__in=topics)
    events = list(rows.order_by("seq")[:limit])
    # Read after the rows: what was pruned before they were read shows here.
    bounds = read_bounds()
    if not bounds.floor <= since <= bounds.head:
        return None
    return Page(events, events[-1].seq if len(events) == limit else until)


def find_change(subject: Subject, since: int) -> int | None:
    """The seq of the newest event about `subject` after `since`."""
    rows = Event.objects.filter(subject_kind=subject.kind, subject_id=subject.id, seq__gt=since)
    return rows.order_by("-seq").values_list("seq", flat=True).first()
