"""What this process's hub says of itself, for monitoring; read from any thread."""

from __future__ import annotations

import time
from dataclasses import dataclass

from live.enums import ListenerKind
from live.hub import get_hub


@dataclass(frozen=True, slots=True)
class HubFacts:
    """`look_age_s` is None while the hub does not run; `listeners` counts by kind."""

    cursor: int
    look_age_s: float | None
    listeners: dict[str, int]


def read_hub_facts() -> HubFacts:
    """A wait for one request's decision counts as a long poll."""
    hub = get_hub()
    counts = dict.fromkeys((kind.value for kind in ListenerKind), 0)
    # Copied in one step: the loop changes the set while we count.
    for listener in tuple(hub.listeners):
        counts[listener.kind.value] += 1
    look_age_s = max(0.0, time.monotonic() - hub.looked_at_s) if hub.is_started else None
    return HubFacts(hub.cursor, look_age_s, counts)
