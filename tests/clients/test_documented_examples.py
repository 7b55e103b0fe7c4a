"""The examples in docs/api.md, run as they stand there against a portal."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.clients.programs import CLIENT_FOLDER, await_request, finish, start
from tests.portal.server_client import ROOT
from tests.support.running_portal import RunningPortal

TEXT = (ROOT / "docs" / "api.md").read_text()
FENCE = re.compile(r"^```(sh|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def find_blocks(section: str, language: str) -> list[str]:
    """The runnable blocks of one section, in their order."""
    [body] = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", TEXT, flags=re.DOTALL | re.MULTILINE)
    return [code for kind, code in FENCE.findall(body) if kind == language]


ASK = find_blocks("Ask, wait, act", "sh")
ASK_IN_PYTHON = find_blocks("Ask, wait, act", "python")
DECIDE = find_blocks("Deciding", "sh")
CONFIGURE = find_blocks("Agents, prompts, models", "sh")
TALK = find_blocks("Chats", "sh")
FOLLOW = find_blocks("Following what happens", "sh")


def start_shell(
    portal: RunningPortal, blocks: list[str], folder: Path, **variables: str
) -> subprocess.Popen[bytes]:
    """The blocks in one shell, the example's address and token replaced by real ones."""
    script = (
        "\n".join(blocks)
        .replace("https://countersign.example", portal.address)
        .replace("csk_…", portal.agent)
    )
    known = {"PATH": os.environ["PATH"], "CSK_URL": portal.address, "CSK_TOKEN": portal.agent}
    return subprocess.Popen(
        ["bash", "-u", "-c", script],
        cwd=folder,
        env={**known, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Makefile").write_text("deploy:\n\t@echo deployed\n")
    return tmp_path


def approve_as_documented(portal: RunningPortal, request_id: str, folder: Path) -> None:
    shell = start_shell(portal, DECIDE, folder, ID=request_id, APPROVER_TOKEN=portal.approver)
    code, output, errors = finish(shell)
    assert (code, errors) == (0, "")
    decided = json.loads(output)
    assert (decided["id"], decided["state"], decided["decision_message"]) == (
        request_id,
        "approved",
        "Go ahead.",
    )


def test_every_block_is_run() -> None:
    blocks = (ASK, ASK_IN_PYTHON, DECIDE, CONFIGURE, TALK, FOLLOW)
    assert len(FENCE.findall(TEXT)) == sum(map(len, blocks))
    assert [len(each) for each in blocks] == [4, 1, 1, 1, 1, 1]


def test_curl_example_acts_on_approval(portal: RunningPortal, project: Path) -> None:
    shell = start_shell(portal, ASK, project)
    asked = await_request(portal, summary="make deploy", state="pending")
    approve_as_documented(portal, asked["id"], project)
    assert finish(shell) == (0, "deployed\n", "")


def test_curl_example_does_not_act_on_a_denial(portal: RunningPortal, project: Path) -> None:
    blocks = [block.replace("deploy-4711", "deploy-denied") for block in ASK]
    shell = start_shell(portal, blocks, project)
    portal.decide(await_request(portal, summary="make deploy", state="pending"), "deny", "Later.")
    assert finish(shell) == (0, "", "not approved: denied\n")


def test_curl_example_does_not_act_without_a_portal(portal: RunningPortal, project: Path) -> None:
    blocks = [block.replace("https://countersign.example", "http://127.0.0.1:9") for block in ASK]
    code, output, errors = finish(start_shell(portal, blocks, project))
    assert (code, output, errors.splitlines()[-1]) == (0, "", "not approved: no answer")


def test_python_example_acts_on_approval(portal: RunningPortal, project: Path) -> None:
    [code] = ASK_IN_PYTHON
    variables = {"CSK_URL": portal.address, "CSK_TOKEN": portal.agent, "PYTHONPATH": CLIENT_FOLDER}
    process = start(["-c", code], variables, cwd=project)
    asked = await_request(portal, summary="make deploy", state="pending")
    approve_as_documented(portal, asked["id"], project)
    assert finish(process) == (0, "deployed\n", "")


def test_python_example_does_not_act_on_a_revoked_token(portal: RunningPortal, project: Path) -> None:
    token = portal.spares.pop()
    portal.revoke(token)
    process = start(["-c", ASK_IN_PYTHON[0]], {"CSK_URL": portal.address, "CSK_TOKEN": token}, cwd=project)
    assert finish(process) == (0, "", "")


def test_following_hears_of_requests(portal: RunningPortal, project: Path) -> None:
    portal.call("POST", "permission-requests/", portal.agent, {"permission": "deploy"})
    code, output, _ = finish(start_shell(portal, FOLLOW, project))
    assert code == 0
    page, length = json.JSONDecoder().raw_decode(output)
    assert {event["kind"] for event in page["events"]} >= {"permission_request.created"}
    assert re.search(r"^data: \{.*\}$", output[length:], flags=re.MULTILINE)


def test_a_prompt_is_written_changed_and_labelled(portal: RunningPortal, project: Path) -> None:
    code, output, errors = finish(start_shell(portal, CONFIGURE, project, EDITOR_TOKEN=portal.editor))
    assert (code, errors) == (0, "")
    assert json.loads(output) == {"label": "staging", "moved": 1, "change_request": None}
    prompt_id = json.loads((project / "prompt.json").read_text())["id"]
    status, shown = portal.call("GET", f"prompts/{prompt_id}/", portal.editor)
    assert (status, shown["version"], shown["labels"]) == (200, 2, {"draft": 2, "staging": 2})
    assert shown["content"]["body"] == "Write for {{reader}}. Be brief."


def test_a_chat_is_begun_and_something_said_however_often_it_is_run(
    portal: RunningPortal, project: Path
) -> None:
    _, engines = portal.call("GET", "engines/", portal.editor)
    variables = {"CHAT_TOKEN": portal.editor, "ENGINE": engines["results"][0]["id"]}
    shown = []
    for _ in range(2):
        code, output, errors = finish(start_shell(portal, TALK, project, **variables))
        assert (code, errors) == (0, "")
        shown.append(json.loads(output))
    assert shown[0] == shown[1]
    text = "Which port does it listen on?"
    assert (shown[0]["parts"], shown[0]["user_message_status"]) == (
        [{"id": "", "type": "text", "text": text}],
        "pending",
    )
    status, chat = portal.call("GET", f"chats/{shown[0]['chat']}/", portal.editor)
    assert (status, chat["title"], chat["tags"], chat["waiting_prompts"]) == (200, "Which port", ["web"], 1)
