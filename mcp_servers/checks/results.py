"""What one check found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

PASSED = "passed"
FINDING = "finding"
NOT_CHECKED = "not_checked"
OUTCOMES = (PASSED, FINDING, NOT_CHECKED)

INFO = "info"
LOW = "low"
# Needs a typed confirmation.
HIGH = "high"
# Can't be approved at all.
BLOCKING = "blocking"
# From the mildest to the worst.
SEVERITIES = (INFO, LOW, HIGH, BLOCKING)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`sentence` is for people; `details` is plain JSON without floats and without secrets."""

    name: str
    outcome: str
    severity: str
    sentence: str
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_blocking(self) -> bool:
        return self.severity == BLOCKING


def passed(name: str, sentence: str, /, **details: Any) -> CheckResult:
    return CheckResult(name, PASSED, INFO, sentence, details)


def finding(name: str, severity: str, sentence: str, /, **details: Any) -> CheckResult:
    return CheckResult(name, FINDING, severity, sentence, details)


def not_checked(name: str, reason: str, severity: str = INFO, /, **details: Any) -> CheckResult:
    """What could not be looked at, and why; never taken for "clean"."""
    return CheckResult(name, NOT_CHECKED, severity, reason, details)


def find_worst(results: Iterable[CheckResult]) -> str:
    """The worst severity of what was found or not checked; "info" for nothing."""
    return max((result.severity for result in results), key=SEVERITIES.index, default=INFO)
