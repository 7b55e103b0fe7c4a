"""Whether news gets from process to process: a word of our own, sent round through Redis and heard again."""

from __future__ import annotations

import asyncio
import secrets
import time
from contextlib import suppress
from typing import Any

from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from health.enums import Component, HealthState
from health.findings import Finding

NAME = "Hints between processes"
# Not the doorbell's own channel, where every word makes every process look at the log.
CHANNEL = "countersign:health"
TIMEOUT_S = 3.0
SLOW_S = 0.5
# A short break of the line is no fault: one more try before it counts.
TRY_AGAIN_AFTER_S = 1.0
ALONE = "One process; no Redis is set up, and none is needed."
NO_REDIS = (
    "Several processes and no REDIS_URL: what one of them decides, the others see up to a second later."
)


async def probe_channel_layer(*, process_count: int) -> list[Finding]:
    if settings.REDIS_URL:
        return [await probe_redis(settings.REDIS_URL)]
    facts = {"redis": False, "processes": process_count}
    is_alone = process_count < 2
    state = HealthState.READY if is_alone else HealthState.DEGRADED
    return [
        Finding(Component.CHANNEL_LAYER, state, NAME, detail=ALONE if is_alone else NO_REDIS, facts=facts)
    ]


async def probe_redis(address: str) -> Finding:
    failure = ""
    for attempt in range(2):
        if attempt:
            await asyncio.sleep(TRY_AGAIN_AFTER_S)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                took_s = await measure_round_trip(address)
        except TimeoutError:
            failure = f"What was said was not heard again within {TIMEOUT_S:g} s."
        except (RedisError, OSError) as error:
            failure = f"It can't be reached ({type(error).__name__})."
        else:
            return judge_round_trip(took_s)
    detail = f"{failure} Processes read the log every second meanwhile."
    return Finding(Component.CHANNEL_LAYER, HealthState.OFFLINE, NAME, detail=detail, facts={"redis": True})


def judge_round_trip(took_s: float) -> Finding:
    facts: dict[str, Any] = {"redis": True, "round_trip_ms": round(took_s * 1000, 1)}
    if took_s > SLOW_S:
        detail = f"A word takes {took_s:.1f} s to get round."
        return Finding(Component.CHANNEL_LAYER, HealthState.DEGRADED, NAME, detail=detail, facts=facts)
    return Finding(Component.CHANNEL_LAYER, HealthState.READY, NAME, facts=facts)


async def measure_round_trip(address: str) -> float:
    """Seconds from saying a word of our own to hearing it. Raises RedisError or OSError."""
    word = secrets.token_hex(8).encode()
    client = Redis.from_url(
        address,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )
    async with client, client.pubsub() as subscription:
        await subscription.subscribe(CHANNEL)
        started_s = time.perf_counter()
        await client.publish(CHANNEL, word)
        while True:
            heard = None
            with suppress(TimeoutError):
                heard = await subscription.get_message(ignore_subscribe_messages=True, timeout=TIMEOUT_S)
            if heard is not None and heard["data"] == word:
                return time.perf_counter() - started_s
