"""The example agent as a process: it runs what was approved, and nothing else."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from deploy.servers import free_port
from tests.clients.programs import await_request, finish, start
from tests.portal.server_client import ROOT
from tests.support.running_portal import RunningPortal

AGENT = ROOT / "clients" / "agent_example" / "ask_first.py"
NOT_APPROVED = 77


def start_agent(address: str, token: str, folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return start([str(AGENT), *arguments], {"CSK_URL": address, "CSK_TOKEN": token}, cwd=folder)


@pytest.mark.parametrize("name", ["plain.txt", "with blanks.txt"])
def test_approved_command_runs_word_for_word(portal: RunningPortal, tmp_path: Path, name: str) -> None:
    process = start_agent(portal.address, portal.agent, tmp_path, "--", "touch", name)
    shown = shlex.join(["touch", name])
    asked = await_request(portal, summary=shown, state="pending")
    assert (asked["agent"], asked["directory"], asked["permission"]) == ("ask-first", str(tmp_path), "bash")
    assert list(tmp_path.iterdir()) == []
    portal.decide(asked, "approve")
    assert finish(process) == (0, "", "")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_exit_code_is_the_command_s(portal: RunningPortal, tmp_path: Path) -> None:
    process = start_agent(portal.address, portal.agent, tmp_path, "--", "ls", "missing.txt")
    portal.decide(await_request(portal, summary="ls missing.txt", state="pending"), "approve")
    code, output, errors = finish(process)
    assert (code, output, "missing.txt" in errors) == (2, "", True)


def test_denied_command_does_not_run(portal: RunningPortal, tmp_path: Path) -> None:
    process = start_agent(portal.address, portal.agent, tmp_path, "--", "touch", "denied.txt")
    asked = await_request(portal, summary="touch denied.txt", state="pending")
    portal.decide(asked, "deny", "Ask the platform team.")
    assert finish(process) == (NOT_APPROVED, "", "Not run: denied. Ask the platform team.\n")
    assert list(tmp_path.iterdir()) == []


def test_nothing_runs_without_a_portal(portal: RunningPortal, tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    process = start_agent(address, portal.agent, tmp_path, "--", "touch", "down.txt")
    assert finish(process) == (NOT_APPROVED, "", "Not run: the portal can't be reached (ConnectError).\n")
    assert list(tmp_path.iterdir()) == []


def test_nothing_runs_when_time_is_up(portal: RunningPortal, tmp_path: Path) -> None:
    process = start_agent(portal.address, portal.agent, tmp_path, "--within", "5", "--", "touch", "late.txt")
    assert finish(process) == (NOT_APPROVED, "", "Not run: nobody decided in time.\n")
    assert list(tmp_path.iterdir()) == []


def test_nothing_runs_with_a_revoked_token(portal: RunningPortal, tmp_path: Path) -> None:
    token = portal.spares.pop()
    process = start_agent(portal.address, token, tmp_path, "--", "touch", "revoked.txt")
    await_request(portal, summary="touch revoked.txt", state="pending")
    portal.revoke(token)
    code, output, errors = finish(process)
    assert (code, output, errors.split(":")[:2]) == (NOT_APPROVED, "", ["Not run", " invalid_token"])
    assert list(tmp_path.iterdir()) == []
