"""The config agent as a process of its own, over real HTTP."""

from __future__ import annotations

import hashlib
import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from releases.config_agent.countersign_config_agent import (
    BEFORE,
    MAX_BODY_BYTES,
    MAX_REQUESTS,
    PROBE_MARK,
    SCHEME,
    compute_signature,
    sign_request,
)
from tests.releases.controls.folders import SECRET, make_plain_folder, make_release, read_folder
from tests.releases.controls.running_agent import (
    DEADLINE_S,
    FILES,
    NAME,
    SOURCE,
    TOKEN,
    RunningAgent,
    sign,
    start_agent,
    wait_ready,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAgent]:
    root = tmp_path_factory.mktemp("agent")
    restart = [sys.executable, "-c", f"open({str(root / 'restarts')!r}, 'a').write('x')"]
    agent = start_agent(root, restart=restart)
    # Requests signed before it started are refused: be past its first second.
    wait_ready(agent)
    yield agent
    agent.process.kill()
    agent.process.wait()


def test_a_release_is_staged_shown_and_pruned(tmp_path: Path) -> None:
    make_plain_folder(tmp_path / "config")
    agent = start_agent(tmp_path)
    try:
        wait_ready(agent)
        probe = tmp_path / "config.releases/project-file"
        state = {
            "version": "2",
            "current": BEFORE,
            "staged": [],
            "can_restart": False,
            "flags": {"OPENCODE_DISABLE_PROJECT_CONFIG": None},
            "probe": str(probe),
        }
        assert agent.ask("GET", "/v1/state") == (200, state)
        assert json.loads((probe / "opencode.json").read_text()) == {"username": PROBE_MARK}
        assert agent.ask("PUT", f"/v1/releases/{NAME}", {"files": FILES}) == (200, {"current": BEFORE})
        assert agent.ask("POST", "/v1/current", {"release": NAME}) == (200, {"current": NAME})
        assert read_folder(agent.config) == {**dict(FILES), "countersign-gate.json": SECRET}
        digests = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in FILES}
        assert agent.ask("GET", "/v1/live") == (200, {"current": NAME, "files": digests})
        assert agent.ask("POST", "/v1/current", {"release": BEFORE}) == (200, {"current": BEFORE})
        assert agent.ask("POST", "/v1/prune", {"keep": []}) == (200, {"current": BEFORE})
        assert agent.ask("GET", "/v1/state") == (200, state)
        assert agent.ask("POST", "/v1/restart") == (
            409,
            {"error": "This agent has no command that restarts the engine."},
        )
        assert "csk_" not in agent.log.read_text()
        assert TOKEN not in agent.log.read_text()
    finally:
        agent.process.kill()
        agent.process.wait()


def test_restarting_runs_the_command_of_its_settings_and_no_other(shared: RunningAgent) -> None:
    assert shared.ask("POST", "/v1/restart") == (200, {"current": None})
    assert shared.ask("POST", "/v1/restart", {"command": ["touch", "x"]})[0] == 400
    assert (shared.root / "restarts").read_text() == "x"


def test_a_failing_restart_is_told(tmp_path: Path) -> None:
    agent = start_agent(tmp_path, restart=["false"])
    try:
        wait_ready(agent)
        assert agent.ask("POST", "/v1/restart") == (
            409,
            {"error": "The command that restarts the engine failed (exit code 1)."},
        )
    finally:
        agent.process.kill()
        agent.process.wait()


# Refused ----------------------------------------------------------------------------------------


def test_without_the_token_nothing_is_answered(shared: RunningAgent) -> None:
    unsigned = (401, {"error": "The request is not signed."})
    assert shared.send("GET", "/v1/state", b"", None) == unsigned
    assert shared.send("GET", "/v1/state", b"", f"Bearer {TOKEN}") == unsigned
    assert shared.send("GET", "/nothing", b"", None) == unsigned
    foreign = (401, {"error": "The request is signed with another token."})
    assert shared.ask("GET", "/v1/state", token="y" * 52) == foreign


