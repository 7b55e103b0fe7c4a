"""Delegations as a tree, flattened for a page: each row knows its level, and its place in time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.admin.display import Pill, format_duration
from engines.admin.states import describe_subagent
from engines.enums import SubagentStatus
from engines.models import Chat, Subagent

MAX_LEVEL = 32
# Of the whole time that a tree has taken.
SPAN = 1000
NARROWEST = 4


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody down there waits for a person with."""

    url: str
    words: str


@dataclass(frozen=True, slots=True)
class Branch:
    """One delegation at its place in the tree; `level` begins at 1.

    `start` and `width` are in thousandths of the tree's time; `took` says how long it has taken, or takes.
    """

    subagent: Subagent
    pill: Pill
    level: int
    start: int
    width: int
    took: str
    is_open: bool
    asks: Sequence[Ask] = ()


def grow_chat_tree(chat: Chat) -> list[Branch]:
    return grow_tree(list(Subagent.objects.filter(chat=chat).order_by("first_seen_at", "id")))


def grow_tree(
    subagents: list[Subagent],
    asks: Mapping[str, Sequence[Ask]] | None = None,
    now: datetime | None = None,
) -> list[Branch]:
    """Children right below their parents, in the given order; without a parent among them a row is a root.

    `asks` is subagent id → what waits there.
    """
    now = now or timezone.now()
    known = {subagent.pk for subagent in subagents}
    children: dict[str | None, list[Subagent]] = defaultdict(list)
    for subagent in subagents:
        children[subagent.parent_id if subagent.parent_id in known else None].append(subagent)
    times = {subagent.pk: read_times(subagent, now) for subagent in subagents}
    scale = Scale.of(list(times.values()))
    return [
        place(subagent, level, times[subagent.pk], scale, (asks or {}).get(subagent.pk, ()))
        for subagent, level in walk(children, None, 1)
    ]


def walk(
    children: dict[str | None, list[Subagent]], parent_id: str | None, level: int
) -> Iterator[tuple[Subagent, int]]:
    if level > MAX_LEVEL:
        return
    for subagent in children[parent_id]:
        yield subagent, level
        yield from walk(children, subagent.pk, level + 1)


@dataclass(frozen=True, slots=True)
class Scale:
    """From the first beginning in a tree to its last end."""

    begin: datetime
    length: timedelta

    @classmethod
    def of(cls, times: Sequence[tuple[datetime, datetime]]) -> Scale:
        if not times:
            return cls(timezone.now(), timedelta(seconds=1))
        begin = min(start for start, _ in times)
        return cls(begin, max(max(end for _, end in times) - begin, timedelta(milliseconds=1)))

    def measure(self, duration: timedelta) -> int:
        return round(duration / self.length * SPAN)


def read_times(subagent: Subagent, now: datetime) -> tuple[datetime, datetime]:
    """When it began, by its source or by when it was first seen; and when it ended, or now."""
    begin = subagent.started_at or subagent.first_seen_at
    if subagent.status not in SubagentStatus.ended():
        return begin, max(now, begin)
    return min(begin, subagent.ended_at or begin), subagent.ended_at or begin


def place(
    subagent: Subagent, level: int, times: tuple[datetime, datetime], scale: Scale, asks: Sequence[Ask]
) -> Branch:
    begin, end = times
    start = min(scale.measure(begin - scale.begin), SPAN - NARROWEST)
    return Branch(
        subagent,
        describe_subagent(subagent),
        level,
        start=start,
        width=min(max(scale.measure(end - begin), NARROWEST), SPAN - start),
        took=format_duration(end - begin),
        is_open=subagent.status not in SubagentStatus.ended(),
        asks=asks,
    )
