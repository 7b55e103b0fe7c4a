"""The doorbell between processes: one small message per commit through Redis or Valkey.

Only with REDIS_URL; within a process the doorbell rings anyway. A message that gets lost, also while the
server is away, costs at most a second, until the hub looks at the head row. Redis's own channels reach every
database of a server, so a deployment that shares one hears a few rings too many, which cost one look each.
"""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

import redis
from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry as BlockingRetry

logger = logging.getLogger(__name__)

CHANNEL = "countersign:doorbell"
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
CONNECT_TIMEOUT_S = 5.0
SEND_TIMEOUT_S = 5.0
# A server that vanished without a word: found by the kernel after half a minute.
KEEPALIVE = {
    getattr(socket, name): value
    for name, value in {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}.items()
    if hasattr(socket, name)
}


def read_address() -> str:
    if not settings.REDIS_URL:
        raise RuntimeError("processes ring for each other with REDIS_URL only")
    return settings.REDIS_URL


class Subscription:
    """This process's one subscription; it lasts as long as somebody follows it."""

    def __init__(self) -> None:
        self.rings: list[Callable[[], None]] = []
        self.listening: asyncio.Task[None] | None = None

    async def follow(self, ring: Callable[[], None], pause_s: float) -> None:
        if self.listening is None:
            self.listening = asyncio.create_task(self.listen_always(pause_s), name="doorbell subscription")
        listening = self.listening
        self.rings.append(ring)
        try:
            await asyncio.shield(listening)
        finally:
            self.rings.remove(ring)
            if not self.rings:
                self.listening = None
                listening.cancel()
                with suppress(asyncio.CancelledError):
                    await listening

    async def listen_always(self, first_pause_s: float) -> None:
        pause_s, is_told = first_pause_s, False
        while True:
            reason = "the connection ended"
            try:
                await self.listen()
            except (RedisError, OSError) as error:
                reason = type(error).__name__
            else:
                pause_s, is_told = first_pause_s, False
            if not is_told:
                logger.warning("no hints from other processes: %s; the log is read every second", reason)
                is_told = True
            # Spread: every process of the deployment comes back to the same server.
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.5))  # noqa: S311 - nothing secret
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def listen(self) -> None:
        """Ring for each message until the connection ends; raises when there is none to be had."""
        # No read timeout: a quiet subscription is not a dead one (redis-py 8 has one by default).
        client = Redis.from_url(
            read_address(),
            socket_timeout=None,
            socket_connect_timeout=CONNECT_TIMEOUT_S,
            socket_keepalive=True,
            socket_keepalive_options=KEEPALIVE,
            retry=Retry(NoBackoff(), 0),
        )
        async with client, client.pubsub() as subscription:
            await subscription.subscribe(CHANNEL)
            # The server's own word that it has us: what comes first, and what was said before we listened.
            await subscription.get_message(timeout=CONNECT_TIMEOUT_S)
            with suppress(RedisError, OSError):
                while True:
                    self.ring()
                    await subscription.get_message(timeout=None)

    def ring(self) -> None:
        for ring in tuple(self.rings):
            ring()


_subscription = Subscription()


async def follow_hints(ring: Callable[[], None], *, pause_s: float = FIRST_PAUSE_S) -> None:
    """Call `ring` whenever some process has committed events. Never returns; needs REDIS_URL."""
    await _subscription.follow(ring, pause_s)


class HintRinger:
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
        with redis.Redis.from_url(
            read_address(),
            socket_timeout=SEND_TIMEOUT_S,
            socket_connect_timeout=CONNECT_TIMEOUT_S,
            retry=BlockingRetry(NoBackoff(), 1),
        ) as client:
            is_heard = True
            while True:
                self.has_news.wait()
                self.has_news.clear()
                if self.is_closed:
                    return
                was_heard, is_heard = is_heard, self.send(client, self.newest)
                if was_heard and not is_heard:
                    logger.warning("other processes can't be told of events; they read the log every second")

    def send(self, client: redis.Redis, seq: int) -> bool:
        """Whether the server took it."""
        try:
            client.publish(CHANNEL, seq)
        except (RedisError, OSError):
            return False
        return True
