"""Whether each engine's server answers: asked by ourselves, apart from the relay."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from engines.models import Engine
from events.egress import DEFAULT_ALLOW, AllowList
from events.encryption import reveal
from events.errors import Invalid
from health.enums import Component, HealthState
from health.findings import Finding
from relay.opencode.calls import Timeouts
from relay.opencode.client import OpenCodeClient
from relay.opencode.errors import EngineError, EngineUnauthorized, EngineUnreachable

TIMEOUTS = Timeouts(connect_s=3.0, call_s=5.0)
SLOW_S = 2.0
# A restart takes a second or two, and a short break of the line is no fault.
TRY_AGAIN_AFTER_S = 1.0
# How long a new engine may take until it is heard of.
STARTS_WITHIN = timedelta(seconds=60)
AT_ONCE = 64

Asked = tuple[Engine, str]


def list_engines_to_ask() -> list[Asked]:
    """(engine, its password) of everything that is switched on."""
    engines = Engine.objects.filter(is_enabled=True, retired_at=None).order_by("pk")
    return [(engine, reveal(engine, "password")) for engine in engines]


async def probe_engines(asked: list[Asked]) -> list[Finding]:
    slots = asyncio.Semaphore(AT_ONCE)

    async def probe(engine: Engine, password: str) -> Finding:
        async with slots:
            return await probe_engine(engine, password)

    return list(await asyncio.gather(*(probe(engine, password) for engine, password in asked)))


async def probe_engine(engine: Engine, password: str) -> Finding:
    finding = await ask_engine(engine, password)
    if finding.state == HealthState.OFFLINE:
        await asyncio.sleep(TRY_AGAIN_AFTER_S)
        finding = await ask_engine(engine, password)
    return finding


async def ask_engine(engine: Engine, password: str) -> Finding:
    allow = AllowList.parse([*DEFAULT_ALLOW, *settings.COUNTERSIGN_EGRESS_ALLOW])
    started_s = time.perf_counter()
    try:
        async with OpenCodeClient(
            engine.address, engine.username, password, timeouts=TIMEOUTS, allow=allow
        ) as client:
            answer = await client.health()
    except EngineUnauthorized as error:
        return describe(engine, HealthState.ERROR, str(error))
    except EngineUnreachable as error:
        is_new = timezone.now() - engine.created_at < STARTS_WITHIN
        return describe(engine, HealthState.STARTING if is_new else HealthState.OFFLINE, str(error))
    except (EngineError, Invalid) as error:
        return describe(engine, HealthState.ERROR, str(error))
    took_s = time.perf_counter() - started_s
    facts = {"version": answer.version[:40], "answer_ms": round(took_s * 1000, 1)}
    if not answer.is_healthy:
        return describe(engine, HealthState.ERROR, "It says that it is not healthy.", facts)
    if took_s > SLOW_S:
        return describe(engine, HealthState.DEGRADED, f"It took {took_s:.1f} s to answer.", facts)
    return describe(engine, HealthState.READY, "", facts)


def describe(
    engine: Engine, state: HealthState, detail: str, facts: dict[str, object] | None = None
) -> Finding:
    return Finding(
        Component.ENGINE,
        state,
        f"Engine {engine.name}",
        engine.pk,
        team_id=engine.team_id,
        detail=detail,
        facts=facts or {},
    )
