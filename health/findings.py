"""What a probe says of one part of the deployment; nothing here knows tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from health.enums import Component, HealthState

MAX_SUBJECT, MAX_NAME, MAX_DETAIL = 64, 200, 500


@dataclass(frozen=True, slots=True)
class Finding:
    """How one part is now. `team_id` None: the deployment's own. `facts`: numbers and words, no content."""

    component: Component
    state: HealthState
    name: str
    subject_id: str = ""
    team_id: str | None = None
    detail: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        return self.component.value, self.subject_id[:MAX_SUBJECT]


@dataclass(frozen=True, slots=True)
class Report:
    """One round of looking. `unseen`: kinds whose probe failed itself, so that their absence says nothing."""

    findings: tuple[Finding, ...]
    unseen: frozenset[Component] = frozenset()


def find_worst(states: Iterable[HealthState]) -> HealthState:
    """`ready` for none."""
    return max(states, key=lambda state: state.rank, default=HealthState.READY)
