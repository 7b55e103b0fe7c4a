"""What can't be had is skipped loudly; under CI=true a skip is a failure."""

import json
import os
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import NoReturn

import pytest
from django.conf import settings

REPORT_FILE_VARIABLE = "PYTEST_REPORT_FILE"


def skip_missing(thing: str, reason: str) -> NoReturn:
    """Skip the asking test because `thing` can't be had here; the summary names it."""
    pytest.skip(f"MISSING {thing}: {reason}")


def is_ci() -> bool:
    """Tell whether this is a run in which nothing may be left out."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what belongs to the run on the other database; put those with a browser last."""
    if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        own, others = {"sqlite", "pure"}, {"postgres"}
    else:
        own, others = {"postgres"}, {"sqlite", "pure"}
    left_out = [
        item
        for item in items
        if (marks := {mark.name for mark in item.iter_markers()}) & others and not marks & own
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    # Synchronous Playwright keeps an event loop running in this thread: no coroutine test can follow it.
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a test's skip into a failure under CI."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        fail_under_ci(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn a whole module's skip into a failure under CI."""
    report = yield
    if report.skipped:
        fail_under_ci(report)
    return report


def fail_under_ci(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Make a skipped report a failed one, with the reason as its text."""
    if is_ci():
        reason = skip_reason(report)
        report.outcome = "failed"
        report.longrepr = f"A skip is a failure under CI. {reason}"


def skip_reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Return why a report was skipped, without pytest's word for it."""
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name everything that was left out, and hand the counts to the driver when it asked for them."""
    counts = {
        name: len(terminalreporter.stats.get(name, [])) for name in ("passed", "failed", "error", "skipped")
    }
    reasons = Counter(skip_reason(report) for report in terminalreporter.stats.get("skipped", []))
    if reasons:
        terminalreporter.section("NOT RUN", sep="!", red=True, bold=True)
        for reason, times in reasons.most_common():
            terminalreporter.line(f"{times} x {reason}", red=True)
    destination = os.environ.get(REPORT_FILE_VARIABLE)
    if destination:
        Path(destination).write_text(json.dumps({**counts, "not_run": dict(reasons)}))
