"""A hint that the event log has grown. Listeners lose nothing when a hint is lost: they read the log."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

logger = logging.getLogger(__name__)

Ringer = Callable[[int], None]
_ringers: list[Ringer] = []


def add_ringer(ringer: Ringer) -> None:
    """`ringer(seq)` is called after a commit, on the committing thread; it must not block."""
    if ringer not in _ringers:
        _ringers.append(ringer)


def remove_ringer(ringer: Ringer) -> None:
    if ringer in _ringers:
        _ringers.remove(ringer)


@contextmanager
def ringing(ringer: Ringer) -> Iterator[None]:
    """`ringer` is called meanwhile."""
    add_ringer(ringer)
    try:
        yield
    finally:
        remove_ringer(ringer)


def ring(seq: int) -> None:
    """Never raises: what was committed stays committed, whether or not anybody hears of it."""
    for ringer in tuple(_ringers):
        try:
            ringer(seq)
        except Exception:
            logger.exception("a doorbell could not be rung")
