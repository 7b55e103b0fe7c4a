"""What one engine's relay has to do next, handed over by whoever looks it up for all engines together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

Work = TypeVar("Work")  # of one engine


class Due(Generic[Work]):
    """As last looked up; `look` asks for another look.

    While `is_wanted` is False nothing is looked up: the engine is away, or not reconciled.
    """

    def __init__(self, look: Callable[[], None]) -> None:
        self.look = look
        self.is_wanted = False
        self._work: list[Work] = []
        self._came = asyncio.Event()

    def put(self, work: list[Work]) -> None:
        self._work = work
        self._came.set()

    async def take(self) -> list[Work]:
        await self._came.wait()
        self._came.clear()
        return self._work
