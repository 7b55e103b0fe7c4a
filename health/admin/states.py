"""How states of health read; a state that is out of date reads as what it is."""

from __future__ import annotations

from accounts.admin.display import Pill
from events.text import make_visible
from health.enums import HealthState
from health.models import HealthCheck

LOOKS = {
    HealthState.READY: ("check", "ok"),
    HealthState.STARTING: ("hourglass", "info"),
    HealthState.DEGRADED: ("warning", "warn"),
    HealthState.OFFLINE: ("off", "bad"),
    HealthState.ERROR: ("cross", "bad"),
}


def describe_check(check: HealthCheck) -> Pill:
    if check.ended_at is not None:
        return Pill("not looked at", "pause", "quiet", "switched off, or taken away")
    icon, tone = LOOKS[check.current_state]
    return Pill(str(check.current_state.label), icon, tone, make_visible(check.current_detail))


def describe_state(state: str) -> Pill:
    """Of a line of the history."""
    icon, tone = LOOKS[HealthState(state)]
    return Pill(str(HealthState(state).label), icon, tone)
