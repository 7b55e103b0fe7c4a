"""How many calls a caller may make in a minute: a guard against a loop gone wild, not a quota.

Callers are counted by token, sessions by their user; who is not known, by address (IPv6: by /64, which one
customer holds whole). A minute is the clock's, so that processes count the same one.

One process counts in memory. With Redis the processes share a count: each takes calls in portions, so that
only one call in many costs a round trip; while Redis does not answer, each counts for itself.
"""

from __future__ import annotations

import ipaddress
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.core.cache import cache

logger = logging.getLogger(__name__)

WINDOW_S = 60
# So many portions make up a minute's calls.
PORTIONS = 50
# Beyond that newcomers of a minute share one count.
MAX_TRACKED = 20_000
OTHERS = "others"
# After a failure Redis is not asked for so long.
SHARED_PAUSE_S = 10.0


@dataclass(frozen=True, slots=True)
class Rate:
    """Where a caller stands. `limit` 0: nothing is counted."""

    policy: str
    limit: int
    left: int
    resets_in_s: int
    is_over: bool

    def list_headers(self) -> tuple[tuple[str, str], ...]:
        """`RateLimit-Policy` and `RateLimit` (IETF draft-ietf-httpapi-ratelimit-headers)."""
        if not self.limit:
            return ()
        return (
            ("RateLimit-Policy", f'"{self.policy}";q={self.limit};w={WINDOW_S}'),
            ("RateLimit", f'"{self.policy}";r={self.left};t={self.resets_in_s}'),
        )


class SharedCount(Protocol):
    """A count that several processes add to."""

    def add(self, key: str, calls: int) -> int:
        """The sum after adding `calls`; raises whatever keeps it from counting."""


class CacheCount:
    """Django's cache; the key goes away by itself after its minute."""

    def add(self, key: str, calls: int) -> int:
        cache.add(key, 0, timeout=2 * WINDOW_S)
        return int(cache.incr(key, calls))


@dataclass(slots=True)
class Tally:
    """`granted`: calls that this process may let through in this minute; `is_spent`: no more to be had."""

    used: int = 0
    granted: int = 0
    is_spent: bool = False


class RateLimiter:
    """Calls by caller in the present minute. Cheap: a lock and a dictionary for each call."""

    def __init__(
        self, policy: str, *, shared: SharedCount | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.policy = policy
        self.shared = shared
        self.clock = clock
        self.lock = threading.Lock()
        self.minute = 0
        self.tallies: dict[str, Tally] = {}
        self.shared_rests_until = 0.0

    def count(self, caller: str, limit: int) -> Rate:
        """Count one call; `limit` 0 lets everything through."""
        if not limit:
            return Rate(self.policy, 0, 0, 0, is_over=False)
        now = self.clock()
        minute, second = divmod(int(now), WINDOW_S)
        with self.lock:
            if minute != self.minute:
                self.minute = minute
                self.tallies.clear()
            tally = self.tallies.get(caller) or self.begin_tally(caller)
            tally.used += 1
            if tally.used > tally.granted and not tally.is_spent:
                before = tally.granted
                tally.granted = self.grant(caller, tally, limit, now)
                tally.is_spent = tally.granted in {before, limit}
            left = max(0, tally.granted - tally.used) if self.shared is None else max(0, limit - tally.used)
            is_over = tally.used > tally.granted
        return Rate(self.policy, limit, 0 if is_over else left, WINDOW_S - second, is_over)

    def look(self, caller: str, limit: int) -> Rate:
        """Where a caller stands now; counts nothing."""
        if not limit:
            return Rate(self.policy, 0, 0, 0, is_over=False)
        minute, second = divmod(int(self.clock()), WINDOW_S)
        with self.lock:
            tally = self.tallies.get(caller) if minute == self.minute else None
        left = max(0, limit - tally.used) if tally is not None else limit
        return Rate(self.policy, limit, left, WINDOW_S - second, is_over=False)

    def begin_tally(self, caller: str) -> Tally:
        if len(self.tallies) >= MAX_TRACKED:
            caller = OTHERS
        return self.tallies.setdefault(caller, Tally())

    def grant(self, caller: str, tally: Tally, limit: int, now: float) -> int:
        """How many calls are granted after asking for another portion."""
        if self.shared is None or now < self.shared_rests_until:
            return limit
        portion = max(1, limit // PORTIONS)
        try:
            total = self.shared.add(f"calls:{self.policy}:{caller}:{self.minute}", portion)
        except Exception as error:  # noqa: BLE001 - whatever the cache raises, calls go on
            logger.warning("calls can't be counted together: %s", type(error).__name__)
            self.shared_rests_until = now + SHARED_PAUSE_S
            return limit
        return tally.granted + max(0, portion - max(0, total - limit))


def build_limiter(policy: str) -> RateLimiter:
    return RateLimiter(policy, shared=CacheCount() if settings.REDIS_URL else None)


callers = build_limiter("caller")
strangers = build_limiter("address")


def count_caller(caller: str) -> Rate:
    return callers.count(caller, settings.COUNTERSIGN_API_CALLS_PER_MINUTE)


def look_at_caller(caller: str) -> Rate:
    """For the answer to a call that was counted a while ago."""
    return callers.look(caller, settings.COUNTERSIGN_API_CALLS_PER_MINUTE)


def count_stranger(address: str) -> Rate:
    """A call without a valid credential."""
    return strangers.count(read_network(address), settings.COUNTERSIGN_API_ANONYMOUS_CALLS_PER_MINUTE)


def read_network(address: str) -> str:
    """The address, or the /64 of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
