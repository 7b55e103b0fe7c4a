"""What is being written, between the processes of a deployment: by Redis or Valkey, a channel for each chat.

A process that reads an engine sends what it gathers; a process listens to the chats that somebody follows
there, and asks for the beginning of what is being written when the first one comes. Nothing is kept and
nothing is sent twice: after a break whoever watches is told to read again. Only with REDIS_URL; without one,
what a process reads is heard in that process.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from collections import deque
from typing import Any

import orjson
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from live import deltas
from live.deltas import Batch, Delta
from live.following import Following, ignore
from live.hints import (
    CONNECT_TIMEOUT_S,
    FIRST_PAUSE_S,
    KEEPALIVE,
    LONGEST_PAUSE_S,
    SEND_TIMEOUT_S,
    read_address,
)

logger = logging.getLogger(__name__)

CHATS = "countersign:chat:"
WANTED = "countersign:chats-wanted"
# Of what waits for a server that takes nothing; beyond it, who watches is told of a gap.
MAX_WAITING = 1000
BATCHES_AT_ONCE = 200

PROCESS = secrets.token_hex(8)


def connect() -> Redis:
    """Without a time limit of the client's own: a quiet subscription is not a dead one.

    And it would wait for a command by `asyncio.wait_for`, which loses a cancellation now and then.
    """
    return Redis.from_url(
        read_address(),
        socket_timeout=None,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        socket_keepalive=True,
        socket_keepalive_options=KEEPALIVE,
        retry=Retry(NoBackoff(), 0),
    )


def encode(batch: Batch, addressee: str = "") -> bytes:
    return orjson.dumps(
        {
            "from": PROCESS,
            "for": addressee,
            "audience": batch.audience,
            "gap": batch.is_gapped,
            "deltas": [
                [delta.message_id, delta.part_id, delta.kind, delta.offset, delta.text]
                for delta in batch.list_deltas()
            ],
            "changed": list(batch.changed),
        }
    )


def decode(chat_id: str, data: bytes) -> Batch | None:
    """None for what is not for this process. Raises ValueError, KeyError or TypeError for nonsense."""
    facts = orjson.loads(data)
    if facts["from"] == PROCESS or facts["for"] not in {"", PROCESS}:
        return None
    batch = Batch(chat_id, facts["audience"], is_gapped=facts["gap"])
    for message_id, part_id, kind, offset, text in facts["deltas"]:
        batch.add(Delta(message_id, part_id, kind, offset, text))
    batch.changed = dict.fromkeys(facts["changed"])
    return batch


async def pause_after(pause_s: float) -> float:
    """Wait, spread at random; how long to wait after the next failure."""
    await asyncio.sleep(pause_s * random.uniform(0.5, 1.5))  # noqa: S311 - nothing secret
    return min(pause_s * 2, LONGEST_PAUSE_S)


class Sender:
    """Of a process that reads engines: sends what is gathered there, and beginnings that are asked for."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[Batch, str]] = deque()
        self.gapped: dict[str, str] = {}
        self.has_news = asyncio.Event()

    def take(self, batch: Batch, addressee: str = "") -> None:
        if len(self.waiting) >= MAX_WAITING:
            self.gapped[batch.chat_id] = batch.audience
        else:
            self.waiting.append((batch, addressee))
        self.has_news.set()

    async def run(self) -> None:
        """Until cancelled."""
        deltas.add_receiver(self.take)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.send_always())
                group.create_task(self.answer_always())
        finally:
            deltas.remove_receiver(self.take)

    async def send_always(self) -> None:
        pause_s = FIRST_PAUSE_S
        async with connect() as client:
            while True:
                await self.has_news.wait()
                self.has_news.clear()
                try:
                    await self.send(client)
                except (RedisError, OSError) as error:
                    logger.info("what is being written can't be passed on: %s", type(error).__name__)
                    pause_s = await pause_after(pause_s)
                else:
                    pause_s = FIRST_PAUSE_S

    async def send(self, client: Redis) -> None:
        """What waits, in its order; what fails on the way is missed by who watches, who is told so."""
        while self.waiting or self.gapped:
            count = min(BATCHES_AT_ONCE, len(self.waiting))
            batches = [self.waiting.popleft() for _ in range(count)]
            if not self.waiting:
                gapped, self.gapped = self.gapped, {}
                batches += [(Batch(chat_id, whose, is_gapped=True), "") for chat_id, whose in gapped.items()]
            try:
                async with (
                    asyncio.timeout(SEND_TIMEOUT_S),
                    client.pipeline(transaction=False) as pipeline,
                ):
                    for batch, addressee in batches:
                        pipeline.publish(f"{CHATS}{batch.chat_id}", encode(batch, addressee))
                    await pipeline.execute()
            except (RedisError, OSError):
                self.gapped |= {batch.chat_id: batch.audience for batch, _ in batches}
                self.has_news.set()
                raise

    async def answer_always(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                async with connect() as client, client.pubsub() as subscription:
                    await subscription.subscribe(WANTED)
                    pause_s = FIRST_PAUSE_S
                    while True:
                        message = await subscription.get_message(ignore_subscribe_messages=True, timeout=None)
                        if message is not None:
                            self.answer(message["data"])
            except (RedisError, OSError):
                pause_s = await pause_after(pause_s)

    def answer(self, data: bytes) -> None:
        """Somebody begins to watch a chat elsewhere."""
        chat_id, audience, asker = decode_wish(data)
        if asker in {"", PROCESS}:
            return
        batch = Batch(chat_id, audience)
        for delta in deltas.list_open(chat_id):
            batch.add(delta)
        if batch.deltas:
            self.take(batch, asker)


def decode_wish(data: bytes) -> tuple[str, str, str]:
    """(chat, whose it is, the process that asks); empty texts for nonsense."""
    try:
        chat_id, audience, asker = orjson.loads(data)
    except (ValueError, TypeError):
        return "", "", ""
    return str(chat_id), str(audience), str(asker)


class Subscriber:
    """Of a process with listeners: hears the chats that somebody follows here."""

    def __init__(self, following: Following) -> None:
        self.following = following
        # Chats whose subscription is to be made or ended, in the order it was wanted.
        self.wishes: asyncio.Queue[str] = asyncio.Queue()
        self.heard: set[str] = set()

    async def run(self) -> None:
        """Until cancelled."""
        self.following.on_first = self.following.on_last = self.wishes.put_nowait
        try:
            await self.listen_always()
        finally:
            self.following.on_first = self.following.on_last = ignore

    async def listen_always(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                async with connect() as client, client.pubsub() as subscription:
                    # A subscription to nothing has no connection.
                    await subscription.subscribe(f"{CHATS}of-process:{PROCESS}")
                    pause_s = FIRST_PAUSE_S
                    await self.serve(client, subscription)
            except* (RedisError, OSError):
                logger.info("what is written elsewhere can't be heard just now")
            pause_s = await pause_after(pause_s)

    async def serve(self, client: Redis, subscription: PubSub) -> None:
        self.heard.clear()
        self.following.tell_of_gaps()
        for chat_id in self.following.places:
            self.wishes.put_nowait(chat_id)
        async with asyncio.TaskGroup() as group:
            group.create_task(self.subscribe_always(client, subscription))
            group.create_task(self.hear_always(client, subscription))

    async def subscribe_always(self, client: Redis, subscription: PubSub) -> None:
        while True:
            chat_id = await self.wishes.get()
            is_followed = chat_id in self.following.places
            if is_followed and chat_id not in self.heard:
                self.heard.add(chat_id)
                await subscription.subscribe(f"{CHATS}{chat_id}")
            elif not is_followed and chat_id in self.heard:
                self.heard.discard(chat_id)
                await subscription.unsubscribe(f"{CHATS}{chat_id}")

    async def hear_always(self, client: Redis, subscription: PubSub) -> None:
        while True:
            message: dict[str, Any] | None = await subscription.get_message(timeout=None)
            if message is None:
                continue
            chat_id = message["channel"].decode().removeprefix(CHATS)
            if message["type"] == "subscribe":
                await self.ask(client, chat_id)
            elif message["type"] == "message":
                self.take(chat_id, message["data"])

    async def ask(self, client: Redis, chat_id: str) -> None:
        """The server has the subscription: from here on nothing is missed, so this is the time to ask."""
        audiences = {
            listener.followed[chat_id]
            for listener in self.following.places.get(chat_id, ())
            if chat_id in listener.followed
        }
        for audience in audiences:
            await client.publish(WANTED, orjson.dumps([chat_id, audience, PROCESS]))

    def take(self, chat_id: str, data: bytes) -> None:
        try:
            batch = decode(chat_id, data)
        except (ValueError, KeyError, TypeError):
            logger.warning("a message between processes was not understood")
            return
        if batch is not None:
            self.following.deliver(batch)
