"""A running `manage.py demo`, and a person in front of it."""

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

from relay.opencode.process import probe_port
from relay.opencode.process_tree import is_alive, list_descendants

ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "a long and private pass phrase"
# A loaded machine takes long to make the tables.
START_TIMEOUT_S = 180
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
