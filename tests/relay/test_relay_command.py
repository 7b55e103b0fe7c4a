"""`manage.py relay` as a person starts it, and what falls due by time alone."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from events.keyring import make_keys_file
from events.models import AuditEntry
from governance.domain.requests import Wish, create_request
from governance.enums import CloseReason, RequestState
from governance.models import EngineReply, PermissionRequest
from tests.factories import make_principal, make_service, make_user
from tests.portal.server_client import ROOT, running
from tests.relay.conftest import Desk, running_relay


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return {
        "COUNTERSIGN_DATA_DIR": str(tmp_path / "data"),
        "COUNTERSIGN_KEYS_FILE": str(tmp_path / "keys" / "countersign.keys"),
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }


def manage(variables: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_database_that_is_not_up_to_date_stops_the_start(variables: dict[str, str]) -> None:
    ended = manage(variables, "relay")
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == (
        "CommandError: The database is not up to date: run manage.py migrate first."
    )


def test_missing_keys_stop_the_start(variables: dict[str, str]) -> None:
    assert manage(variables, "migrate", "--verbosity", "0").returncode == 0
    ended = manage(variables, "relay")
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("CommandError: ")


@pytest.mark.parametrize("number", [15, 2])
def test_it_runs_until_a_signal_and_ends_cleanly(variables: dict[str, str], number: int) -> None:
    make_keys_file(Path(variables["COUNTERSIGN_KEYS_FILE"]))
    assert manage(variables, "migrate", "--verbosity", "0").returncode == 0
    with running(["manage.py", "relay"], **variables) as relay:
        relay.wait_for_line(lambda line: line == "Relaying. Stop with Ctrl-C.")
        assert relay.stop(number) == 0
        assert relay.lines == ["Relaying. Stop with Ctrl-C."]


async def test_a_request_of_no_engine_expires_too(desk: Desk) -> None:
    """An agent asked through the API and nobody answered."""
    owner = await desk.run(lambda: make_user(desk.team))
    agent = make_principal(await desk.run(lambda: make_service(owner, desk.team)))
    wish = Wish(permission="deploy", patterns=["production"])
    request, _ = await desk.run(lambda: create_request(principal=agent, team=desk.team, wish=wish))
    soon = timezone.now() + timedelta(milliseconds=50)
    await desk.run(lambda: PermissionRequest.objects.filter(pk=request.pk).update(expires_at=soon))
    async with running_relay():
        expired = await desk.wait_state(request, RequestState.EXPIRED)
    assert expired.close_reason == CloseReason.TIMED_OUT
    entry = await desk.run(lambda: AuditEntry.objects.get(verb="permission_request.expired"))
    assert (entry.actor_kind, entry.actor_id) == ("system", "clock")
    assert not await desk.run(EngineReply.objects.exists)
