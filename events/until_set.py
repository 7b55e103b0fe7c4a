"""Waiting for an event of the event loop, for a while, without losing a cancellation."""

from __future__ import annotations

import asyncio


async def wait_until_set(event: asyncio.Event, *, timeout_s: float) -> bool:
    """Whether `event` was set within the time."""
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        return False
    return True
