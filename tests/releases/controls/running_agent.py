"""The config agent as a process of its own."""

from __future__ import annotations

import http.client
import json
import secrets
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from releases.config_agent import countersign_config_agent as agent_module
from releases.config_agent.countersign_config_agent import (
    sign_request,
)
from tests.releases.controls.folders import make_release

SOURCE = Path(agent_module.__file__)
TOKEN = "agent-token-" + "x" * 40
NAME, FILES = make_release("new")
DEADLINE_S = 30.0


@dataclass(slots=True)
class RunningAgent:
    process: subprocess.Popen[str]
    port: int
    root: Path
    log: Path

    @property
    def config(self) -> Path:
        return self.root / "config"

    def send(self, method: str, path: str, body: bytes, authorization: str | None) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)
        try:
            headers = {} if authorization is None else {"Authorization": authorization}
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def ask(self, method: str, path: str, body: Any = None, token: str = TOKEN) -> tuple[int, Any]:
        content = b"" if body is None else json.dumps(body).encode()
        return self.send(method, path, content, sign(method, path, content, token=token))

    def send_raw(self, text: bytes, *, half_close: bool = True) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE_S) as peer:
            peer.sendall(text)
            if half_close:
                peer.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := peer.recv(65_536):
                answer += chunk
            return answer


def sign(method: str, path: str, body: bytes, *, token: str = TOKEN, moment: int | None = None) -> str:
    now = int(time.time()) if moment is None else moment
    return sign_request(token, method, path, now, secrets.token_hex(16), body)


def start_agent(root: Path, **settings: Any) -> RunningAgent:
    root.mkdir(exist_ok=True)
    token = root / "token"
    token.write_text(f"{TOKEN}\n")
    token.chmod(0o600)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = {
        "listen": f"127.0.0.1:{port}",
        "config_dir": str(root / "config"),
        "token_file": str(token),
        **settings,
    }
    (root / "settings.json").write_text(json.dumps(given))
    log = root / "agent.log"
    with log.open("w") as output:
        # Alone, with nothing of ours to import: as it runs beside an engine.
        process = subprocess.Popen(
            [sys.executable, "-I", str(SOURCE), str(root / "settings.json")],
            stdout=output,
            stderr=output,
            text=True,
        )
    agent = RunningAgent(process, port, root, log)
    deadline = time.monotonic() + DEADLINE_S
    while "listening" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return agent


def wait_ready(agent: RunningAgent) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while agent.ask("GET", "/v1/state")[0] != 200:
        assert time.monotonic() < deadline
