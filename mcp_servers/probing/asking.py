"""One conversation with a server that is connected, whichever way, within its time."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

from mcp_servers.probing.limits import ProbeError, ProbeLimits
from mcp_servers.probing.listing import Listing
from mcp_servers.probing.session import OnStep, build_session, describe, introduce, list_all


async def ignore_step(_step: str) -> None:
    return None


async def ask(
    read: Any, write: Any, capabilities: Collection[str], limits: ProbeLimits, on_step: OnStep
) -> Listing:
    """Raises ProbeError, and nothing else that a server can bring about."""
    try:
        async with asyncio.timeout(limits.wall_s), build_session(read, write, capabilities) as session:
            # Caught in here: the session would wrap it into a group of errors.
            try:
                introduced = await introduce(session)
                return await list_all(session, introduced, limits, on_step)
            except ProbeError as error:
                failed = error
    except TimeoutError as error:
        raise ProbeError("too_slow", f"It did not answer within {limits.wall_s:g} s.") from error
    except ExceptionGroup as group:
        raise ProbeError("protocol", f"It does not keep to the protocol: {describe(group)}") from group
    raise failed
