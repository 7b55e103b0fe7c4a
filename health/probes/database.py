"""Whether the database answers, has the tables of this code, and keeps its promises."""

from __future__ import annotations

import time
from functools import cache

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from events.append_only import missing_triggers
from health.enums import Component, HealthState
from health.findings import Finding

NAME = "Database"
SLOW_S = 1.0


def probe_database() -> list[Finding]:
    """Raises DatabaseError when it does not answer: then nothing can be written down either."""
    took_s = measure_answer()
    unapplied, missing = list_unapplied_migrations(), missing_triggers()
    facts = {
        "vendor": connection.vendor,
        "answer_ms": round(took_s * 1000, 1),
        "unapplied_migrations": len(unapplied),
        "missing_triggers": len(missing),
    }
    state, detail = HealthState.READY, ""
    if unapplied:
        state, detail = HealthState.ERROR, "It lacks migrations of this version: run manage.py migrate."
    elif missing:
        state, detail = HealthState.ERROR, "Guards of its kept tables are missing: run manage.py migrate."
    elif took_s > SLOW_S:
        state, detail = HealthState.DEGRADED, f"It took {took_s:.1f} s to answer the smallest question."
    return [Finding(Component.DATABASE, state, NAME, detail=detail, facts=facts)]


def measure_answer() -> float:
    """Seconds that the smallest question took."""
    started_s = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return time.perf_counter() - started_s


def list_unapplied_migrations() -> list[str]:
    """`app.name` of what this code needs and the database does not have yet."""
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(f"{app}.{name}" for app, name in list_migrations() if (app, name) not in applied)


@cache
def list_migrations() -> frozenset[tuple[str, str]]:
    """(app, name) of every migration of this code; read from disk once."""
    return frozenset(MigrationLoader(None).disk_migrations)
