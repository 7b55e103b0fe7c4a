#!/usr/bin/env python3
"""A PreToolUse hook for Claude Code that asks Countersign: one file, standard library only, Python 3.9 on.

It reads the hook's JSON on stdin, asks for permission over Countersign's REST API, waits, and prints Claude
Code's decision: `allow` for an approved request and for nothing else, `deny` with the reviewer's words for a
denied one. On any doubt (no answer in time, no portal, a refused token, input it does not understand) it
answers what CSK_ON_DOUBT says: `ask`, or `deny`. It always exits 0 with an answer; what keeps even that from
happening has to be caught outside, see README.md beside this file.

    CSK_URL         the portal's address; https, or http on this machine only
    CSK_TOKEN_FILE  a file of mode 0600 with an API token of scope requests:create; or the token in CSK_TOKEN
    CSK_TEAM        the id of the team that decides, when the token's account belongs to several
    CSK_TIMEOUT_S   how long to wait for people, 540 by default; keep it below the hook's own timeout
    CSK_ON_DOUBT    ask (the default: the person at the keyboard decides) or deny
"""

from __future__ import annotations

import difflib
import hashlib
import http.client
import json
import os
import re
import signal
import ssl
import stat
import sys
import threading
import time
import uuid
from types import FrameType
from typing import Any, NoReturn
from urllib.parse import quote, urlsplit

EVENT = "PreToolUse"
DEFAULT_TIMEOUT_S = 540
# What the portal takes as a request's life, and what a hook can sensibly wait.
MIN_TIMEOUT_S, MAX_TIMEOUT_S = 5, 24 * 3600
LONGEST_WAIT_S = 60
CALL_TIMEOUT_S = 15
# Beyond the time for people: to read the last answer, to withdraw, before the watchdog answers.
GRACE_S = 5
# A portal that is down is known at once; one that restarts while people look at a request is waited for.
ATTEMPTS, WAIT_ATTEMPTS = 3, 6
LONGEST_PAUSE_S = 8
MAX_INPUT_BYTES = 8 * 1024 * 1024
MAX_ANSWER_BYTES = 4 * 1024 * 1024
MAX_PATTERN = 4000
MAX_REASON = 4000

# Modes in which nobody may be there to be asked.
UNATTENDED_MODES = {"bypassPermissions", "dontAsk"}

# Claude Code's tools by the verbs that Countersign's whitelists know; others keep their own name.
VERBS = {
    "Bash": "bash",
    "Edit": "edit",
    "MultiEdit": "edit",
    "NotebookEdit": "edit",
    "Write": "edit",
    "Read": "read",
    "Glob": "glob",
    "Grep": "grep",
    "WebFetch": "webfetch",
    "WebSearch": "websearch",
    "Task": "task",
    "Agent": "task",
}
# Where a tool's input says what it is about.
SUBJECTS = ("command", "file_path", "notebook_path", "path", "url", "query", "pattern")


class Doubt(Exception):
    """No approval and no denial was had; the message is for the person, and holds nothing of the input."""


class Output:
    """The one answer of this process, whoever comes first: the main thread, the watchdog or a signal."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.on_doubt = "ask"

    def answer(self, decision: str, reason: str) -> NoReturn:
        """Print the decision and end the process; exit code 2, which blocks, when it can't be printed."""
        # A second caller waits here until the first has ended the process.
        self.lock.acquire()
        fields = {
            "hookEventName": EVENT,
            "permissionDecision": decision,
            "permissionDecisionReason": reason[:MAX_REASON],
        }
        try:
            os.write(1, json.dumps({"hookSpecificOutput": fields}).encode() + b"\n")
        except OSError:
            os._exit(2)
        os._exit(0)

    def doubt(self, reason: str) -> NoReturn:
        self.answer(self.on_doubt, f"Countersign: {reason}")


OUTPUT = Output()


def main() -> NoReturn:
    signal.signal(signal.SIGTERM, answer_signal)
    signal.signal(signal.SIGINT, answer_signal)
    try:
        choice = os.environ.get("CSK_ON_DOUBT", "ask")
        OUTPUT.on_doubt = choice if choice in {"ask", "deny"} else "deny"
        call = read_call()
        if call.get("permission_mode") in UNATTENDED_MODES:
            OUTPUT.on_doubt = "deny"
        timeout_s = read_timeout()
        start_watchdog(timeout_s + 2 * GRACE_S)
        portal = Portal(os.environ.get("CSK_URL", ""), read_token(), time.monotonic() + timeout_s)
        decision, reason = ask(portal, call, timeout_s)
    except Doubt as doubt:
        OUTPUT.doubt(str(doubt))
    except Exception as error:  # noqa: BLE001 - whatever happens, the answer is never "allow"
        # The class alone: a message may quote the input.
        OUTPUT.doubt(f"the hook failed ({type(error).__name__}).")
    OUTPUT.answer(decision, reason)


def answer_signal(_number: int, _frame: FrameType | None) -> None:
    # This runs in the main thread, which may be answering already: waiting for it here would never end.
    if not OUTPUT.lock.locked():
        OUTPUT.doubt("the hook was told to stop before there was a decision.")


