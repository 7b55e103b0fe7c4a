"""The Claude Code hook as Claude Code runs it: JSON in, one decision out, never `allow` by accident."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from deploy.servers import free_port
from tests.clients.programs import await_request, finish, start
from tests.portal.server_client import ROOT
from tests.support.running_portal import RunningPortal

HOOK = ROOT / "clients" / "claude_code_hook" / "countersign_hook.py"
SECRET = "hunter2-in-a-command"


def build_call(command: str, **changes: Any) -> dict[str, Any]:
    """What Claude Code sends to a PreToolUse hook."""
    return {
        "session_id": "5f1a3c52-7d0e-4c43-9b0e-2f1f5d9f3b11",
        "transcript_path": "/home/ada/.claude/projects/shop/transcript.jsonl",
        "cwd": "/srv/shop",
        "permission_mode": "default",
        "hook_event_name": "PreToolUse",
        "tool_name": "Bash",
        "tool_input": {"command": command, "description": "test"},
        "tool_use_id": f"toolu_{command.encode().hex()}",
        **changes,
    }


def start_hook(address: str, token: str, call: Any, **variables: str) -> subprocess.Popen[bytes]:
    given = call if isinstance(call, bytes) else json.dumps(call)
    known = {"CSK_URL": address, "CSK_TOKEN": token, "CSK_TIMEOUT_S": "30"}
    return start(["-I", str(HOOK)], {**known, **variables}, given)


def read_decision(process: subprocess.Popen[bytes]) -> tuple[str, str]:
    """(decision, reason); nothing else may leave the hook."""
    code, output, errors = finish(process)
    assert (code, errors) == (0, "")
    answer = json.loads(output)
    fields = answer["hookSpecificOutput"]
    assert answer == {
        "hookSpecificOutput": {
            "hookEventName": "PreToolUse",
            "permissionDecision": fields["permissionDecision"],
            "permissionDecisionReason": fields["permissionDecisionReason"],
        }
    }
    assert SECRET not in output
    assert "csk_" not in output
    return fields["permissionDecision"], fields["permissionDecisionReason"]


@pytest.fixture
def decide(portal: RunningPortal) -> Callable[..., tuple[str, str]]:
    """Run the hook on a call, have the approver decide it, return the hook's decision."""

    def decide(call: dict[str, Any], verb: str, reason: str = "", **facts: Any) -> tuple[str, str]:
        process = start_hook(portal.address, portal.agent, call)
        portal.decide(await_request(portal, state="pending", **facts), verb, reason)
        return read_decision(process)

    return decide


def test_approved_call_is_allowed(decide: Callable[..., Any]) -> None:
    call = build_call(f"echo approve {SECRET}")
    decided = decide(call, "approve", summary=f"echo approve {SECRET}")
    assert decided == ("allow", "Approved by Ada Lovelace in Countersign.")


def test_denied_call_is_denied_with_the_reviewer_s_message(decide: Callable[..., Any]) -> None:
    decided = decide(build_call("echo deny"), "deny", "Use the staging host.", summary="echo deny")
    assert decided == ("deny", "Denied by Ada Lovelace in Countersign: Use the staging host.")


def test_reviewer_sees_the_whole_call(portal: RunningPortal, decide: Callable[..., Any]) -> None:
    values = {"file_path": "/srv/shop/total.py", "old_string": "a = 1\n", "new_string": "a = 2\n"}
    call = build_call(
        "-", tool_name="Edit", tool_input=values, tool_use_id="toolu_edit", agent_type="reviewer"
    )
    assert decide(call, "approve", permission="edit")[0] == "allow"
    found = portal.find_request(permission="edit")
    assert found is not None
    status, detail = portal.call("GET", f"permission-requests/{found['id']}/", portal.approver)
    assert status == 200
    assert detail["content"] == {
        "permission": "edit",
        "patterns": ["/srv/shop/total.py"],
        "directory": "/srv/shop",
        "agent": "reviewer",
        "command": "",
        "diff": "--- /srv/shop/total.py\n+++ /srv/shop/total.py\n@@ -1 +1 @@\n-a = 1\n+a = 2\n",
        "arguments": values,
        "metadata": {},
        "tool": "",
    }
    assert detail["session_id"] == call["session_id"]


