"""The driver behind `make test`: green means that tests ran and all of them passed."""

from pathlib import Path

import pytest

from tests.support import suite
from tests.support.suite import Outcome


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for a sample test; pytest runs in it with the project's configuration."""
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_RUN_FOLDER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CI", "")
    return tmp_path


def counts(outcome: Outcome) -> tuple[bool, int, int, int]:
    return outcome.is_green, outcome.passed, outcome.failed, outcome.skipped


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def test_one(): pass\ndef test_two(): pass", (True, 2, 0, 0)),
        ("def test_one(): pass\ndef test_two(): assert False", (False, 1, 1, 0)),
        ("import pytest\ndef test_one(): pass\ndef test_two(): pytest.skip('no')", (True, 1, 0, 1)),
        ("import no_such_module", (False, 0, 1, 0)),
        ("", (False, 0, 1, 0)),
        ("import os\ndef test_one(): os._exit(0)", (False, 0, 1, 0)),
    ],
    ids=["passes", "fails", "skips", "can't be imported", "holds no test", "ends the process"],
)
def test_only_a_run_that_tested_something_and_failed_nothing_is_green(
    sample: Path, source: str, expected: tuple[bool, int, int, int]
) -> None:
    (sample / "test_sample.py").write_text(source)
    plugin = "tests.support.availability"
    arguments = ["-q", "-p", plugin, "-c", str(suite.ROOT / "pyproject.toml"), str(sample)]
    assert counts(suite.run_pytest("sample", arguments, {"DATABASE_URL": ""})) == expected


def test_the_summary_names_what_was_left_out_and_adds_up(capsys: pytest.CaptureFixture[str]) -> None:
    suite.print_summary(
        [
            Outcome("SQLite", is_green=True, duration_s=12.4, passed=10),
            Outcome("PostgreSQL", is_green=True, skipped=1, not_run={"MISSING PostgreSQL: there is none": 1}),
            Outcome("real engine", is_green=False, duration_s=3.0, passed=2, failed=1),
        ]
    )
    assert capsys.readouterr().out.splitlines() == [
        "",
        "===== summary =====",
        f"ok     {'SQLite':<38} 10 passed, 0 failed, 0 skipped, 12 s",
        f"ok     {'PostgreSQL':<38} 0 passed, 0 failed, 1 skipped, 0 s",
        f"FAILED {'real engine':<38} 2 passed, 1 failed, 0 skipped, 3 s",
        "NOT RUN in PostgreSQL: 1 x MISSING PostgreSQL: there is none",
        "12 passed, 1 failed, 1 skipped",
    ]


def test_an_unknown_phase_is_refused() -> None:
    with pytest.raises(SystemExit, match="2"):
        suite.main(["windows"])
