"""Commands before the first start say what to do, and do nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SENTENCE = (
    "CommandError: The database is not set up yet, or not up to date:"
    " start Countersign first (`make run`), which sees to it."
)


@pytest.mark.parametrize(
    "arguments",
    [
        ["create_owner", "ada"],
        ["connect_opencode", "http://127.0.0.1:4096", "--team", "Platform"],
        ["change_engine", "workbench"],
        ["retire_engine", "workbench", "--yes"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_before_the_first_start_a_command_says_what_to_do(tmp_path: Path, arguments: list[str]) -> None:
    variables = {
        "COUNTERSIGN_DATA_DIR": str(tmp_path / "data"),
        "COUNTERSIGN_KEYS_FILE": str(tmp_path / "keys" / "countersign.keys"),
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }
    finished = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (finished.returncode, finished.stdout, finished.stderr.strip()) == (1, "", SENTENCE)
