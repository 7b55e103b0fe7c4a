"""An agent requests, waits, is approved in the admin, goes on: the program of docs/mcp_door.md among them."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from accounts.enums import Scope
from accounts.models import User
from governance.models import PermissionRequest
from live.hub import get_hub
from portal.application import Application
from tests.admin.doors import approve, enter
from tests.clients.programs import await_request, finish
from tests.factories import make_token
from tests.mcp_door.conftest import connect, in_thread, until
from tests.portal.server_client import ROOT
from tests.support.running_portal import RunningPortal

TEXT = (ROOT / "docs" / "mcp_door.md").read_text()
[PROGRAM] = re.findall(r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
WISH = {"permission": "bash", "command": "git status"}


def approve_in_the_admin(approver: User, request_id: str) -> None:
    """With the button on the request's page, in a session."""
    answer = approve(enter(approver), PermissionRequest.objects.get(pk=request_id))
    assert answer.status_code == 302, answer.content


@pytest.mark.django_db(transaction=True)
async def test_an_agent_that_waits_goes_on_when_a_person_presses_approve(
    application: Application, approver: User, agent: User
) -> None:
    secret = await in_thread(make_token, agent, Scope.REQUESTS_CREATE)
    async with connect(application, secret) as client:
        asked = (await client.call_tool("request_permission", WISH)).structured_content
        call = asyncio.create_task(client.call_tool("wait_for_permission", {"id": asked["id"]}))
        await until(lambda: any(subject.id == asked["id"] for subject in get_hub().waiters) or call.done())
        await in_thread(approve_in_the_admin, approver, asked["id"])
        told = (await call).structured_content
    assert (asked["may_act"], told["state"], told["may_act"]) == (False, "approved", True)
    decided = await in_thread(PermissionRequest.objects.get, pk=asked["id"])
    assert (decided.decided_by_id, decided.decision_door) == (approver.pk, "admin")


@pytest.mark.parametrize(("verb", "output"), [("approve", "deployed\n"), ("deny", "")])
def test_the_documented_program_acts_on_approval_alone(
    portal: RunningPortal, tmp_path: Path, verb: str, output: str
) -> None:
    (tmp_path / "Makefile").write_text("deploy:\n\t@echo deployed\n")
    # Its own key, so that the two runs ask twice.
    program = PROGRAM.replace("deploy-4711", f"mcp-{verb}")
    assert program != PROGRAM
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "CSK_URL": portal.address, "CSK_TOKEN": portal.spares[0]},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    asked = await_request(portal, summary="make deploy", state="pending")
    portal.decide(asked, verb, "Not now." if verb == "deny" else "")
    assert finish(process) == (0, output, "")
