"""Whether each CAO server's folder is there and its collector still reads it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from engines.models import CaoServer
from health.enums import Component, HealthState
from health.findings import Finding
from health.probes.streams import OF_STATE

# Read every few seconds while it can be.
SILENT_AFTER = timedelta(seconds=60)
STARTS_WITHIN = timedelta(seconds=60)


def probe_cao(*, now: datetime) -> list[Finding]:
    servers = CaoServer.objects.filter(is_enabled=True, retired_at=None).order_by("name", "pk")
    return [judge_cao(server, now=now) for server in servers]


def judge_cao(server: CaoServer, *, now: datetime) -> Finding:
    state, detail = OF_STATE[server.state], server.state_reason
    seen_at = server.last_seen_at
    is_late = now - max(server.state_since, server.created_at) > STARTS_WITHIN
    if not Path(server.home_folder).is_dir():
        state, detail = HealthState.OFFLINE, "Its folder is not there."
    elif state == HealthState.STARTING and is_late:
        state, detail = HealthState.OFFLINE, detail or "Nobody has read it yet: no collector runs."
    elif state == HealthState.READY and (seen_at is None or now - seen_at > SILENT_AFTER):
        state, detail = HealthState.DEGRADED, "It has not been read for a while."
    facts = {} if seen_at is None else {"read_s_ago": max(0, int((now - seen_at).total_seconds()))}
    return Finding(
        Component.CAO,
        state,
        f"CAO server {server.name}",
        server.pk,
        team_id=server.team_id,
        detail=detail,
        facts=facts,
    )
