"""Every operation answers what docs/openapi.yaml says, whatever it is sent: schemathesis, a real portal."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from deploy.api_contract import SCHEMA
from tests.portal.server_client import ROOT
from tests.support.running_portal import RunningPortal

PROGRAM = Path(sys.executable).with_name("schemathesis")
CONFIG = ROOT / "tests" / "api" / "schemathesis.toml"
TIMEOUT_S = 280

# All that tell something here: what a caller may not see is walked by test_every_endpoint.py.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "positive_data_acceptance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
    "ensure_resource_availability",
    "ignored_auth",
)


def run_schemathesis(portal: RunningPortal, token: str, folder: Path, *arguments: str) -> str:
    """What it printed; fails with it when a check failed."""
    finished = subprocess.run(
        [
            *(PROGRAM, "--config-file", CONFIG, "run", SCHEMA, "--no-color"),
            *("--url", portal.address, "--header", f"Authorization: Bearer {token}"),
            *("--checks", ",".join(CHECKS)),
            *arguments,
        ],
        # It leaves files where it runs.
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    # The output holds what failed and how to repeat it, which is what a reader of the report needs.
    assert finished.returncode == 0, finished.stdout
    return finished.stdout


def count(pattern: str, output: str) -> int:
    found = re.search(pattern, output)
    assert found, output
    return int(found[1])


# Every value at its bounds, and every operation after every other, once: on PostgreSQL, which takes less than
# SQLite of what a text or a number may be. On SQLite the same operations get random values alone.
IS_WHOLE = "postgresql" in settings.DATABASES["default"]["ENGINE"]
# How many cases each operation has in a phase, at least.
PHASES = {"examples,coverage": 20, "fuzzing": 4, "stateful": 0} if IS_WHOLE else {"fuzzing": 4}


@pytest.mark.slow
@pytest.mark.parametrize("phases", PHASES)
def test_every_operation_keeps_to_the_schema(portal: RunningPortal, tmp_path: Path, phases: str) -> None:
    # A token that revoked itself would end the run; the next test does that.
    own = ("--exclude-operation-id", "tokens_revoke", "--phases", phases)
    output = run_schemathesis(portal, portal.approver, tmp_path, *own)
    operations = SCHEMA.read_text().count("operationId:")
    assert count(r"(\d+) generated", output) > PHASES[phases] * operations
    if phases != "stateful":
        assert count(r"Tested: (\d+)", output) == operations - 1
    if phases == "fuzzing":
        status, page = portal.call("GET", "permission-requests/?page_size=200", portal.approver)
        assert status == 200
        # Good requests were among them, and left their mark.
        assert {row["state"] for row in page["results"]} >= {"pending", "cancelled"}


def test_a_token_that_ends_itself_keeps_to_the_schema(portal: RunningPortal, tmp_path: Path) -> None:
    token = portal.spares.pop()
    output = run_schemathesis(
        portal, token, tmp_path, "--include-operation-id", "tokens_revoke", "--phases", "coverage"
    )
    assert count(r"Tested: (\d+)", output) == 1


def test_what_only_owners_read_keeps_to_the_schema(portal: RunningPortal, tmp_path: Path) -> None:
    output = run_schemathesis(portal, portal.owner, tmp_path, "--include-tag", "audit")
    assert count(r"Tested: (\d+)", output) == SCHEMA.read_text().count("operationId: audit_")
