"""What `make test` runs: `python -m tests.support.suite [PHASE …] [-- PYTEST-ARGUMENTS]`.

Unit and door tests on SQLite, the same on PostgreSQL, then once the tests with a real engine, and those with
a browser. Each phase is one pytest run; the closing lines add them up.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from deploy.console import StepFailed, run
from deploy.postgres import PostgresServer
from tests.support.availability import REPORT_FILE_VARIABLE, is_ci

ROOT = Path(__file__).resolve().parent.parent.parent
PHASE_TIMEOUT_S = 40 * 60
INTERRUPT_TIMEOUT_S = 30
WORKERS = "2"

ON_SQLITE = {"DATABASE_URL": "", "REDIS_URL": "", "SQLITE_SYNCHRONOUS": "NORMAL"}
PARALLEL = ["-n", WORKERS, "-m", "not engine and not browser"]
# A file's tests share an engine or a site. Browsers have a run of their own: synchronous Playwright keeps an
# event loop running in its thread, in which no coroutine test can follow.
BY_FILE = ["-n", WORKERS, "--dist", "loadfile"]
WITH_ENGINE = [*BY_FILE, "-m", "engine and not browser"]
WITH_BROWSER = [*BY_FILE, "-m", "browser"]


@dataclass(frozen=True)
class Outcome:
    """What one phase came to."""

    title: str
    is_green: bool
    duration_s: float = 0.0
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    not_run: Mapping[str, int] = field(default_factory=dict)

    def line(self) -> str:
        """One line of the summary."""
        word = "ok    " if self.is_green else "FAILED"
        counts = f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"
        return f"{word} {self.title:<38} {counts}, {self.duration_s:.0f} s"


def run_pytest(title: str, arguments: list[str], variables: Mapping[str, str]) -> Outcome:
    """Run pytest once and read back its counts; a run that ends without them is a failed one."""
    print(f"\n===== {title} =====", flush=True)
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cs-suite-") as folder:
        report_file = Path(folder) / "report.json"
        environment = {**os.environ, **variables, REPORT_FILE_VARIABLE: str(report_file)}
        code = wait_for_pytest(
            subprocess.Popen(
                [sys.executable, "-m", "pytest", *arguments],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                # Out of the terminal's group: an interrupt reaches it once, from us.
                start_new_session=True,
            )
        )
        duration_s = time.monotonic() - started_s
        if not report_file.exists():
            return Outcome(title, is_green=False, duration_s=duration_s, failed=1)
        report = json.loads(report_file.read_text())
    failed = report["failed"] + report["error"]
    if code != 0 and failed == 0:
        # Nothing collected, a crash or an interrupt: not green, whatever was counted.
        failed = 1
    return Outcome(
        title, code == 0, duration_s, report["passed"], failed, report["skipped"], not_run=report["not_run"]
    )


def wait_for_pytest(process: subprocess.Popen[bytes]) -> int:
    """Return pytest's exit code; interrupt it when time is up or we are stopped: it stops its servers."""
    try:
        return process.wait(PHASE_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        print(f"no end after {PHASE_TIMEOUT_S / 60:.0f} minutes, stopped", flush=True)
        return 1
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(INTERRUPT_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def run_on_sqlite(extra: list[str]) -> Outcome:
    """Run the unit and door tests on SQLite files."""
    return run_pytest("SQLite (synchronous=NORMAL)", [*PARALLEL, *extra], ON_SQLITE)


def run_on_postgres(extra: list[str]) -> Outcome:
    """Run the unit and door tests on a PostgreSQL server of our own."""
    try:
        with PostgresServer() as server:
            version = run(
                [server.programs / "postgres", "--version"], purpose="Asking PostgreSQL for its version"
            )
            title = f"PostgreSQL {version.split()[2]}"
            return run_pytest(title, [*PARALLEL, *extra], {"DATABASE_URL": server.url(), "REDIS_URL": ""})
    except StepFailed as failure:
        print(f"\n===== PostgreSQL: NOT RUN =====\n{failure}", flush=True)
        reason = {f"MISSING PostgreSQL: {failure}": 1}
        return Outcome("PostgreSQL", is_green=not is_ci(), failed=int(is_ci()), skipped=1, not_run=reason)


def run_with_engine(extra: list[str]) -> Outcome:
    """Run the tests with a real engine, on SQLite."""
    return run_pytest("real engine (SQLite)", [*WITH_ENGINE, *extra], ON_SQLITE)


def run_with_browser(extra: list[str]) -> Outcome:
    """Run the tests with a real browser, on SQLite."""
    return run_pytest("browser (SQLite)", [*WITH_BROWSER, *extra], ON_SQLITE)


PHASES: Mapping[str, Callable[[list[str]], Outcome]] = {
    "sqlite": run_on_sqlite,
    "postgres": run_on_postgres,
    "engine": run_with_engine,
    "browser": run_with_browser,
}


def main(arguments: list[str]) -> int:
    """Run the phases and print the summary; 0 when all are green."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.suite", description=__doc__)
    parser.add_argument(
        "phases", nargs="*", metavar="PHASE", help=f"some of: {', '.join(PHASES)} (default all)"
    )
    own, extra = split_arguments(arguments)
    names = parser.parse_args(own).phases or list(PHASES)
    unknown = [name for name in names if name not in PHASES]
    if unknown:
        parser.error(f"there is no phase {', '.join(unknown)}; there are {', '.join(PHASES)}")
    # A stop from outside unwinds like an error, so that the servers we started are stopped too.
    signal.signal(signal.SIGTERM, stop)
    outcomes = [PHASES[name](extra) for name in names]
    print_summary(outcomes)
    return 0 if all(outcome.is_green for outcome in outcomes) else 1


def split_arguments(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Split at `--`: before it our arguments, after it pytest's."""
    if "--" not in arguments:
        return arguments, []
    position = arguments.index("--")
    return arguments[:position], arguments[position + 1 :]


def stop(signal_number: int, _frame: object) -> NoReturn:
    """End the run by an exception."""
    raise SystemExit(128 + signal_number)


def print_summary(outcomes: list[Outcome]) -> None:
    """Print a line for each phase, everything that was left out, and the totals."""
    print("\n===== summary =====")
    for outcome in outcomes:
        print(outcome.line())
    for outcome in outcomes:
        for reason, times in outcome.not_run.items():
            print(f"NOT RUN in {outcome.title}: {times} x {reason}")
    passed, failed, skipped = (
        sum(getattr(outcome, name) for outcome in outcomes) for name in ("passed", "failed", "skipped")
    )
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
