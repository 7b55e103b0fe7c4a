"""An engine's page says how it is."""

from __future__ import annotations

from accounts.admin.panels import Panel
from accounts.principal import Principal
from engines.models import Engine
from health.admin.states import describe_check
from health.enums import Component
from health.queries import list_checks, sort_worst_first

OF_AN_ENGINE = (Component.ENGINE, Component.EVENT_STREAM, Component.GATE)


def build_engine_health(principal: Principal, engine: Engine) -> Panel | None:
    rows = list_checks(principal).filter(component__in=OF_AN_ENGINE, subject_id=engine.pk)
    checks = [(check, describe_check(check)) for check in sort_worst_first(rows)]
    return Panel("Health", "health/engine_panel.html", {"checks": checks}) if checks else None
