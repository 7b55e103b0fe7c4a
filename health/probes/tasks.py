"""The background tasks of every process that serves, and whether the processes are still there."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from health.domain.processes import SILENT_AFTER
from health.enums import Component, HealthState
from health.findings import Finding, find_worst
from health.models import OWN_SUBJECT, PortalProcess

PROCESSES = "processes"
STARTS_WITHIN = timedelta(seconds=60)


def probe_tasks(*, now: datetime) -> list[Finding]:
    processes = list(PortalProcess.objects.order_by("started_at", "holder"))
    living = [process for process in processes if now - process.beat_at <= SILENT_AFTER]
    silent = [process for process in processes if now - process.beat_at > SILENT_AFTER]
    by_task: dict[str, list[tuple[PortalProcess, dict[str, Any]]]] = defaultdict(list)
    for process in living:
        for name, facts in process.tasks.items():
            # Whoever looks judges itself.
            if name != OWN_SUBJECT:
                by_task[name].append((process, facts))
    tasks = [judge_task(name, rows, now) for name, rows in sorted(by_task.items())]
    return [judge_processes(living, silent), *tasks]


def judge_processes(living: list[PortalProcess], silent: list[PortalProcess]) -> Finding:
    facts = {"living": len(living), "silent": len(silent)}
    if not silent:
        return Finding(Component.TASK, HealthState.READY, "Portal processes", PROCESSES, facts=facts)
    names = ", ".join(str(process) for process in silent[:3])
    detail = f"Not heard of any more, without having said that it stops: {names}."
    return Finding(
        Component.TASK, HealthState.DEGRADED, "Portal processes", PROCESSES, detail=detail, facts=facts
    )


def judge_task(name: str, rows: list[tuple[PortalProcess, dict[str, Any]]], now: datetime) -> Finding:
    """Of all processes that have the task: it is enough that one is at work, but then not all is well."""
    states = [judge_one(process, facts, now) for process, facts in rows]
    running = states.count(HealthState.READY)
    errors = sorted({str(facts.get("last_error", "")) for _, facts in rows} - {""})
    restarts = sum(int(facts.get("restarts", 0)) for _, facts in rows)
    state = find_worst(states)
    detail = ""
    if state == HealthState.ERROR:
        state = HealthState.DEGRADED if running else HealthState.ERROR
        where = f"in {len(rows) - running} of {len(rows)} processes" if len(rows) > 1 else ""
        why = f"; its last error: {', '.join(errors)}" if errors else ""
        detail = f"It does not run {where}".rstrip() + f"{why}."
    return Finding(
        Component.TASK,
        state,
        f"Background task {name}",
        name,
        detail=detail,
        facts={"processes": len(rows), "running": running, "restarts": restarts},
    )


def judge_one(process: PortalProcess, facts: dict[str, Any], now: datetime) -> HealthState:
    if facts.get("is_ready"):
        return HealthState.READY
    is_new = now - process.started_at < STARTS_WITHIN and not facts.get("restarts")
    return HealthState.STARTING if is_new else HealthState.ERROR
