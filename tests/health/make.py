"""Findings and reports that tests start from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import Team
from health.domain.report import record_report
from health.domain.watch import Watch, take_watch
from health.enums import Component, HealthState
from health.findings import Finding, Report
from health.models import HealthCheck, HealthWatch


def make_finding(state: str = "ready", *, team: Team | None = None, **values: Any) -> Finding:
    component = Component(values.pop("component", Component.ENGINE))
    name = values.pop("name", f"{component.label} {values.get('subject_id', '')}".strip())
    team_id = None if team is None else team.pk
    return Finding(component, HealthState(state), name, team_id=team_id, **values)


def get_watch(now: datetime | None = None) -> Watch:
    """The watch of a process that looks from now on, taken from whoever had it."""
    HealthWatch.objects.update(expires_at=(now or timezone.now()))
    watch = take_watch(holder="test", now=now or timezone.now())
    assert watch is not None
    return watch


def report(
    *findings: Finding, now: datetime | None = None, unseen: frozenset[Component] = frozenset()
) -> None:
    """One round that found this."""
    now = now or timezone.now()
    record_report(watch=get_watch(now), report=Report(findings, unseen), now=now)


def get_check(component: str, subject_id: str = "") -> HealthCheck:
    return HealthCheck.objects.get(component=component, subject_id=subject_id)
