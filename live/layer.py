"""The doorbell between processes: one small message per commit over the channel layer.

Only with Redis or Valkey; the in-memory layer never leaves its process, where the doorbell rings anyway.
A message that gets lost costs at most a second, until the hub looks at the head row.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

GROUP = "doorbell"
RETRY_S = 5.0


async def follow_layer(ring: Callable[[], None], *, retry_s: float = RETRY_S) -> None:
    """Call `ring` whenever some process has committed events. Never returns; needs a Redis layer."""
    while True:
        try:
            layer: Any = get_channel_layer()
            channel = await layer.new_channel()
            await layer.group_add(GROUP, channel)
            # What was said before we listened.
            ring()
            while True:
                await layer.receive(channel)
                ring()
        except (RedisError, OSError) as error:
            logger.warning("no hints from other processes: %s; the log is read every second", error)
        await asyncio.sleep(retry_s)


class LayerRinger:
    """Tells the other processes. `ring` is called after a commit on any thread, and never blocks it.

    A thread of its own sends, so that commands and workers without an event loop ring too; under load it
    sends the newest cursor only.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.has_news = threading.Event()
        self.is_closed = False
        self.newest = 0
        self.thread: threading.Thread | None = None

    def ring(self, seq: int) -> None:
        with self.lock:
            self.newest = max(self.newest, seq)
            if self.thread is None:
                self.thread = threading.Thread(target=self.send_all, name="countersign-doorbell", daemon=True)
                self.thread.start()
        self.has_news.set()

    def close(self) -> None:
        """End the thread; a hint that has not been sent is dropped."""
        self.is_closed = True
        self.has_news.set()
        if self.thread is not None:
            self.thread.join()

    def send_all(self) -> None:
        with asyncio.Runner() as runner:
            is_heard = True
            while True:
                self.has_news.wait()
                self.has_news.clear()
                if self.is_closed:
                    return
                was_heard, is_heard = is_heard, runner.run(self.send(self.newest))
                if was_heard and not is_heard:
                    logger.warning("other processes can't be told of events; they read the log every second")

    async def send(self, seq: int) -> bool:
        """Whether the layer took it."""
        layer: Any = get_channel_layer()
        try:
            await layer.group_send(GROUP, {"type": "doorbell.ring", "seq": seq})
        except (RedisError, OSError):
            return False
        return True
