"""Waiting for something to happen, for endpoints: on the hub, and without one by reading the log.

An endpoint that waits answers with a pause (see `events.waiting`) that names one of these. They say nothing
about what happened: the endpoint looks again, under its caller's rights of that moment. Take `since` from
the head before the look, so that nothing is missed in between. While it waits on the hub nobody holds a
thread or a database connection. `caller` is whose rights are watched meanwhile: the wait ends when they do.
"""

from __future__ import annotations

from events.actors import Subject
from live.hub import get_hub
from live.polling import poll_for_change, poll_for_events
from live.rights import Caller


async def wait_for_change(
    subject: Subject, *, since: int, timeout_s: float, caller: Caller | None = None
) -> int | None:
    """Wait for an event about `subject` after the cursor `since`; its seq, or None when the time ran out."""
    hub = get_hub()
    if hub.is_running_here:
        return await hub.wait_for_change(subject, since=since, timeout_s=timeout_s, caller=caller)
    return await poll_for_change(subject, since=since, timeout_s=timeout_s)


async def wait_for_events(caller: Caller, topics: frozenset[str], *, since: int, timeout_s: float) -> None:
    """Wait until there is an event of these topics after `since` that the caller may hear."""
    hub = get_hub()
    if hub.is_running_here:
        await hub.wait_for_events(caller, topics, since=since, timeout_s=timeout_s)
    else:
        await poll_for_events(caller.rights, topics, since=since, timeout_s=timeout_s)