def start_watchdog(after_s: float) -> None:
    """However slowly a portal trickles: an answer is out before Claude Code gives up on the hook."""
    timer = threading.Timer(after_s, OUTPUT.doubt, ["nobody decided in time."])
    timer.daemon = True
    timer.start()


# Input -----------------------------------------------------------------------------------------------


def read_call() -> dict[str, Any]:
    """The tool call on stdin; raises Doubt for everything that is not plainly one."""
    data = sys.stdin.buffer.read(MAX_INPUT_BYTES + 1)
    if len(data) > MAX_INPUT_BYTES:
        raise Doubt("the tool call is too large to be shown to a reviewer.")
    try:
        call = json.loads(data, object_pairs_hook=refuse_repeated_names)
    except (ValueError, RecursionError):
        raise Doubt("the hook's input is not JSON.") from None
    if not isinstance(call, dict) or call.get("hook_event_name") != EVENT:
        raise Doubt(f"the hook's input is not a {EVENT} event.")
    if not isinstance(call.get("tool_name"), str) or not isinstance(call.get("tool_input"), dict):
        raise Doubt("the hook's input names no tool, or holds no input for it.")
    return call


def refuse_repeated_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def read_timeout() -> int:
    text = os.environ.get("CSK_TIMEOUT_S", str(DEFAULT_TIMEOUT_S))
    if not re.fullmatch(r"[0-9]{1,6}", text) or not MIN_TIMEOUT_S <= int(text) <= MAX_TIMEOUT_S:
        raise Doubt(f"CSK_TIMEOUT_S is a number of seconds from {MIN_TIMEOUT_S} to {MAX_TIMEOUT_S}.")
    return int(text)


def read_token() -> str:
    """Raises Doubt when there is none, or when others on this machine can read its file."""
    path = os.environ.get("CSK_TOKEN_FILE", "")
    token = os.environ.get("CSK_TOKEN", "")
    if path:
        token = read_private_file(path)
    if not re.fullmatch(r"csk_[A-Za-z0-9_-]{20,200}", token):
        raise Doubt("there is no API token: set CSK_TOKEN_FILE or CSK_TOKEN.")
    return token


def read_private_file(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:  # noqa: PTH123 - opened first, then looked at
            facts = os.fstat(file.fileno())
            if not stat.S_ISREG(facts.st_mode) or (os.name == "posix" and facts.st_mode & 0o077):
                raise Doubt("the token's file must be a plain file that only you can read (chmod 600).")
            return file.read(1000).strip()
    except (OSError, ValueError):
        raise Doubt("the token's file can't be read.") from None


# Asking ----------------------------------------------------------------------------------------------


def ask(portal: Portal, call: dict[str, Any], timeout_s: int) -> tuple[str, str]:
    """(decision, reason); raises Doubt."""
    asked = portal.create(build_wish(call, timeout_s), build_key(call))
    seen = asked
    while seen.get("state") == "pending":
        if portal.left_s <= 0:
            portal.withdraw(asked)
            raise Doubt("nobody decided in time.")
        seen = portal.wait(asked)
        # The approval must be of what was asked for, not of something that took its place.
        if (seen.get("id"), seen.get("fingerprint")) != (asked["id"], asked.get("fingerprint")):
            raise Doubt("the portal answered about another request.")
    return judge(seen)


def judge(request: dict[str, Any]) -> tuple[str, str]:
    state, message = request.get("state"), request.get("decision_message")
    actor = request.get("decided_by")
    name = actor.get("label") if isinstance(actor, dict) else None
    by = f" by {name}" if isinstance(name, str) and name else ""
    words = f": {message}" if isinstance(message, str) and message else "."
    if state == "approved":
        return "allow", f"Approved{by} in Countersign{words}"
    if state == "denied":
        return "deny", f"Denied{by} in Countersign{words}"
    if state == "cancelled":
        return "deny", f"The request was closed in Countersign{words}"
    if state == "expired":
        raise Doubt("nobody decided in time.")
    raise Doubt("the portal answered with a state that this hook does not know.")


def build_key(call: dict[str, Any]) -> str:
    """One key for one tool call, so that a repeated hook finds its request instead of asking again."""
    tool_use_id = call.get("tool_use_id")
    if not isinstance(tool_use_id, str) or not tool_use_id:
        # Without it two equal commands would share one approval.
        return f"claude-code-{uuid.uuid4().hex}"
    facts = [call.get("session_id"), tool_use_id, call["tool_name"], call["tool_input"]]
    text = json.dumps(facts, sort_keys=True)
    return f"claude-code-{hashlib.sha256(text.encode()).hexdigest()}"


def build_wish(call: dict[str, Any], timeout_s: int) -> dict[str, Any]:
    """What the reviewer is shown; the whole input goes along as the arguments."""
    name, values = call["tool_name"], call["tool_input"]
    subject = next((values[key] for key in SUBJECTS if isinstance(values.get(key), str)), "")
    command = values.get("command")
    wish = {
        "permission": VERBS.get(name, name),
        "patterns": [subject] if 0 < len(subject) <= MAX_PATTERN else [],
        "command": command if name == "Bash" and isinstance(command, str) else "",
        "diff": build_diff(values),
        "arguments": values,
        "directory": read_word(call, "cwd"),
        "agent": read_word(call, "agent_type") or "claude-code",
        "session_id": read_word(call, "session_id")[:64],
        "expires_in_s": timeout_s,
    }
    team = os.environ.get("CSK_TEAM", "")
    return {**wish, "team": team} if team else wish


def read_word(call: dict[str, Any], name: str) -> str:
    value = call.get(name)
    return value if isinstance(value, str) else ""


def build_diff(values: dict[str, Any]) -> str:
    """What an edit changes, for reading; empty for other tools."""
    path = values.get("file_path")
    new = values.get("new_string", values.get("content"))
    old = values.get("old_string", "")
    if not (isinstance(path, str) and isinstance(new, str) and isinstance(old, str)):
        return ""
    lines = difflib.unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), path, path)
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


