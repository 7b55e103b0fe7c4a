"""Failed password checks, counted in the database, so that every process counts together.

Three counters, each with a window and a cool-off of the same length:
- one account from one address (5): somebody guesses one password;
- one address, whatever the account (30): somebody tries one password on many accounts;
- one account, from networks it has not been used from lately (100): many addresses guess one password.
  Its own people, coming from where they have logged in before, are not counted and not held up by it.

An attempt is counted before the password is looked at and taken back when it was right, so a hundred at once
get no more tries than a hundred in a row. While a lock lasts nothing is checked and nothing counted: a lock
ends by itself, whatever is tried meanwhile. Accounts that don't exist are counted like those that do.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from accounts.addresses import read_network
from accounts.enums import ThrottleKind
from accounts.models import LoginSession, LoginThrottle, User
from accounts.policies import can_manage_users
from accounts.principal import Principal
from events.actors import Actor, ActorKind, Door, Subject
from events.changes import changes, lock_rows
from events.errors import DomainError, NotFound, Refused
from events.keyring import get_keyring

logger = logging.getLogger(__name__)

COUNTER = Actor(ActorKind.SYSTEM, "login_throttles", Door.ADMIN, "Countersign")


class TooManyAttempts(DomainError):
    """Nothing was checked; `retry_after_s` says how long the lock lasts."""

    status = 429
    default_code = "throttled"

    def __init__(self, retry_after_s: int) -> None:
        minutes = math.ceil(retry_after_s / 60)
        wait = "a minute" if minutes == 1 else f"{minutes} minutes"
        super().__init__(f"Too many failed attempts. Try again in {wait}.", retry_after_s=retry_after_s)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Counter:
    """One of the things that an attempt is counted by."""

    kind: ThrottleKind
    key: str
    limit: int
    user_id: str | None
    address: str

    def as_row(self, now: datetime) -> LoginThrottle:
        return LoginThrottle(
            kind=self.kind,
            key=self.key,
            user_id=self.user_id,
            address=self.address,
            window_ends_at=now + cool_off(),
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """A counted attempt whose password has not been looked at yet."""

    counters: tuple[Counter, ...]


def cool_off() -> timedelta:
    return timedelta(seconds=settings.COUNTERSIGN_LOGIN_COOL_OFF_S)


def begin_attempt(*, username: str, address: str) -> Attempt:
    """Count an attempt; raises TooManyAttempts where a lock stands."""
    counters = list_counters(username, address)
    now = timezone.now()
    with changes(COUNTER):
        fresh = sorted((counter.as_row(now) for counter in counters), key=lambda row: row.key)
        LoginThrottle.objects.bulk_create(fresh, ignore_conflicts=True)
        rows = read_rows(counters)
        refuse_locked(rows.values(), now)
        for counter in counters:
            count_failure(rows[counter.key], counter.limit, now)
    return Attempt(counters)


def take_back(attempt: Attempt) -> None:
    """The password was right: the attempt counts nowhere, and this account at this address starts afresh."""
    with changes(COUNTER):
        rows = read_rows(attempt.counters)
        for counter in attempt.counters:
            row = rows.get(counter.key)
            if row is not None:
                is_pair = counter.kind == ThrottleKind.ACCOUNT_ADDRESS
                row.failures = 0 if is_pair else max(0, row.failures - 1)
                if row.failures < counter.limit:
                    row.locked_until = None
                row.save(update_fields=["failures", "locked_until"])


def list_counters(username: str, address: str) -> tuple[Counter, ...]:
    name, network = username.strip().casefold(), read_network(address)
    user_id = (
        User.objects.filter(username=name).values_list("pk", flat=True).first() if "\0" not in name else None
    )
    counters = [
        build_counter(
            ThrottleKind.ACCOUNT_ADDRESS,
            f"{name}\0{network}",
            settings.COUNTERSIGN_LOGIN_FAILURES,
            user_id,
            network,
        ),
        build_counter(
            ThrottleKind.ADDRESS, network, settings.COUNTERSIGN_LOGIN_FAILURES_PER_ADDRESS, None, network
        ),
    ]
    if not is_known_network(user_id, network):
        limit = settings.COUNTERSIGN_LOGIN_FAILURES_PER_ACCOUNT
        counters.append(build_counter(ThrottleKind.ACCOUNT, name, limit, user_id, ""))
    return tuple(counters)


def build_counter(kind: ThrottleKind, what: str, limit: int, user_id: str | None, address: str) -> Counter:
    text = f"login throttle {kind.value}\0{what}".encode("utf-8", "replace").decode()
    return Counter(kind, get_keyring().digest_token(text)[0], limit, user_id, address)


def is_known_network(user_id: str | None, network: str) -> bool:
    return LoginSession.objects.filter(user_id=user_id or "", network=network).exclude(network="").exists()


def read_rows(counters: tuple[Counter, ...]) -> dict[str, LoginThrottle]:
    """{key: row}, held until the commit."""
    keys = [counter.key for counter in counters]
    return {row.key: row for row in lock_rows(LoginThrottle.objects.filter(key__in=keys))}


def refuse_locked(rows: object, now: datetime) -> None:
    locks = [row.locked_until for row in rows if row.locked_until is not None and row.locked_until > now]  # type: ignore[attr-defined]
    if locks:
        raise TooManyAttempts(math.ceil((max(locks) - now).total_seconds()))


def count_failure(row: LoginThrottle, limit: int, now: datetime) -> None:
    if row.window_ends_at <= now or row.locked_until is not None:
        # The window is over, or the lock is.
        row.failures, row.locked_until, row.window_ends_at = 0, None, now + cool_off()
    row.failures += 1
    if row.failures >= limit:
        row.locked_until = now + cool_off()
        row.window_ends_at = row.locked_until
        logger.warning("logins locked", extra={"kind": row.kind, "address": row.address})
    row.save(update_fields=["failures", "window_ends_at", "locked_until"])


# Clearing ---------------------------------------------------------------------------------------------


def clear_lock_as(*, principal: Principal, throttle: LoginThrottle) -> None:
    """An owner lets somebody try again now."""
    with changes(principal.actor):
        if not can_manage_users(principal):
            raise Refused("Only owners clear login locks.")
        if not clear_locks(actor=principal.actor, throttles=[throttle]):
            raise NotFound("This lock is gone already.")


def clear_locks(*, actor: Actor, throttles: list[LoginThrottle]) -> int:
    """Forget these counters; returns how many there were. The caller has checked the actor's right."""
    with changes(actor) as change:
        rows = lock_rows(LoginThrottle.objects.filter(pk__in=[throttle.pk for throttle in throttles]))
        for row in rows:
            subject = Subject("user", row.user_id) if row.user_id else Subject("login_throttle", row.pk)
            facts = {"kind": row.kind, "address": row.address, "failures": row.failures}
            change.audit("login_lock.clear", subject, before=facts)
        LoginThrottle.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def list_locks(now: datetime) -> list[LoginThrottle]:
    """What stands now, the longest first."""
    locks = LoginThrottle.objects.filter(locked_until__gt=now).select_related("user")
    return list(locks.order_by("-locked_until", "-pk"))


def drop_spent_counters(*, now: datetime) -> int:
    """Counters whose window is over say nothing any more."""
    return LoginThrottle.objects.filter(window_ends_at__lte=now).delete()[0]
