"""What is not run is named; under CI=true it is a failure. Seen on a pytest run of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.virtualenv import ROOT

SAMPLE = """
import pytest
from tests.support.availability import skip_missing

ran = []

@pytest.mark.browser
def test_with_a_browser_comes_last(): assert ran == ["a coroutine"]

async def test_passes(): ran.append("a coroutine")

def test_needs_something(): skip_missing("Perpetuum mobile", "physics")

@pytest.mark.xfail(reason="known", strict=True)
def test_known_to_fail(): assert False

@pytest.mark.postgres
def test_only_on_postgres(): raise AssertionError("ran on SQLite")
"""


@pytest.mark.parametrize(
    ("ci", "exit_code", "counts"),
    [
        (
            "",
            0,
            {
                "passed": 2,
                "failed": 0,
                "error": 0,
                "skipped": 1,
                "not_run": {"MISSING Perpetuum mobile: physics": 1},
            },
        ),
        ("true", 1, {"passed": 2, "failed": 1, "error": 0, "skipped": 0, "not_run": {}}),
    ],
)
def test_a_skip_is_named_and_fails_under_ci(
    ci: str, exit_code: int, counts: dict[str, object], tmp_path: Path
) -> None:
    (tmp_path / "test_sample.py").write_text(SAMPLE)
    report = tmp_path / "report.json"
    plugin = "tests.support.availability"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        "CI": ci,
        "PYTEST_REPORT_FILE": str(report),
        "DATABASE_URL": "",
        "PYTHONPATH": str(ROOT),
    }
    finished = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            plugin,
            "-c",
            ROOT / "pyproject.toml",
            tmp_path,
        ],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (finished.returncode, json.loads(report.read_text())) == (exit_code, counts), finished.stdout
    assert "Perpetuum mobile: physics" in finished.stdout
