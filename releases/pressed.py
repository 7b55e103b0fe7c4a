"""A mark for the publishers of this process: somebody has pressed something about a publication.

The doorbell rings after every commit; without the mark each request anywhere would cost a look at what is
due. It is a hint: a publisher that misses it looks within the second.
"""

from __future__ import annotations

import threading

_pressed = threading.Event()


def mark_pressed() -> None:
    _pressed.set()


def take_pressed() -> bool:
    """Whether something was pressed since the last time."""
    if not _pressed.is_set():
        return False
    _pressed.clear()
    return True
