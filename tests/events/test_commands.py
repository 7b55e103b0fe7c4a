"""`manage.py verify_audit`, and migrating when guards are missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from events.actors import Subject, build_command_actor
from events.append_only import suspended
from events.audit import sign_head
from events.changes import changes
from events.models import AuditEntry, LogHead

ROOT = Path(__file__).resolve().parents[2]
ACTOR = build_command_actor("test")


def verify(*arguments: str) -> tuple[list[str], list[str]]:
    """(lines of output, lines of complaint)."""
    output, complaint = StringIO(), StringIO()
    try:
        call_command("verify_audit", *arguments, stdout=output, stderr=complaint)
    except CommandError as error:
        complaint.write(f"CommandError: {error}\n")
    return output.getvalue().splitlines(), complaint.getvalue().splitlines()


def write_entries(count: int) -> None:
    for number in range(count):
        with changes(ACTOR) as change:
            change.audit("thing.change", Subject("thing", str(number)))


@pytest.fixture
def heads_file(settings: Settings, tmp_path: Path) -> Path:
    path = tmp_path / "heads.jsonl"
    settings.COUNTERSIGN_AUDIT_HEADS_FILE = path
    return path


@pytest.mark.django_db
def test_a_whole_chain_is_said_to_hold_and_what_was_not_looked_at(heads_file: Path) -> None:
    write_entries(3)
    sign_head()
    holds = "3 entries: the audit chain holds."
    assert verify() == ([holds, "No --heads file was given, so a cut tail can't be seen."], [])
    assert verify("--heads", str(heads_file)) == ([holds], [])


@pytest.mark.django_db
def test_every_problem_is_named_and_the_command_fails(heads_file: Path) -> None:
    write_entries(3)
    sign_head()
    with suspended():
        AuditEntry.objects.filter(n=2).update(verb="thing.other")
        AuditEntry.objects.filter(n=3).delete()
    assert verify("--heads", str(heads_file)) == (
        [],
        [
            "entry 2: edited: the columns do not say what the text says",
            "entry 3: the head row says 3: the tail does not match it",
            "entry 3: missing: a signed head names it, so the tail was cut",
            "CommandError: 3 problems: the audit chain does not hold.",
        ],
    )


@pytest.mark.django_db
def test_a_heads_file_that_is_none_is_refused(tmp_path: Path) -> None:
    assert verify("--heads", str(tmp_path / "missing"))[1][0].startswith("CommandError: [Errno 2]")
    path = tmp_path / "heads"
    path.write_text(json.dumps({"n": 1}) + "\n")
    assert verify("--heads", str(path))[1] == ["CommandError: heads file, line 1: not a signed head"]


@pytest.mark.sqlite
def test_a_fresh_database_is_migrated_and_then_checked_from_the_command_line(tmp_path: Path) -> None:
    """The check for guards must not stand in the way of the command that installs them."""
    environment = {
        **os.environ,
        "COUNTERSIGN_DATA_DIR": str(tmp_path / "data"),
        "COUNTERSIGN_KEYS_FILE": str(tmp_path / "keys" / "k"),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'fresh.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }

    def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    assert manage("migrate", "--verbosity", "0").returncode == 0
    after = manage("check", "--database", "default")
    assert (after.returncode, "events.E001" in after.stderr) == (0, False)


@pytest.mark.django_db
def test_a_fresh_log_has_a_head() -> None:
    head = LogHead.objects.get()
    assert (head.pk, head.event_seq, head.audit_n, head.audit_hash) == (1, 0, 0, "0" * 64)
