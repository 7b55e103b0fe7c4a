"""What the relay hears of each engine, how each engine's gate stands, and whether anybody relays at all."""

from __future__ import annotations

from datetime import datetime, timedelta

from engines.enums import EngineState
from engines.models import Engine
from governance.domain.gate import NEVER_HEARD, Standing
from governance.enums import GateStanding
from governance.gate_queries import find_standings
from health.enums import Component, HealthState
from health.findings import Finding
from relay.queries import read_lease_renewals

# The engine says something every ten seconds, and the relay writes down when.
SILENT_AFTER = timedelta(seconds=25)
# How long a connection, or a relay, may take to come about.
STARTS_WITHIN = timedelta(seconds=60)
NO_RELAY = "No relay works for it: nothing of it is taken in or answered."
WORST = 3

OF_STATE: dict[str, HealthState] = {
    EngineState.UNKNOWN: HealthState.STARTING,
    EngineState.CONNECTING: HealthState.STARTING,
    EngineState.ONLINE: HealthState.READY,
    EngineState.DEGRADED: HealthState.DEGRADED,
    EngineState.OFFLINE: HealthState.OFFLINE,
    EngineState.UNAUTHORIZED: HealthState.ERROR,
}
OF_GATE = {
    GateStanding.GATED: HealthState.READY,
    GateStanding.WAIVED: HealthState.READY,
    GateStanding.SILENT: HealthState.DEGRADED,
    GateStanding.NONE: HealthState.DEGRADED,
    GateStanding.UNGATED: HealthState.ERROR,
}
WAIVED = "It works without its gate, by an owner's word."


def list_live_engines() -> list[Engine]:
    return list(Engine.objects.filter(is_enabled=True, retired_at=None).order_by("name", "pk"))


def list_unrelayed_engines(*, now: datetime) -> list[str]:
    """The ids of the engines that are switched on and that no process relays for."""
    held = read_lease_renewals(now=now)
    return sorted(engine.pk for engine in list_live_engines() if engine.pk not in held)


def probe_relay(*, now: datetime) -> list[Finding]:
    """Of the deployment: whether every engine has a relay, in this process or in another."""
    engines, held = list_live_engines(), read_lease_renewals(now=now)
    missing = [engine for engine in engines if engine.pk not in held]
    facts = {"engines": len(engines), "without_relay": len(missing)}
    if not missing:
        detail = "" if engines else "There is no engine to relay for."
        return [Finding(Component.RELAY, HealthState.READY, "Relay", detail=detail, facts=facts)]
    names = ", ".join(engine.name for engine in missing[:WORST])
    more = f" and {len(missing) - WORST} more" if len(missing) > WORST else ""
    detail = f"No relay works for {names}{more}."
    state = HealthState.OFFLINE if len(missing) == len(engines) else HealthState.DEGRADED
    if all(now - engine.created_at < STARTS_WITHIN for engine in missing):
        state = HealthState.STARTING
    return [Finding(Component.RELAY, state, "Relay", detail=detail, facts=facts)]


def probe_streams(*, now: datetime) -> list[Finding]:
    held = read_lease_renewals(now=now)
    return [judge_stream(engine, has_relay=engine.pk in held, now=now) for engine in list_live_engines()]


def judge_stream(engine: Engine, *, has_relay: bool, now: datetime) -> Finding:
    state, detail = OF_STATE[engine.state], engine.state_reason
    silence = None if engine.last_seen_at is None else now - engine.last_seen_at
    is_late = now - max(engine.state_since, engine.created_at) > STARTS_WITHIN
    if not has_relay:
        is_new = now - engine.created_at < STARTS_WITHIN
        state, detail = (HealthState.STARTING if is_new else HealthState.OFFLINE), NO_RELAY
    elif state == HealthState.STARTING and is_late:
        state, detail = HealthState.OFFLINE, detail or "No connection comes about."
    elif state == HealthState.READY and (silence is None or silence > SILENT_AFTER):
        state, detail = HealthState.DEGRADED, "Connected, but nothing was heard of it for a while."
    facts = {} if silence is None else {"silent_s": max(0, int(silence.total_seconds()))}
    return Finding(
        Component.EVENT_STREAM,
        state,
        f"Event stream of {engine.name}",
        engine.pk,
        team_id=engine.team_id,
        detail=detail,
        facts=facts,
    )


def probe_gates() -> list[Finding]:
    engines = list_live_engines()
    standings = find_standings([engine.pk for engine in engines])
    return [judge_gate_of(engine, standings[engine.pk]) for engine in engines]


def judge_gate_of(engine: Engine, standing: Standing) -> Finding:
    state, detail = OF_GATE[standing.state], standing.sentence
    if standing.sentence == NEVER_HEARD:
        # The plugin loads in a folder with the first call there.
        state = HealthState.STARTING
    elif standing.state == GateStanding.WAIVED:
        detail = WAIVED
    return Finding(
        Component.GATE,
        state,
        f"Gate of {engine.name}",
        engine.pk,
        team_id=engine.team_id,
        detail=detail,
        facts={"gate": standing.state.value},
    )
