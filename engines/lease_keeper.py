"""Renewing a lease, or another claim, beside the work that it is held for."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn

from django.db import InterfaceError, OperationalError

from engines.domain.leases import Lease, LeaseLost, LeaseTable
from events.database_threads import DatabaseThread

logger = logging.getLogger(__name__)

RENEW_EVERY_S = 4.0
RENEWAL_RETRY_S = 0.5
# A holder that missed renewal this long stops its work before anybody else can take over.
GIVE_UP_AFTER_S = 9.0


class NotRenewed(Exception):
    """A claim could not be renewed for too long."""


async def keep_lease(database: DatabaseThread, table: LeaseTable, lease: Lease) -> NoReturn:
    """Renew until cancelled. Raises LeaseLost in time for every call to be cancelled before a takeover."""

    async def renew() -> None:
        await database.run(table.renew, lease)

    try:
        await keep_renewed(
            renew,
            what=f"The lease of engine {lease.engine_id}",
            every_s=RENEW_EVERY_S,
            give_up_after_s=GIVE_UP_AFTER_S,
        )
    except NotRenewed:
        raise LeaseLost(lease.engine_id) from None


async def keep_renewed(
    renew: Callable[[], Awaitable[None]], *, what: str, every_s: float, give_up_after_s: float
) -> NoReturn:
    """Renew until cancelled. Raises NotRenewed, and whatever `renew` raises but for a database that is away.

    Time is counted from before the last renewal that worked, by a clock that nobody sets.
    """
    renewed_s = time.monotonic()
    while True:
        await asyncio.sleep(every_s)
        while True:
            asked_s = time.monotonic()
            try:
                async with asyncio.timeout(renewed_s + give_up_after_s - asked_s):
                    await renew()
            except TimeoutError:
                raise NotRenewed(what) from None
            except (OperationalError, InterfaceError) as error:
                logger.warning("%s could not be renewed: %s", what, error)
                await asyncio.sleep(RENEWAL_RETRY_S)
            else:
                renewed_s = asked_s
                break
