"""The real server, a real Chromium, and somebody backstage. A console error fails the test it happens in."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from deploy.servers import free_port
from tests.portal.server_client import ROOT, running
from tests.support.mcp_store import KEPT_STORE

DEADLINE_MS = 20_000
DESK = {"viewport": {"width": 1280, "height": 860}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
INBOX = "/admin/governance/permissionrequest/"
_labels = itertools.count(1)
expect.set_options(timeout=DEADLINE_MS)


@dataclass
class Backstage:
    """Makes rows in the server's database; see backstage.py."""

    process: subprocess.Popen[str]

    def run(self, act: str, **wish: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": act, **wish}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the backstage process has ended; its errors stand above"
        answer: dict[str, Any] = json.loads(line)
        return answer


@dataclass
class World:
    """One test's own team, people and engine."""

    backstage: Backstage
    names: dict[str, str]

    def ask(self, command: str = "ls -la", **values: Any) -> str:
        """A new request; returns its id."""
        answer = self.backstage.run("request", engine=self.names["engine"], command=command, **values)
        return str(answer["id"])

    def ask_many(self, asked: list[dict[str, str]]) -> list[str]:
        """Requests, the first on top of the list; their ids."""
        ids: list[str] = self.backstage.run("requests", engine=self.names["engine"], asked=asked)["ids"]
        return ids

    def tell_all(self) -> dict[str, list[Any]]:
        """{id: [state, who decided, how many votes, message]}."""
        return self.backstage.run("tell_all", engine=self.names["engine"])

    def seal(self, request_id: str, **arguments: Any) -> None:
        self.backstage.run("seal", id=request_id, arguments=arguments)

    def decide(self, request_id: str, name: str, verdict: str) -> None:
        self.backstage.run("decide", id=request_id, user=self.names[name], verdict=verdict)

    def tell(self, request_id: str) -> dict[str, str]:
        return self.backstage.run("tell", id=request_id)


@dataclass
class Visitor:
    """One person in one browser; `errors` is what the console complained of."""

    context: BrowserContext
    page: Page
    address: str
    errors: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def go(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(word in message.text for word in self.expected):
            self.errors.append(f"{message.type}: {message.text}")


Enter = Callable[..., Visitor]

NOTE_NEW_BUTTONS = """() => {
    const find = () => document.querySelectorAll("button[data-act=approve]");
    const known = new Set(find());
    window.newButtons = [];
    new MutationObserver(() => {
        for (const button of find()) {
            if (!known.has(button)) window.newButtons.push(button.disabled);
            known.add(button);
        }
    }).observe(document.body, { childList: true, subtree: true });
}"""


def note_new_buttons(page: Page) -> Callable[[], set[bool]]:
    """The call returns how Approve buttons stood that came since: True for one that could not be pressed."""
    page.evaluate(NOTE_NEW_BUTTONS)
    return lambda: set(page.evaluate("window.newButtons"))


@pytest.fixture(scope="session")
def site() -> Iterator[dict[str, str]]:
    """The server's address and its environment."""
    with running_site("--no-relay") as running_one:
        yield running_one


@contextmanager
def running_site(*arguments: str) -> Iterator[dict[str, str]]:
    """A server of its own, with an empty database."""
    with tempfile.TemporaryDirectory(prefix="cs-browser-") as folder:
        port = free_port()
        variables = {
            "COUNTERSIGN_DATA_DIR": str(Path(folder) / "data"),
            "COUNTERSIGN_KEYS_FILE": str(Path(folder) / "keys" / "countersign.keys"),
            "COUNTERSIGN_BIND": f"127.0.0.1:{port}",
            "COUNTERSIGN_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "COUNTERSIGN_MCP_STORE": str(KEPT_STORE),
            "DATABASE_URL": "",
            "REDIS_URL": "",
        }
        with running(["manage.py", "up", *arguments], **variables) as server:
            server.wait_for_line(lambda line: line.startswith("Countersign is at "))
            yield {"address": f"http://127.0.0.1:{port}", **variables}


@pytest.fixture(scope="session")
def backstage(site: dict[str, str]) -> Iterator[Backstage]:
    with backstage_of(site) as running_one:
        yield running_one


@contextmanager
def backstage_of(site: dict[str, str]) -> Iterator[Backstage]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.browser.backstage"],
        cwd=ROOT,
        env={**os.environ, **site},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield Backstage(process)
    assert process.stdin is not None
    process.stdin.close()
    process.wait(30)
    assert process.stdout is not None
    process.stdout.close()


@pytest.fixture
def world(backstage: Backstage) -> World:
    return World(backstage, backstage.run("world", label=str(next(_labels))))


@pytest.fixture
def enter(chromium: Browser, site: dict[str, str], world: World) -> Iterator[Enter]:
    """`enter("Alice", **PHONE)` returns a browser in which she is logged in."""
    visitors: list[Visitor] = []

    def open_browser(name: str = "Alice", *, expected: tuple[str, ...] = (), **options: Any) -> Visitor:
        context = chromium.new_context(**{**DESK, **options})
        cookie = world.backstage.run("session", user=world.names[name])
        context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": site["address"]}])
        context.set_default_timeout(DEADLINE_MS)
        visitor = Visitor(context, context.new_page(), site["address"], expected=expected)
        visitors.append(visitor)
        visitor.page.on("console", visitor.note)
        visitor.page.on("pageerror", lambda error: visitor.errors.append(f"exception: {error}"))
        return visitor

    yield open_browser
    errors = [error for visitor in visitors for error in visitor.errors]
    for visitor in visitors:
        visitor.context.close()
    assert errors == []
