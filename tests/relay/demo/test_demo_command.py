"""`manage.py demo` as a person runs it: one terminal, one link, real requests, one Ctrl-C."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from relay.opencode.process import probe_port
from relay.opencode.process_tree import is_alive, list_descendants

pytestmark = pytest.mark.engine

ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "a long and private pass phrase"
START_TIMEOUT_S = 90
WAIT_S = 60
LAST_LINE = "Ctrl-C stops everything."
LINK = re.compile(r"(http://127\.0\.0\.1:\d+)/login/\S+")
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass
class Demo:
    """A running demo, and the browser of a person in front of it."""

    process: subprocess.Popen[str]
    log: Path
    browser: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=30))

    @property
    def output(self) -> str:
        return self.log.read_text()

    @property
    def link(self) -> re.Match[str]:
        found = LINK.search(self.output)
        assert found is not None, self.output
        return found

    def wait_until_ready(self) -> None:
        wait_until(lambda: LAST_LINE in self.output or self.process.poll() is not None, START_TIMEOUT_S)
        assert LAST_LINE in self.output, self.output

    def log_in(self) -> None:
        self.browser.base_url = httpx.URL(self.link[1])
        page = self.browser.get(self.link[0])
        fields = {
            "new_password1": PASSWORD,
            "new_password2": PASSWORD,
            "csrfmiddlewaretoken": read_csrf(page),
        }
        done = self.browser.post(self.link[0], data=fields, headers={"referer": self.link[0]})
        assert (done.status_code, done.headers["location"]) == (302, "/admin/")

    def get(self, path: str, **parameters: str) -> Any:
        answer = self.browser.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def list_pending(self) -> list[dict[str, Any]]:
        found = self.get("/api/v1/permission-requests/", state="pending")["results"]
        return [request for request in found if request["sealed"]]

    def find_pending(self, permission: str) -> dict[str, Any]:
        """The newest sealed request of this kind; waits for one."""
        found: list[dict[str, Any]] = []

        def look() -> bool:
            found[:] = [request for request in self.list_pending() if request["permission"] == permission]
            return bool(found)

        wait_until(look)
        return found[0]

    def decide(self, request: dict[str, Any], verb: str, reason: str = "") -> None:
        token = read_csrf(self.browser.get("/admin/"))
        answer = self.browser.post(
            f"/api/v1/permission-requests/{request['id']}/{verb}/",
            json={"fingerprint": request["fingerprint"], "reason": reason},
            headers={"x-csrftoken": token, "referer": str(self.browser.base_url)},
        )
        assert answer.status_code == 200, answer.text

    def read(self, request: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/api/v1/permission-requests/{request['id']}/")
        return found

    def interrupt(self) -> None:
        """Ctrl-C, and wait for the end."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(40) == 0, self.output


def read_csrf(page: httpx.Response) -> str:
    found = CSRF.search(page.text)
    assert found is not None, page.text
    return found[1]


def wait_until(condition: Callable[[], bool], timeout_s: float = WAIT_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)


@contextlib.contextmanager
def start(folder: Path, *arguments: str) -> Iterator[Demo]:
    log = folder.with_name(f"{folder.name}-{time.monotonic_ns()}.log")
    command = [sys.executable, "manage.py", "demo", "--folder", str(folder), "--port", str(probe_port(0))]
    # Whatever of this run's settings came along would lead the demo to the test database.
    environment = {**os.environ, "DATABASE_URL": "sqlite:////nonexistent/of/the/deployment"}
    with (
        log.open("w") as output,
        subprocess.Popen(
            [*command, *arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        demo = Demo(process, log)
        try:
            yield demo
        finally:
            demo.browser.close()
            below = list_descendants(process.pid)
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(40)
            process.kill()
            left_over = [pid for pid in below if is_alive(pid)]
            for pid in left_over:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            assert left_over == [], demo.output


def read_chat(demo: Demo, request: dict[str, Any]) -> str:
    previews = [
        chat["preview"]
        for chat in demo.get("/api/v1/chats/")["results"]
        if chat["id"] == request["chat"]["id"]
    ]
    return str(previews[0])


def test_the_demo_from_its_first_line_to_its_last(opencode_binary: Path, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with start(folder) as demo:
        demo.wait_until_ready()
        assert "Engine    OpenCode at http://127.0.0.1:" in demo.output
        assert demo.process.poll() is None
        demo.log_in()
        wait_until(lambda: len(demo.list_pending()) >= 6)
        kinds = {request["permission"] for request in demo.list_pending()}
        assert kinds >= {"bash", "edit", "external_directory", "task", "webfetch"}
        assert [engine["state"] for engine in demo.get("/api/v1/engines/")["results"]] == ["online"]

        edit = demo.find_pending("edit")
        readme = folder / "project" / "README.md"
        before = readme.read_text()
        demo.decide(edit, "approve")
        wait_until(lambda: readme.read_text() != before)
        wait_until(lambda: demo.read(edit)["delivery"]["state"] == "confirmed")

        command = demo.find_pending("bash")
        demo.decide(command, "deny", "Use the staging folder.")
        wait_until(lambda: read_chat(demo, command) == "Understood: Use the staging folder.")
        assert demo.read(command)["delivery"]["state"] == "confirmed"

        with start(folder) as second:
            assert second.process.wait(START_TIMEOUT_S) == 1
            assert "A demo is running already" in second.output
        assert demo.process.poll() is None

        below = list_descendants(demo.process.pid)
        assert len(below) >= 2
        demo.interrupt()
        assert [pid for pid in below if is_alive(pid)] == []
        assert demo.output.endswith("Everything has stopped.\n")
    # The link's secret and the engine's password are nobody else's.
    assert "csk_" not in demo.output


def test_a_killed_demo_leaves_nothing_that_its_next_start_does_not_end(
    opencode_binary: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "demo"
    with start(folder) as demo:
        demo.wait_until_ready()
        first_link = demo.link[0]
        below = list_descendants(demo.process.pid)
        demo.process.kill()
        demo.process.wait()
        assert [pid for pid in below if is_alive(pid)] != []
        with start(folder, "--without-engine") as successor:
            successor.wait_until_ready()
            assert [pid for pid in below if is_alive(pid)] == []
            assert successor.link[0] != first_link
            assert "Engine    NONE: asked to do without." in successor.output
            drive_the_rest_agent(successor, folder / "project")
            successor.interrupt()


def drive_the_rest_agent(demo: Demo, project: Path) -> None:
    demo.log_in()
    wait_until(lambda: len(demo.list_pending()) == 5)
    assert demo.get("/api/v1/engines/")["results"] == []
    before = (project / "README.md").read_text()
    edits = [request for request in demo.list_pending() if request["summary"].startswith("README.md")]
    demo.decide(edits[0], "approve")
    wait_until(lambda: (project / "README.md").read_text() != before)
    demo.decide(demo.find_pending("bash"), "deny", "Not on a Friday.")
    wait_until(lambda: "The agent was told: Not on a Friday." in demo.output)


def test_an_engine_that_does_not_start_is_said_and_done_without(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    with start(tmp_path / "demo", "--engine", str(broken)) as demo:
        demo.wait_until_ready()
        assert "Engine    NONE: The engine ended while starting; see" in demo.output
        demo.interrupt()