def test_repeated_hook_finds_its_request_again(portal: RunningPortal, decide: Callable[..., Any]) -> None:
    call = build_call("echo again")
    assert decide(call, "approve", summary="echo again")[0] == "allow"
    first = portal.find_request(summary="echo again")
    assert read_decision(start_hook(portal.address, portal.agent, call))[0] == "allow"
    assert portal.find_request(summary="echo again") == first
    # Another input under the same tool call is another question.
    changed = {**call, "tool_input": {"command": "echo something else"}}
    process = start_hook(portal.address, portal.agent, changed)
    portal.decide(await_request(portal, summary="echo something else", state="pending"), "deny", "No.")
    assert read_decision(process)[0] == "deny"


def test_call_without_an_id_shares_no_approval(portal: RunningPortal, decide: Callable[..., Any]) -> None:
    call = {name: value for name, value in build_call("echo same").items() if name != "tool_use_id"}
    assert decide(call, "approve", summary="echo same")[0] == "allow"
    process = start_hook(portal.address, portal.agent, call)
    portal.decide(await_request(portal, summary="echo same", state="pending"), "deny", "Once was enough.")
    assert read_decision(process)[0] == "deny"


@pytest.mark.parametrize("choice", ["ask", "deny"])
def test_nobody_decides_in_time(portal: RunningPortal, choice: str) -> None:
    call = build_call(f"echo timeout {choice}")
    variables = {"CSK_TIMEOUT_S": "5", "CSK_ON_DOUBT": choice}
    decided = read_decision(start_hook(portal.address, portal.agent, call, **variables))
    assert decided == (choice, "Countersign: nobody decided in time.")
    found = portal.find_request(summary=f"echo timeout {choice}")
    assert found is not None
    # Nobody can approve any more what will not run.
    status, _ = portal.call(
        "POST",
        f"permission-requests/{found['id']}/approve/",
        portal.approver,
        {"fingerprint": found["fingerprint"]},
    )
    assert status == 409


def test_portal_is_down(portal: RunningPortal) -> None:
    process = start_hook(f"http://127.0.0.1:{free_port()}", portal.agent, build_call(f"echo {SECRET}"))
    assert read_decision(process) == ("ask", "Countersign: the portal can't be reached.")


@pytest.mark.parametrize("mode", ["bypassPermissions", "dontAsk"])
def test_doubt_is_a_denial_where_nobody_can_be_asked(portal: RunningPortal, mode: str) -> None:
    call = build_call("ls", permission_mode=mode)
    process = start_hook(f"http://127.0.0.1:{free_port()}", portal.agent, call)
    assert read_decision(process) == ("deny", "Countersign: the portal can't be reached.")


def test_revoked_token_before_asking(portal: RunningPortal) -> None:
    token = portal.spares.pop()
    portal.revoke(token)
    decided = read_decision(start_hook(portal.address, token, build_call("echo revoked before")))
    assert decided == ("ask", "Countersign: the portal refused with status 401 (invalid_token).")


def test_token_revoked_while_waiting(portal: RunningPortal) -> None:
    token = portal.spares.pop()
    process = start_hook(portal.address, token, build_call("echo revoked while"))
    await_request(portal, summary="echo revoked while", state="pending")
    portal.revoke(token)
    assert read_decision(process) == (
        "ask",
        "Countersign: the portal refused with status 401 (invalid_token).",
    )


BAD_INPUT = {
    "nothing": b"",
    "no JSON": b"Bash(ls)",
    "not UTF-8": b'{"tool_name": "\xff"}',
    "a list": b"[]",
    "another event": json.dumps(build_call("ls", hook_event_name="PostToolUse")).encode(),
    "no tool": json.dumps({**build_call("ls"), "tool_name": None}).encode(),
    "no input": json.dumps({**build_call("ls"), "tool_input": "ls"}).encode(),
    "a name twice": json.dumps(build_call("ls")).replace("{", '{"tool_name": "Read", ', 1).encode(),
    "endless nesting": b'{"a":' * 200_000,
}


@pytest.mark.parametrize("given", BAD_INPUT.values(), ids=BAD_INPUT)
def test_input_that_is_not_understood(portal: RunningPortal, given: bytes) -> None:
    decision, reason = read_decision(start_hook(portal.address, portal.agent, given))
    assert (decision, reason.startswith("Countersign: the hook's input ")) == ("ask", True)


