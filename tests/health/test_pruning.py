from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from events.append_only import missing_triggers
from events.models import AuditEntry
from health.domain.pruning import prune_health_changes
from health.models import HealthChange, HealthCheck

pytestmark = pytest.mark.django_db


def test_the_history_is_kept_ninety_days_and_its_end_is_audited() -> None:
    now = timezone.now()
    check = HealthCheck.objects.create(component="engine", name="engine")
    for days in (200, 120, 91, 89, 1):
        HealthChange.objects.create(health_check=check, state="ready", at=now - timedelta(days=days))
    assert prune_health_changes(now=now, batch_rows=2) == 3
    ages = [(now - change.at).days for change in HealthChange.objects.order_by("at")]
    assert (ages, missing_triggers()) == ([89, 1], [])
    entries = AuditEntry.objects.filter(verb="health.prune").order_by("n")
    assert [entry.after["count"] for entry in entries] == [2, 1]
    assert prune_health_changes(now=now) == 0
