"""Renewing a lease beside the work that it is held for."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import NoReturn

from django.db import InterfaceError, OperationalError

from engines.domain.leases import Lease, LeaseLost, LeaseTable
from events.database_threads import DatabaseThread

logger = logging.getLogger(__name__)

RENEW_EVERY_S = 4.0
RENEWAL_RETRY_S = 0.5
# A holder that missed renewal this long stops its work before anybody else can take over.
GIVE_UP_AFTER_S = 9.0


async def keep_lease(database: DatabaseThread, table: LeaseTable, lease: Lease) -> NoReturn:
    """Renew until cancelled. Raises LeaseLost in time for every call to be cancelled before a takeover.

    Time is counted from before the last renewal that worked, by a clock that nobody sets.
    """
    renewed_s = time.monotonic()
    while True:
        await asyncio.sleep(RENEW_EVERY_S)
        while True:
            asked_s = time.monotonic()
            try:
                async with asyncio.timeout(renewed_s + GIVE_UP_AFTER_S - asked_s):
                    await database.run(table.renew, lease)
            except TimeoutError:
                raise LeaseLost(lease.engine_id) from None
            except (OperationalError, InterfaceError) as error:
                logger.warning("The lease of engine %s could not be renewed: %s", lease.engine_id, error)
                await asyncio.sleep(RENEWAL_RETRY_S)
            else:
                renewed_s = asked_s
                break
