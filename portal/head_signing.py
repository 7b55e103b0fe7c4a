"""The hourly signature of the audit chain's head, which makes a cut tail visible."""

from __future__ import annotations

import asyncio

from django.db import IntegrityError

from events.audit import sign_head
from events.database_threads import DatabaseThread
from portal.background import wait_for_stop

INTERVAL_S = 3600.0


async def sign_heads(stop: asyncio.Event, *, interval_s: float = INTERVAL_S) -> None:
    """Sign now, then every `interval_s`, until `stop`."""
    thread = DatabaseThread("countersign-clock")
    try:
        while not stop.is_set():
            await thread.run(sign_head_once)
            await wait_for_stop(stop, timeout_s=interval_s)
    finally:
        await thread.aclose()


def sign_head_once() -> None:
    try:
        sign_head()
    except IntegrityError:
        # Another process signed the same head in the same moment; one signature is enough.
        return
