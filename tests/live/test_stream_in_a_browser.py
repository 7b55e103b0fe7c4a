"""stream.js in a real browser against the real server: live, asking, across a restart, signed out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from deploy.servers import free_port
from tests.portal.server_client import ROOT, running

pytestmark = [pytest.mark.browser]

DEADLINE_S = 30
SIGN_IN = """
import json
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from accounts.domain.users import create_user
from accounts.models import User
from events.actors import build_command_actor
actor = build_command_actor("test")
user = User.objects.filter(username="ada").first()
user = user or create_user(actor=actor, username="ada", is_superuser=True)
session = SessionStore()
session[SESSION_KEY] = user.pk
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
print(json.dumps({"name": settings.SESSION_COOKIE_NAME, "value": session.session_key}))
"""
COMMIT = """
from events.actors import Subject, build_command_actor
from events.changes import changes
with changes(build_command_actor("test")) as change:
    for number in range({count}):
        change.event("test.happened", Subject("test", "{subject}"), topic="requests", audience="owners")
print("{{}}")
"""
SIGN_OUT = """
from django.contrib.sessions.models import Session
Session.objects.all().delete()
print("{}")
"""
LISTEN = """
async () => {
    const { openStream } = await import("/static/countersign/stream.js");
    window.heard = { events: [], states: [], resets: 0, documentEvents: 0, documentStates: [] };
    document.addEventListener("countersign:event", () => { heard.documentEvents += 1; });
    document.addEventListener("countersign:state", ({ detail }) => heard.documentStates.push(detail.state));
    openStream({
        topics: ["requests"],
        onEvent: (event) => heard.events.push(event.subject.id),
        onReset: () => { heard.resets += 1; },
        onState: (state) => heard.states.push(state),
    });
}
"""


class Site:
    """The server on one data folder and port; it can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.variables = {
            "COUNTERSIGN_DATA_DIR": str(folder / "data"),
            "COUNTERSIGN_KEYS_FILE": str(folder / "keys" / "countersign.keys"),
            "COUNTERSIGN_BIND": f"127.0.0.1:{self.port}",
            "DATABASE_URL": "",
            "REDIS_URL": "",
        }
        self.address = f"http://127.0.0.1:{self.port}"
        self.server = ExitStack()

    def start(self) -> None:
        server = self.server.enter_context(running(["manage.py", "up", "--no-relay"], **self.variables))
        server.wait_for_line(lambda line: line.startswith("Countersign is at "))

    def stop(self) -> None:
        self.server.close()

    def run(self, code: str) -> dict[str, Any]:
        """What the code prints, as JSON."""
        finished = subprocess.run(
            [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code],
            cwd=ROOT,
            env={**os.environ, **self.variables},
            stdout=subprocess.PIPE,
            check=True,
            timeout=60,
        )
        answer: dict[str, Any] = json.loads(finished.stdout)
        return answer

    def commit(self, subject: str, count: int = 1) -> None:
        self.run(COMMIT.format(subject=subject, count=count))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"))
    site.start()
    yield site
    site.stop()


@pytest.fixture
def context(chromium: Browser, site: Site) -> Iterator[BrowserContext]:
    """A signed-in browser."""
    cookie = site.run(SIGN_IN)
    context = chromium.new_context()
    context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": site.address}])
    yield context
    context.close()


def listen(context: BrowserContext, site: Site) -> Page:
    """A page of ours whose own scripts stay away, with a stream that notes what it hears."""
    page = context.new_page()
    page.route("**/countersign/page.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    page.goto(f"{site.address}/admin/password_change/")
    page.evaluate(LISTEN)
    return page


def heard(page: Page, wanted: str) -> dict[str, Any]:
    """Wait until the condition over `heard` holds; what was heard by then."""
    ends_at = time.monotonic() + DEADLINE_S
    # Playwright's own waiting evaluates text in the page, which our policy forbids.
    while not page.evaluate(wanted):
        assert time.monotonic() < ends_at, page.evaluate("heard")
        page.wait_for_timeout(20)
    found: dict[str, Any] = page.evaluate("heard")
    return found


def test_events_arrive_over_the_websocket(context: BrowserContext, site: Site) -> None:
    page = listen(context, site)
    first = heard(page, "heard.states.includes('live')")
    assert (first["states"], first["resets"]) == (["connecting", "live"], 1)
    site.commit("burst", count=300)
    found = heard(page, "heard.events.length >= 300")
    assert (found["events"], found["documentEvents"], found["documentStates"]) == (
        ["burst"] * 300,
        300,
        ["live"],
    )
    assert int(page.evaluate("sessionStorage['countersign:cursor']")) >= 300


def test_next_page_of_the_tab_goes_on_where_this_one_stood(context: BrowserContext, site: Site) -> None:
    page = listen(context, site)
    heard(page, "heard.states.includes('live')")
    page.goto("about:blank")
    site.commit("between")
    page.goto(f"{site.address}/admin/password_change/")
    page.evaluate(LISTEN)
    found = heard(page, "heard.events.length")
    assert (found["events"], found["resets"]) == (["between"], 0)


def test_without_websockets_the_page_asks(context: BrowserContext, site: Site) -> None:
    context.route_web_socket("**/ws/events/**", lambda socket: socket.close(code=1000, reason="blocked"))
    page = listen(context, site)
    heard(page, "heard.states.includes('polling')")
    site.commit("asked", count=150)
    found = heard(page, "heard.events.length >= 150")
    assert (found["events"], "live" in found["states"]) == (["asked"] * 150, False)
    # Later ones end a long poll: each is one call that answers with news, not one of many that ask in vain.
    answers: list[str] = []
    page.on(
        "response", lambda answer: answers.append(answer.url) if "/api/v1/events/" in answer.url else None
    )
    site.commit("told")
    heard(page, "heard.events.length >= 151")
    assert answers
    assert all("wait=25" in url for url in answers)


def test_restart_of_the_server_loses_nothing(context: BrowserContext, site: Site) -> None:
    page = listen(context, site)
    heard(page, "heard.states.includes('live')")
    site.stop()
    heard(page, "heard.states.includes('waiting')")
    site.commit("meanwhile", count=3)
    site.start()
    found = heard(page, "heard.events.length >= 3 && heard.states.at(-1) === 'live'")
    assert (found["events"], found["resets"]) == (["meanwhile"] * 3, 1)


def test_ended_session_is_shown(context: BrowserContext, site: Site) -> None:
    page = listen(context, site)
    heard(page, "heard.states.includes('live')")
    site.run(SIGN_OUT)
    found = heard(page, "heard.states.includes('signed-out')")
    assert found["states"] == ["connecting", "live", "waiting", "signed-out"]