def test_call_that_the_portal_refuses_to_show(portal: RunningPortal) -> None:
    process = start_hook(portal.address, portal.agent, build_call("ls \0"))
    assert read_decision(process) == (
        "ask",
        "Countersign: the portal refused with status 400 (unusable_text).",
    )


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"CSK_TOKEN": ""}, "there is no API token: set CSK_TOKEN_FILE or CSK_TOKEN."),
        ({"CSK_TOKEN": "csk_x\r\nX-Evil: 1"}, "there is no API token: set CSK_TOKEN_FILE or CSK_TOKEN."),
        (
            {"CSK_URL": "http://countersign.example"},
            "CSK_URL is an https address (http on this machine only).",
        ),
        ({"CSK_URL": ""}, "CSK_URL is an https address (http on this machine only)."),
        ({"CSK_URL": "https://[broken"}, "CSK_URL is no address."),
        ({"CSK_TIMEOUT_S": "forever"}, "CSK_TIMEOUT_S is a number of seconds from 5 to 86400."),
        ({"CSK_TOKEN_FILE": "/nowhere/token"}, "the token's file can't be read."),
    ],
)
def test_wrong_configuration(portal: RunningPortal, variables: dict[str, str], reason: str) -> None:
    process = start_hook(portal.address, portal.agent, build_call("ls"), **variables)
    assert read_decision(process) == ("ask", f"Countersign: {reason}")


def test_unknown_word_for_doubt_is_the_safe_one(portal: RunningPortal) -> None:
    process = start_hook(portal.address, portal.agent, b"", CSK_ON_DOUBT="allow")
    assert read_decision(process) == ("deny", "Countersign: the hook's input is not JSON.")


def test_token_file_is_private_or_not_used(portal: RunningPortal, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{portal.agent}\n")
    file.chmod(0o640)
    call = build_call("echo token file")
    refused = read_decision(start_hook(portal.address, "", call, CSK_TOKEN_FILE=str(file)))
    assert refused == (
        "ask",
        "Countersign: the token's file must be a plain file that only you can read (chmod 600).",
    )
    file.chmod(0o600)
    process = start_hook(portal.address, "", call, CSK_TOKEN_FILE=str(file))
    portal.decide(await_request(portal, summary="echo token file", state="pending"), "approve")
    assert read_decision(process)[0] == "allow"


def test_told_to_stop_while_waiting(portal: RunningPortal) -> None:
    process = start_hook(portal.address, portal.agent, build_call("echo stopped"))
    await_request(portal, summary="echo stopped", state="pending")
    process.send_signal(signal.SIGTERM)
    assert read_decision(process) == (
        "ask",
        "Countersign: the hook was told to stop before there was a decision.",
    )


# What is at the address is not always a portal.


@contextmanager
def answering(status: int, body: bytes, *headers: tuple[str, str]) -> Iterator[tuple[str, list[str]]]:
    """A server that answers everything alike; what it was asked, request lines and tokens."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            asked.append(f"{self.command} {self.path}")
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.send_response(status)
            for name, value in (*headers, ("Content-Length", str(len(body)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815 - the names that http.server looks for

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its own name
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()
            thread.join()


PENDING = {"id": "mwr71s5ugsmloe9", "fingerprint": "f1", "state": "pending"}
ODD_ANSWERS = {
    "a page": (200, b"<html>approved</html>", "the portal's answer is no permission request."),
    "a list": (200, b"[]", "the portal's answer is no permission request."),
    "no id": (200, b'{"state": "approved"}', "the portal's answer is no permission request."),
    "a path for an id": (
        200,
        b'{"id": "../x", "state": "approved"}',
        "the portal's answer is no permission request.",
    ),
    "an unknown state": (
        201,
        json.dumps({**PENDING, "state": "approved!"}).encode(),
        "the portal answered with a state that this hook does not know.",
    ),
    "an error": (500, b"", "the portal refused with status 500."),
    "a code that is no code": (400, b'{"code": "<b>"}', "the portal refused with status 400."),
}


@pytest.mark.parametrize(("status", "body", "reason"), ODD_ANSWERS.values(), ids=ODD_ANSWERS)
def test_odd_answers_allow_nothing(portal: RunningPortal, status: int, body: bytes, reason: str) -> None:
    with answering(status, body) as (address, _):
        decided = read_decision(start_hook(address, portal.agent, build_call("ls")))
    assert decided == ("ask", f"Countersign: {reason}")


def test_redirect_is_not_followed(portal: RunningPortal) -> None:
    approved = json.dumps({**PENDING, "state": "approved"}).encode()
    with (
        answering(200, approved) as (elsewhere, asked),
        answering(307, b"", ("Location", elsewhere)) as (address, _),
    ):
        decided = read_decision(start_hook(address, portal.agent, build_call("ls")))
    assert decided == ("ask", "Countersign: the portal refused with status 307.")
    assert asked == []


def test_portal_that_never_answers(portal: RunningPortal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        process = start_hook(address, portal.agent, build_call("ls"), CSK_TIMEOUT_S="5")
        assert read_decision(process) == ("ask", "Countersign: nobody decided in time.")
