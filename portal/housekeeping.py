"""What a web process does by the clock: sign the audit chain, drop what is past, look for proposals."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from django.db import IntegrityError
from django.utils import timezone

from accounts.domain.idempotency import prune_idempotency_records
from accounts.domain.login_sessions import drop_ended_sessions
from accounts.domain.login_throttles import drop_spent_counters
from events.audit import sign_head
from events.audit_checks import find_due_check, step_check
from events.database_threads import DatabaseThread
from events.models import AuditCheck
from events.pruning import prune_events
from events.until_set import wait_until_set
from governance.domain.rule_proposals import look_everywhere
from health.domain.pruning import prune_health_changes

SIGN_EVERY_S = 3600.0
PRUNE_EVERY_S = 24 * 3600.0
PROPOSE_EVERY_S = 10 * 60.0
LOOK_FOR_CHECKS_EVERY_S = 2.0
# Between two steps of a check: room for everybody else.
STEP_PAUSE_S = 0.05


async def sign_heads(stop: asyncio.Event, *, interval_s: float = SIGN_EVERY_S) -> None:
    """Sign now, then every hour, until `stop`: a signature makes a cut tail visible."""
    await repeat(sign_head_once, stop, interval_s=interval_s)


async def prune_daily(stop: asyncio.Event, *, interval_s: float = PRUNE_EVERY_S) -> None:
    """Remove old events, old states and forgotten idempotency keys now, then every day, until `stop`."""
    await repeat(prune_once, stop, interval_s=interval_s)


async def propose_rules(stop: asyncio.Event, *, interval_s: float = PROPOSE_EVERY_S) -> None:
    """Look now, then every ten minutes, until `stop`, for rules that people's approvals suggest."""
    await repeat(propose_once, stop, interval_s=interval_s)


async def repeat(work: Callable[[], None], stop: asyncio.Event, *, interval_s: float) -> None:
    thread = DatabaseThread("countersign-clock")
    try:
        while not stop.is_set():
            await thread.run(work)
            await wait_until_set(stop, timeout_s=interval_s)
    finally:
        await thread.aclose()


def sign_head_once() -> None:
    try:
        sign_head()
    except IntegrityError:
        # Another process signed the same head in the same moment; one signature is enough.
        return


def propose_once() -> None:
    look_everywhere(now=timezone.now())


def prune_once() -> None:
    now = timezone.now()
    prune_events(now=now)
    prune_health_changes(now=now)
    prune_idempotency_records(now=now)
    drop_ended_sessions(now=now)
    drop_spent_counters(now=now)


async def check_chains(stop: asyncio.Event, *, interval_s: float = LOOK_FOR_CHECKS_EVERY_S) -> None:
    """Go on, step by step, with the check of the audit chain that somebody asked for, until `stop`."""
    thread = DatabaseThread("countersign-check")
    check: AuditCheck | None = None
    try:
        while not stop.is_set():
            check = await thread.run(take_step, check)
            await wait_until_set(stop, timeout_s=interval_s if check is None else STEP_PAUSE_S)
    finally:
        await thread.aclose()


def take_step(check: AuditCheck | None) -> AuditCheck | None:
    """One step of this check, or of one that waits; returns it when it is ours and not done yet."""
    check = check or find_due_check(timezone.now())
    if check is None:
        return None
    return check if step_check(check) and check.is_running else None
