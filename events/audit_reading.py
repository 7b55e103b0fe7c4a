"""Reading the audit chain newest first, within bounds: no page costs more because the chain is long.

The table has indexes by actor, by subject and by time, each with `n`. What no index answers (a verb, a
door) is looked for among a bounded number of entries; a page then says how far it has looked.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby, islice
from typing import Any

from django.db.models import Q, QuerySet

from events.models import AuditEntry, LogHead

# Entries that one page looks through for what no index answers.
WINDOW = 20_000
# Processes number their entries in commit order, but each stamps them by its own clock.
CLOCKS_DIFFER = timedelta(hours=1)
CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Selection:
    """Which entries; empty values select nothing away. `group` is a verb's first word, `thing` any id.

    `since` is included, `until` is not.
    """

    actor: str = ""
    actor_kind: str = ""
    group: str = ""
    verb: str = ""
    subject: str = ""
    subject_kind: str = ""
    door: str = ""
    thing: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_whole(self) -> bool:
        return not self.describe()

    def describe(self) -> dict[str, str]:
        """What is selected by, as text."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
            if value
        }

    def apply(self, entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        columns = {
            "actor_id": self.actor,
            "actor_kind": self.actor_kind,
            "verb": self.verb,
            "subject_id": self.subject,
            "subject_kind": self.subject_kind,
            "door": self.door,
            "at__gte": self.since,
            "at__lt": self.until,
        }
        entries = entries.filter(**{name: value for name, value in columns.items() if value})
        if self.group:
            entries = entries.filter(Q(verb=self.group) | Q(verb__startswith=f"{self.group}."))
        if self.thing:
            entries = entries.filter(Q(actor_id=self.thing) | Q(subject_id=self.thing))
        return entries

    def needs_window(self) -> bool:
        """Whether something is asked for that no index answers."""
        return bool(self.actor_kind or self.group or self.verb or self.subject_kind or self.door) or (
            # Ids with other ids, or with a time: the index of the one says nothing of the other.
            sum(map(bool, (self.actor, self.subject, self.thing, self.since or self.until))) > 1
        )

    def branches(self) -> list[Selection]:
        """Selections, each with an index of its own, whose entries together are this one's."""
        if not self.thing or self.actor or self.subject:
            return [self]
        bare = replace(self, thing="")
        return [replace(bare, actor=self.thing), replace(bare, subject=self.thing)]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries newest first. `next_below` is what to go on with, None when there are no older ones.

    `looked_through` is the oldest number looked at: a page may hold fewer entries than asked for, or none.
    """

    entries: list[AuditEntry]
    next_below: int | None
    looked_through: int


def read_audit_page(
    selection: Selection, *, below: int | None, limit: int, window: int = WINDOW
) -> AuditPage:
    """At most `limit` entries with numbers under `below`; None stands for the newest."""
    first, end = find_bounds(selection)
    top = end if below is None else min(below, end)
    floor = max(first, top - window) if selection.needs_window() else first
    branches = [
        branch.apply(AuditEntry.objects.filter(n__gte=floor, n__lt=top)).order_by("-n")[: limit + 1]
        for branch in selection.branches()
    ]
    merged = heapq.merge(*branches, key=lambda entry: -entry.n)
    distinct = (next(same) for _, same in groupby(merged, key=lambda entry: entry.n))
    entries = list(islice(distinct, limit + 1))
    if len(entries) > limit:
        last = entries[limit - 1].n
        return AuditPage(entries[:limit], last, last)
    return AuditPage(entries, floor if floor > first else None, floor)


def find_bounds(selection: Selection) -> tuple[int, int]:
    """(first number, number after the last) between which everything selected stands."""
    first, end = 1, read_end()
    by_time = AuditEntry.objects.order_by("at")
    if selection.since:
        found = by_time.filter(at__gte=shift(selection.since, -CLOCKS_DIFFER)).values_list("n", flat=True)
        first = found.first() or end
    if selection.until:
        below = AuditEntry.objects.filter(at__lt=shift(selection.until, CLOCKS_DIFFER))
        last = below.order_by("-at").values_list("n", flat=True).first() or 0
        # Of one moment's entries any may be the one found.
        end = min(end, last + CHUNK)
    return max(1, first - CHUNK), end


def shift(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return moment


def read_end() -> int:
    head = LogHead.objects.filter(pk=1).values_list("audit_n", flat=True).first()
    return (head or 0) + 1


def iterate_entries(selection: Selection, *, through: int, after: int = 0) -> Iterator[list[AuditEntry]]:
    """Selected entries oldest first, up to `through`, in lists of at most CHUNK.

    Each is a query of its own: nothing is held open while a slow reader takes its time.
    """
    while after < through:
        chunk = read_chunk(selection, after=after, through=through)
        yield chunk.entries
        after = chunk.through


@dataclass(frozen=True, slots=True)
class Chunk:
    """What stands between two numbers, `through` included."""

    entries: list[AuditEntry]
    through: int


def read_chunk(selection: Selection, *, after: int, through: int) -> Chunk:
    """The next entries after `after`; looks through at most WINDOW numbers, whatever is selected."""
    last = min(through, after + (CHUNK if selection.is_whole else WINDOW))
    rows = selection.apply(AuditEntry.objects.filter(n__gt=after, n__lte=last)).order_by("n")
    entries = list(rows[:CHUNK])
    return Chunk(entries, entries[-1].n if len(entries) == CHUNK else last)


def known_words() -> dict[str, Any]:
    """{"groups": first words of verbs, "subject_kinds": kinds}, read off the newest entries."""
    newest = AuditEntry.objects.order_by("-n").values_list("verb", "subject_kind")[:CHUNK]
    rows = list(newest)
    return {
        "groups": sorted({verb.split(".")[0] for verb, _ in rows}),
        "subject_kinds": sorted({kind for _, kind in rows}),
    }
