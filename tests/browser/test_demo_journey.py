"""A newcomer's first minutes on the real engine: the demo's link, an approval, a denial with a message."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.relay.demo.demo_process import PASSWORD, Demo, start, wait_until

pytestmark = [pytest.mark.engine, pytest.mark.browser]

DEADLINE_MS = 60_000
MESSAGE = "Use the staging folder."


@pytest.fixture
def demo(opencode_binary: Path, tmp_path: Path) -> Iterator[Demo]:
    with start(tmp_path / "demo") as running:
        running.wait_until_ready()
        yield running


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A fresh browser; anything on its console fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 860})
    context.set_default_timeout(DEADLINE_MS)
    expect.set_options(timeout=DEADLINE_MS)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def approve_when_read(page: Page) -> None:
    """The button takes no press before what it is about could have been read."""

    def press() -> bool:
        page.get_by_role("button", name="Approve").click()
        return page.get_by_text("approved").first.is_visible()

    wait_until(press)


def test_a_newcomer_approves_one_request_and_denies_another(demo: Demo, page: Page, tmp_path: Path) -> None:
    readme = tmp_path / "demo" / "project" / "README.md"
    before = readme.read_text()

    page.goto(demo.link[0])
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    page.get_by_role("button", name="Set password and log in").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()

    page.get_by_role("link", name="Inbox").first.click()
    edit = page.locator("tr", has_text="README.md").first
    edit.get_by_role("link", name="Review").click()
    expect(page.locator(".diff")).to_be_visible()
    approve_when_read(page)
    wait_until(lambda: readme.read_text() != before)

    page.goto(f"{demo.link[1]}/admin/governance/permissionrequest/")
    page.locator("tr", has_text="git log").locator("a.command").first.click()
    page.get_by_label("Message to the agent").fill(MESSAGE)
    chat = page.locator("a[href*='/engines/chat/']").first.get_attribute("href")
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_text("denied").first).to_be_visible()

    def agent_has_read_it() -> bool:
        page.goto(f"{demo.link[1]}{chat}")
        return f"Understood: {MESSAGE}" in page.inner_text("main, #content")

    wait_until(agent_has_read_it)