def test_a_request_made_before_is_refused(shared: RunningAgent) -> None:
    body = json.dumps({"files": FILES}).encode()
    path = f"/v1/releases/{NAME}"
    header = sign("PUT", path, body)
    assert shared.send("PUT", path, body, header)[0] == 200
    again = (401, {"error": "The request has been made before."})
    assert shared.send("PUT", path, body, header) == again


@pytest.mark.parametrize("offset_s", [-120, 120])
def test_a_request_of_another_time_is_refused(shared: RunningAgent, offset_s: int) -> None:
    header = sign("GET", "/v1/state", b"", moment=int(time.time()) + offset_s)
    status, answer = shared.send("GET", "/v1/state", b"", header)
    assert (status, answer) == (
        401,
        {"error": "The clocks of Countersign and of this host differ by more than a minute."},
    )


def test_a_request_from_before_its_start_is_refused(tmp_path: Path) -> None:
    header = sign("GET", "/v1/state", b"", moment=int(time.time()) - 1)
    agent = start_agent(tmp_path)
    try:
        assert agent.send("GET", "/v1/state", b"", header)[0] == 503
    finally:
        agent.process.kill()
        agent.process.wait()


def test_a_signature_holds_for_one_verb_path_and_body(shared: RunningAgent) -> None:
    header = sign("GET", "/v1/state", b"")
    assert shared.send("POST", "/v1/restart", b"", header)[0] == 401
    body = json.dumps({"release": NAME}).encode()
    header = sign("POST", "/v1/current", body)
    other = json.dumps({"release": BEFORE}).encode()
    assert shared.send("POST", "/v1/current", other, header) == (
        400,
        {"error": "The body is not the one that was signed."},
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", f"/v1/releases/{NAME}", {"files": [["../../etc/x.md", "x"]]}, 409),
        ("PUT", f"/v1/releases/{NAME}", {"files": [["plugin/evil.js", "x"], ["opencode.json", ""]]}, 409),
        ("PUT", "/v1/releases/../../../etc", {"files": FILES}, 409),
        ("PUT", "/v1/releases/%2e%2e", {"files": FILES}, 409),
        ("PUT", f"/v1/releases/{NAME}", {"files": FILES, "mode": 1}, 400),
        ("PUT", f"/v1/releases/{NAME}", {"files": [["opencode.json"]]}, 400),
        ("PUT", f"/v1/releases/{NAME}", {"files": [["opencode.json", 5]]}, 400),
        ("PUT", f"/v1/releases/{NAME}", [], 400),
        ("PUT", f"/v1/releases/{NAME}", None, 400),
        ("POST", "/v1/current", {"release": "0" * 64}, 409),
        ("POST", "/v1/current", {"release": "../.."}, 409),
        ("POST", "/v1/current", {"release": None}, 400),
        ("POST", "/v1/prune", {"keep": "all"}, 400),
        ("GET", "/v1/state?verbose=1", None, 404),
        ("GET", "/", None, 404),
        ("GET", f"/v1/releases/{NAME}", None, 404),
        ("POST", "/v1/state", {}, 404),
    ],
)
def test_anything_but_its_verbs_is_refused(
    shared: RunningAgent, method: str, path: str, body: Any, status: int
) -> None:
    seen = read_folder(shared.config)
    answered, answer = shared.ask(method, path, body)
    assert (answered, list(answer)) == (status, ["error"])
    assert read_folder(shared.config) == seen


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 100_000], ids=["cut", "no text", "deep"])
def test_a_body_that_is_no_json_is_refused(shared: RunningAgent, body: bytes) -> None:
    header = sign("POST", "/v1/current", body)
    assert shared.send("POST", "/v1/current", body, header) == (400, {"error": "The body is no JSON."})


def write_head(path: str, body_digest_of: bytes, *lines: str) -> bytes:
    header = sign("PUT", path, body_digest_of)
    return "\r\n".join(
        [f"PUT {path} HTTP/1.1", "Host: agent", f"Authorization: {header}", *lines, "", ""]
    ).encode()


