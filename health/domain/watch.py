"""Who looks: one process at a time, by a lease on the only row of `HealthWatch`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from health.models import HealthWatch

# Well below what counts as silence: another process looks before anybody is told that nobody does.
WATCH_LENGTH = timedelta(seconds=30)


class WatchLost(Exception):
    """Another process looks now."""


@dataclass(frozen=True, slots=True)
class Watch:
    """`round_at`: when the last round ended, by whoever looked before; None for never."""

    holder: str
    epoch: int
    round_at: datetime | None


def take_watch(*, holder: str, now: datetime) -> Watch | None:
    """Take the free or expired watch; None while somebody else has it."""
    rows = HealthWatch.objects.filter(pk=1)
    if rows.filter(expires_at__gt=now).exists():
        return None
    HealthWatch.objects.get_or_create(pk=1, defaults={"expires_at": now})
    taken = rows.filter(expires_at__lte=now).update(
        holder=holder, epoch=F("epoch") + 1, expires_at=now + WATCH_LENGTH
    )
    if not taken:
        return None
    row = rows.get()
    return Watch(holder, row.epoch, row.round_at) if row.holder == holder else None


def hold_watch(watch: Watch, **values: datetime) -> None:
    """Prove that it is still ours, and set `values`. Raises WatchLost."""
    rows = HealthWatch.objects.filter(pk=1, holder=watch.holder, epoch=watch.epoch)
    unchanged: dict[str, datetime | int] = {"epoch": watch.epoch}
    if not rows.update(**(values or unchanged)):
        raise WatchLost


def renew_watch(watch: Watch, *, now: datetime) -> None:
    """Raises WatchLost. One that ran out and that nobody took meanwhile is still ours."""
    hold_watch(watch, expires_at=now + WATCH_LENGTH)


def give_watch_up(watch: Watch, *, now: datetime) -> None:
    """Let another process look at once."""
    HealthWatch.objects.filter(pk=1, holder=watch.holder, epoch=watch.epoch).update(expires_at=now)
