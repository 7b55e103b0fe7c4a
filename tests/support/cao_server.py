"""A real CAO server on a random loopback port, in a tmux of its own; its agents repeat what they hear."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.cao import provide_cao
from deploy.console import OUTPUT_TAIL_LINES, StepFailed
from deploy.servers import (
    START_TIMEOUT_S,
    free_port,
    make_private_folder,
    plain_environment,
)
from tests.support.availability import skip_missing

PROVIDER = "mock_cli"
# What CAO's mock provider expects of the program it starts: a prompt, and each line given back.
AGENT = """#!/usr/bin/env python3
import re
import sys
import time

print("\\N{HEAVY RIGHT-POINTING ANGLE QUOTATION MARK ORNAMENT} ", end="", flush=True)
for line in sys.stdin:
    text = line.strip()
    if text == "/exit":
        break
    # CAO puts words of its own around what one agent tells another.
    work = re.search(r"\\bwork (\\d+)\\b", text)
    if work:
        time.sleep(float(work.group(1)))
    if re.search(r"\\bask\\b", text):
        print("APPROVAL_REQUIRED: " + text, flush=True)
        # Nobody answers here; what else was told is left unread.
        time.sleep(3600)
    if text:
        print("> MOCK: " + text, flush=True)
    print("\\N{HEAVY RIGHT-POINTING ANGLE QUOTATION MARK ORNAMENT} ", end="", flush=True)
"""
CALL_TIMEOUT_S = 120.0


class CaoServer:
    """`home` is its CAO_HOME_DIR; `token` is what its HTTP server asks for."""

    def __init__(self, binary: Path, *, token: str = "") -> None:
        self.binary = binary
        self.token = token
        self.folder = make_private_folder(prefix="cs-cao-")
        self.home = self.folder / "cao"
        self.project = self.folder / "project"
        self.address = f"http://127.0.0.1:{free_port()}"
        self.process: subprocess.Popen[bytes] | None = None
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self.http = httpx.Client(
            base_url=self.address, headers=headers, timeout=CALL_TIMEOUT_S, trust_env=False
        )
        self._write_files()

    def _write_files(self) -> None:
        for name in ("bin", "home", "tmux", "project"):
            (self.folder / name).mkdir()
        agent = self.folder / "bin" / PROVIDER
        agent.write_text(AGENT)
        agent.chmod(0o755)
        # Its panes are login shells, which make a path of their own.
        for name in (".bash_profile", ".bashrc", ".profile"):
            (self.folder / "home" / name).write_text(f'export PATH="{agent.parent}:$PATH"\n')

    @property
    def environment(self) -> dict[str, str]:
        given = {
            "HOME": str(self.folder / "home"),
            "CAO_HOME_DIR": str(self.home),
            "TMUX_TMPDIR": str(self.folder / "tmux"),
            "SHELL": "/bin/bash",
            "TERM": "xterm",
            "CAO_MOCK_CLI_SCRIPTED_PROMPTS": "1",
        }
        if self.token:
            given["CAO_AUTH_LOCAL_TOKEN"] = self.token
        return {**plain_environment(), **given}

    def start(self) -> None:
        """Raises StepFailed with the end of its log."""
        port = self.address.rpartition(":")[2]
        log = self.folder / "server.log"
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [self.binary, "--host", "127.0.0.1", "--port", port],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline_s = time.monotonic() + 2 * START_TIMEOUT_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline_s:
                tail = "\n".join(log.read_text(errors="replace").splitlines()[-OUTPUT_TAIL_LINES:])
                self.stop()
                raise StepFailed(f"the CAO server did not start:\n{tail}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            return self.http.get("/health", timeout=2).is_success
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """Its server, and the tmux with every agent in it."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        subprocess.run(["tmux", "kill-server"], env=self.environment, capture_output=True, check=False)

    def close(self) -> None:
        self.http.close()
        subprocess.run(["rm", "-rf", str(self.folder)], check=True)

    # What its agents' own tools ask of it

    def launch(self, session: str, profile: str = "code_supervisor") -> str:
        """A session; returns its terminal."""
        parameters = {"agent_profile": profile, "session_name": session}
        return str(self._post("/sessions", parameters)["id"])

    def assign(self, caller: str, message: str, session: str, profile: str = "developer") -> str:
        """Work that nobody waits for; returns the worker's terminal."""
        parameters = {"agent_profile": profile, "caller_id": caller, "defer_init": "true"}
        return str(
            self._post(f"/sessions/{session}/terminals", parameters, {"initial_message": message})["id"]
        )

    def hand_off(self, caller: str, message: str, session: str, job: str) -> str:
        """Work that is waited for; returns the worker's terminal, which is gone by then."""
        body: dict[str, Any] = {
            "provider": PROVIDER,
            "agent": "reviewer",
            "prompt": message,
            "session_name": session,
        }
        body |= {"caller_id": caller, "job_id": job, "timeout": 60}
        answer = self.http.post("/terminals/run-step", json=body).raise_for_status()
        return str(answer.json()["terminal_id"])

    def delete_session(self, session: str) -> None:
        self.http.delete(f"/sessions/{session}").raise_for_status()

    def list_terminals(self, session: str) -> list[str]:
        answer = self.http.get(f"/sessions/{session}/terminals")
        return [str(row["id"]) for row in answer.json()] if answer.is_success else []

    def _post(self, path: str, parameters: dict[str, str], body: dict[str, Any] | None = None) -> Any:
        wanted = {**parameters, "provider": PROVIDER, "working_directory": str(self.project)}
        return self.http.post(path, params=wanted, json=body).raise_for_status().json()


@pytest.fixture(scope="session")
def cao_program() -> Path:
    try:
        return provide_cao()
    except StepFailed as failure:
        skip_missing("CAO", str(failure))


@pytest.fixture
def cao(cao_program: Path) -> Iterator[CaoServer]:
    """One with a token, as `CAO_AUTH_LOCAL_TOKEN` sets it."""
    server = CaoServer(cao_program, token="cao-test-token")
    try:
        server.start()
        yield server
    finally:
        server.stop()
        server.close()