# The portal ------------------------------------------------------------------------------------------


class Portal:
    """Countersign's REST API as this hook needs it; every method raises Doubt. Redirects are not followed."""

    def __init__(self, url: str, token: str, ends_at: float) -> None:
        try:
            parts = urlsplit(url)
            self.host, self.port = parts.hostname or "", parts.port
        except ValueError:
            raise Doubt("CSK_URL is no address.") from None
        is_local = self.host in {"localhost", "127.0.0.1", "::1"}
        if not self.host or not (parts.scheme == "https" or (parts.scheme == "http" and is_local)):
            raise Doubt("CSK_URL is an https address (http on this machine only).")
        self.is_https = parts.scheme == "https"
        self.base = parts.path.rstrip("/") + "/api/v1/permission-requests/"
        self.token = token
        self.ends_at = ends_at

    @property
    def left_s(self) -> float:
        return self.ends_at - time.monotonic()

    def create(self, wish: dict[str, Any], key: str) -> dict[str, Any]:
        answer = self.insist("POST", "", wish, {"Idempotency-Key": key})
        if not re.fullmatch(r"[0-9a-z]{1,40}", str(answer.get("id"))):
            raise Doubt("the portal's answer is no permission request.")
        return answer

    def wait(self, asked: dict[str, Any]) -> dict[str, Any]:
        timeout_s = max(0, min(LONGEST_WAIT_S, int(self.left_s)))
        started_at = time.monotonic()
        path = f"{quote(asked['id'])}/wait/?timeout={timeout_s}"
        answer = self.insist("GET", path, extra_s=timeout_s, attempts=WAIT_ATTEMPTS)
        if answer.get("state") == "pending" and time.monotonic() - started_at < 1:
            # A portal that does not wait, or the last second: no busy loop.
            time.sleep(max(0.0, min(1.0, self.left_s)))
        return answer

    def withdraw(self, asked: dict[str, Any]) -> None:
        """So that nobody approves what will not run; the request's own end does the same a little later."""
        try:
            self.call("POST", f"{quote(asked['id'])}/cancel/", {}, {}, GRACE_S)
        except (OSError, http.client.HTTPException, Doubt):
            return

    def insist(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        extra_s: float = 0,
        attempts: int = ATTEMPTS,
    ) -> dict[str, Any]:
        """Call until there is an answer, a few times; what is sent may arrive twice, and does no harm."""
        problem = "the portal can't be reached."
        for attempt in range(attempts):
            if attempt:
                time.sleep(max(0.0, min(2.0 ** (attempt - 1), LONGEST_PAUSE_S, self.left_s)))
            try:
                status, answer = self.call(method, path, body, headers or {}, CALL_TIMEOUT_S + extra_s)
            except (OSError, http.client.HTTPException):
                problem = "the portal can't be reached."
                continue
            if status in {200, 201}:
                return answer
            code = answer.get("code")
            shown = f" ({code})" if isinstance(code, str) and re.fullmatch(r"[a-z_]{1,40}", code) else ""
            problem = f"the portal refused with status {status}{shown}."
            if status != 429 and status < 500:
                break
        raise Doubt(problem)

    def call(
        self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str], timeout_s: float
    ) -> tuple[int, dict[str, Any]]:
        """(status, decoded answer) of one exchange; the answer is empty when it is no JSON object."""
        connection = self.connect(timeout_s)
        try:
            data = None if body is None else json.dumps(body).encode("ascii")
            own = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
            if data is not None:
                own["Content-Type"] = "application/json"
            connection.request(method, self.base + path, data, {**own, **headers})
            response = connection.getresponse()
            raw = response.read(MAX_ANSWER_BYTES + 1)
            try:
                answer = json.loads(raw) if len(raw) <= MAX_ANSWER_BYTES else None
            except (ValueError, RecursionError):
                answer = None
            return response.status, answer if isinstance(answer, dict) else {}
        finally:
            connection.close()

    def connect(self, timeout_s: float) -> http.client.HTTPConnection:
        if self.is_https:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self.host, self.port, timeout=timeout_s, context=context)
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout_s)


if __name__ == "__main__":
    main()