def test_a_body_sent_in_part_changes_nothing(shared: RunningAgent) -> None:
    name, files = make_release("half")
    body = json.dumps({"files": files}).encode()
    head = write_head(f"/v1/releases/{name}", body, f"Content-Length: {len(body)}")
    answer = shared.send_raw(head + body[: len(body) // 2])
    assert answer.startswith(b"HTTP/1.0 400")
    assert b"sent in part only" in answer
    assert name not in shared.ask("GET", "/v1/state")[1]["staged"]


def test_a_body_without_end_or_too_long_is_refused_unread(shared: RunningAgent) -> None:
    path = f"/v1/releases/{NAME}"
    assert shared.send_raw(write_head(path, b"", f"Content-Length: {MAX_BODY_BYTES + 1}")).startswith(
        b"HTTP/1.0 413"
    )
    assert shared.send_raw(write_head(path, b"", "Transfer-Encoding: chunked")).startswith(b"HTTP/1.0 411")
    assert shared.send_raw(write_head(path, b"", "Content-Length: -1")).startswith(b"HTTP/1.0 400")


def test_strangers_bodies_are_not_read(shared: RunningAgent) -> None:
    """A long body of somebody without the token is refused at its head."""
    head = f"PUT /v1/releases/{NAME} HTTP/1.1\r\nContent-Length: {MAX_BODY_BYTES}\r\n\r\n"
    assert shared.send_raw(head.encode(), half_close=False).startswith(b"HTTP/1.0 401")


def test_more_connections_than_it_serves_are_closed(shared: RunningAgent) -> None:
    idle = [socket.create_connection(("127.0.0.1", shared.port)) for _ in range(MAX_REQUESTS)]
    try:
        deadline = time.monotonic() + DEADLINE_S
        while True:
            try:
                shared.ask("GET", "/v1/state")
            except (http.client.HTTPException, ConnectionError):
                break
            assert time.monotonic() < deadline
    finally:
        for peer in idle:
            peer.close()
    deadline = time.monotonic() + DEADLINE_S
    while True:
        try:
            assert shared.ask("GET", "/v1/state")[0] == 200
            break
        except (http.client.HTTPException, ConnectionError):
            assert time.monotonic() < deadline


# Settings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"listen": "0.0.0.0:4199"}, "loopback only"),
        ({"listen": "[::]:4199"}, "loopback only"),
        ({"listen": "agent.example:4199"}, "loopback only"),
        ({"listen": "4199"}, "an address and a port"),
        ({"config_dir": "config"}, "absolute path"),
        ({"restart": "systemctl restart opencode"}, "list of words"),
        ({"port": 4199}, "not known"),
        ({"token_file": ""}, "token_file"),
    ],
)
def test_unsafe_settings_end_it_with_a_sentence(
    tmp_path: Path, change: dict[str, Any], sentence: str
) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    assert sentence in run_with(
        tmp_path,
        {
            "listen": "127.0.0.1:0",
            "config_dir": str(tmp_path / "config"),
            "token_file": str(token),
            **change,
        },
    )


@pytest.mark.parametrize(
    ("text", "mode", "sentence"), [(TOKEN, 0o644, "open to everybody"), ("short", 0o600, "fewer than 32")]
)
def test_a_token_that_others_know_ends_it(tmp_path: Path, text: str, mode: int, sentence: str) -> None:
    token = tmp_path / "token"
    token.write_text(text)
    token.chmod(mode)
    settings = {
        "listen": "127.0.0.1:0",
        "config_dir": str(tmp_path / "config"),
        "token_file": str(token),
    }
    assert sentence in run_with(tmp_path, settings)


def run_with(root: Path, settings: dict[str, Any]) -> str:
    """What it says when it can't start."""
    place = root / "settings.json"
    place.write_text(json.dumps(settings))
    command = [sys.executable, "-I", str(SOURCE), str(place)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def test_the_signature_is_what_the_documentation_says() -> None:
    digest = hashlib.sha256(b"body").hexdigest()
    header = sign_request(TOKEN, "PUT", "/v1/x", 5, "0" * 32, b"body")
    assert header == " ".join(
        [SCHEME, "5", "0" * 32, digest, compute_signature(TOKEN, "PUT", "/v1/x", 5, "0" * 32, digest)]
    )
