"""Client programs as processes of their own, and a person who decides what they ask."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

from tests.portal.server_client import ROOT
from tests.support.running_portal import RunningPortal

DEADLINE_S = 60
CLIENT_FOLDER = str(ROOT / "clients" / "python")


def start(
    arguments: list[str], variables: Mapping[str, str], given: str | bytes = "", cwd: object = None
) -> subprocess.Popen[bytes]:
    """A Python program under `clients/` with nothing but these variables; `given` is its input."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": CLIENT_FOLDER, **variables}
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=str(cwd or ROOT),
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(given if isinstance(given, bytes) else given.encode())
    process.stdin.close()
    process.stdin = None  # `communicate` would flush it again
    return process


def finish(process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
    """(exit code, output, errors)."""
    try:
        output, errors = process.communicate(timeout=DEADLINE_S)
    finally:
        process.kill()
    return process.returncode, output.decode(), errors.decode()


def await_request(portal: RunningPortal, **facts: Any) -> dict[str, Any]:
    """The request that a program makes; AssertionError when it never does."""
    ends_at = time.monotonic() + DEADLINE_S
    while time.monotonic() < ends_at:
        found = portal.find_request(**facts)
        if found is not None:
            return found
        time.sleep(0.05)
    raise AssertionError(f"nobody asked for {facts}")
