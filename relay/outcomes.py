"""What became of a reply nobody saw the end of, judged from the engine's own records. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from governance.enums import Reply

FINISHED = frozenset({"completed", "error"})
# After this a reply whose outcome does not show any more is given up as unknown.
GIVE_UP_AFTER_S = 60.0


class End(Enum):
    CONFIRMED = "confirmed"
    ORPHANED = "orphaned"
    OPEN = "open"  # look again later


@dataclass(frozen=True, slots=True)
class Outcome:
    end: End
    why: str = ""


STILL_OPEN = Outcome(End.OPEN)
CONFIRMED = Outcome(End.CONFIRMED)
NOT_WAITING = Outcome(End.ORPHANED, "The engine no longer waited for it.")
UNKNOWN = Outcome(End.ORPHANED, "Outcome unknown: the engine no longer waits for it.")
TAKEN_THEN_LOST = Outcome(
    End.ORPHANED, "Outcome unknown: the engine took it, and stopped before the call's end."
)
RAN_ALREADY = Outcome(End.ORPHANED, "The call had run before this denial arrived.")


def judge_outcome(
    *,
    reply: str,
    statuses: Sequence[str] | None,
    is_listed: bool | None,
    is_busy: bool | None,
    was_accepted: bool,
    age_s: float,
) -> Outcome:
    """The end of a reply that was posted, or perhaps posted, and is not listed any more.

    `statuses` are those of the tool call's parts, None when there is no record of the call; `is_listed` and
    `is_busy` are None when the engine did not say; `was_accepted`: it answered 200.
    """
    if reply == Reply.REJECT and was_accepted and is_listed is False:
        return CONFIRMED
    if statuses and all(status in FINISHED for status in statuses):
        return judge_finished(reply, statuses, was_accepted=was_accepted)
    if is_listed is None or is_busy is None:
        return STILL_OPEN
    if is_busy and statuses:
        return judge_running(reply, age_s)
    if reply == Reply.REJECT:
        return NOT_WAITING
    return TAKEN_THEN_LOST if was_accepted else UNKNOWN


def judge_finished(reply: str, statuses: Sequence[str], *, was_accepted: bool) -> Outcome:
    """A call that failed may have failed before or after it was let run."""
    has_run = "completed" in statuses
    if reply == Reply.REJECT:
        return RAN_ALREADY if has_run else CONFIRMED
    if has_run:
        return CONFIRMED
    return TAKEN_THEN_LOST if was_accepted else UNKNOWN


def judge_running(reply: str, age_s: float) -> Outcome:
    """Not listed, and its session works on: it was let run; a rejected one shows its end within moments."""
    if reply != Reply.REJECT:
        return CONFIRMED
    return STILL_OPEN if age_s < GIVE_UP_AFTER_S else NOT_WAITING
