"""A refused act of an authenticated actor is itself a fact; bounded, so that it can't flood the log."""

from __future__ import annotations

import logging
import threading
import time

from events.actors import Actor, Subject
from events.errors import Refused

logger = logging.getLogger(__name__)

AUDITED_PER_MINUTE = 10
WINDOW_S = 60
MAX_TRACKED_ACTORS = 10_000


class RefusalBudget:
    """Ten audited refusals a minute for one actor; the rest are counted and named in the next entry."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.windows: dict[tuple[str, str], tuple[float, int]] = {}

    def take(self, actor: Actor, now_s: float) -> int | None:
        """None when over budget, else how many were left out in the actor's last window."""
        key = (actor.kind, actor.id)
        with self.lock:
            if len(self.windows) >= MAX_TRACKED_ACTORS:
                self.windows.clear()
            start_s, seen = self.windows.get(key, (now_s, 0))
            left_out = 0
            if now_s - start_s >= WINDOW_S:
                left_out = max(0, seen - AUDITED_PER_MINUTE)
                start_s, seen = now_s, 0
            self.windows[key] = (start_s, seen + 1)
            return left_out if seen < AUDITED_PER_MINUTE else None


budget = RefusalBudget()


def record_refusal(actor: Actor, refusal: Refused, subject: Subject | None = None) -> None:
    """Write the refusal in its own transaction. Anonymous failures are a log line."""
    logger.warning("refused", extra={"code": refusal.code, "actor_kind": actor.kind, "actor_id": actor.id})
    if not actor.is_authenticated:
        return
    left_out = budget.take(actor, time.monotonic())
    if left_out is None:
        return
    from events.changes import changes  # changes() calls this module

    facts = {"code": refusal.code, "sentence": refusal.message}
    if left_out:
        facts["left_out_before"] = str(left_out)
    with changes(actor) as change:
        target = subject or Subject(
            str(refusal.facts.get("subject_kind", "actor")), str(refusal.facts.get("subject_id", actor.id))
        )
        change.audit("refused", target, after=facts)
