"""What a relay remembers to spare itself work; bounded, and never the only place where something is known."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

Value = TypeVar("Value")

MAX_REMEMBERED = 5000


def remember(memory: OrderedDict[str, Value], key: str, value: Value) -> None:
    """Keep the newest entries."""
    memory[key] = value
    memory.move_to_end(key)
    while len(memory) > MAX_REMEMBERED:
        memory.popitem(last=False)
