"""What became of a prompt that was sent, or perhaps sent, judged from the engine's own records. No I/O.

The engine has a message when it can be read there; it has taken it up when an answer names it. One that it
has and does not take up was cut off by a crash in between, and runs when it is sent again under its ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from relay.opencode.records import MessageWithParts

# Between storing a message and working on it the engine shows neither an answer nor a busy session; an error
# of the turn before may still be on its way when the next message has been sent.
TAKE_UP_GRACE = timedelta(seconds=3)


class Fate(Enum):
    DELIVERED = "delivered"
    SEND_AGAIN = "send again"  # under the ids it had: the engine knows it by them
    WAIT = "wait"  # it may be about to be taken up
    FAILED = "failed"  # the engine said why it never will be


@dataclass(frozen=True, slots=True)
class Sighting:
    """What an engine showed of one prompt.

    `has_session`, `has_message`: they can be read there. `is_answered`: a message of the agent's names it.
    """

    has_session: bool
    has_message: bool = False
    is_answered: bool = False
    is_busy: bool = False


NO_SESSION = Sighting(has_session=False)


def judge_fate(seen: Sighting, *, age: timedelta, has_error: bool) -> Fate:
    """`age` is how long ago it was sent; `has_error`: the engine told of an error, or a stop, since."""
    if seen.is_answered:
        return Fate.DELIVERED
    if seen.is_busy:
        return Fate.WAIT
    if (seen.has_message or has_error) and age < TAKE_UP_GRACE:
        return Fate.WAIT
    return Fate.FAILED if has_error else Fate.SEND_AGAIN


def is_answered(message_id: str, newest: Sequence[MessageWithParts]) -> bool:
    """Whether the agent took a message up that the session has; `newest` are its newest messages, in order.

    One that is not among them lies further back than everything that has been said since.
    """
    if message_id not in {item.message.id for item in newest}:
        return bool(newest)
    return any(item.message.role == "assistant" and item.message.parent_id == message_id for item in newest)
