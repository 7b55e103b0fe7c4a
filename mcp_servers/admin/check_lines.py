"""What the checks said, the worst first, and what could not be checked never among what was passed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.admin.display import Pill
from mcp_servers.admin.states import describe_outcome
from mcp_servers.enums import CheckOutcome, Severity
from mcp_servers.models import McpCheck

MAX_DETAIL_CHARACTERS = 400
ORDER = (CheckOutcome.FINDING, CheckOutcome.NOT_CHECKED, CheckOutcome.PASSED)
SEVERITY_ORDER = (Severity.BLOCKING, Severity.HIGH, Severity.LOW, Severity.INFO)


@dataclass(frozen=True, slots=True)
class CheckLine:
    """`about` are the tools that it is about."""

    label: str
    outcome: str
    pill: Pill
    sentence: str
    details: list[str]
    about: frozenset[str] = frozenset()


def build_checks(rows: Iterable[McpCheck]) -> list[CheckLine]:
    """Of the newest run alone."""
    ordered = sorted(
        rows,
        key=lambda row: (
            ORDER.index(CheckOutcome(row.outcome)),
            SEVERITY_ORDER.index(Severity(row.severity)),
            row.position,
        ),
    )
    return [build_check(row) for row in ordered]


def build_check(row: McpCheck) -> CheckLine:
    details = row.details if isinstance(row.details, Mapping) else {}
    return CheckLine(
        row.name.replace("_", " ").replace(".", ": "),
        row.outcome,
        describe_outcome(row.outcome, row.severity),
        row.sentence,
        [
            f"{name.replace('_', ' ')}: {write_detail(value)}"
            for name, value in sorted(details.items())
            if value not in (None, "", [], {})
        ],
        name_tools(details),
    )


def name_tools(details: Mapping[str, Any]) -> frozenset[str]:
    """Those that a check names: `tool`, or `tools` as a list; elsewhere `tools` is how many there are."""
    named = details.get("tools")
    return frozenset(
        str(name) for name in [*(named if isinstance(named, list) else ()), details.get("tool")] if name
    )


def write_detail(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= MAX_DETAIL_CHARACTERS else f"{text[:MAX_DETAIL_CHARACTERS]}…"


def count_outcomes(rows: Iterable[McpCheck]) -> str:
    """For example "2 findings, 1 not checked, 14 passed"."""
    counts = Counter(row.outcome for row in rows)
    words = [
        (counts[CheckOutcome.FINDING], "finding" if counts[CheckOutcome.FINDING] == 1 else "findings"),
        (counts[CheckOutcome.NOT_CHECKED], "not checked"),
        (counts[CheckOutcome.PASSED], "passed"),
    ]
    return ", ".join(f"{count} {word}" for count, word in words if count)
