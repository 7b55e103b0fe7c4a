"""MCP servers in a browser: asked for, checked and probed while one looks on, approved by another person."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from relay.opencode.errors import EngineUnreachable
from tests.browser.conftest import PHONE, Enter, World
from tests.browser.test_inbox import wait_live
from tests.browser.test_release_journey import Site, build, log_in, publish, real
from tests.crash.conftest import run_async, wait_until
from tests.support.mcp_store import STOCK

__all__ = ["real"]

pytestmark = pytest.mark.browser

SERVERS = "/admin/mcp_servers/mcpserver/"
# Fetched from an index once; then it lies in the kept store.
CHECK_TIMEOUT_MS = 180_000
ENTRY = """{"mcp": {"far": {"type": "remote", "url": "https://mcp.example.com/mcp",
  "headers": {"Authorization": "Bearer ghp_abcdefghijklmnopqrstuvwxyz0123456789"}}}}"""


def ask_for_time(page: Page) -> None:
    """The stock server, as a person types it."""
    _, identifier, version, _ = STOCK["time"]
    page.get_by_label("Name", exact=True).first.fill("clock")
    page.get_by_label("Package", exact=True).fill(identifier)
    page.get_by_label("Exact version").fill(version)
    page.get_by_label("Arguments").fill("--local-timezone\nEurope/Berlin")
    page.get_by_label("Why it is needed").fill("Agents ask for the **time**.")
    page.get_by_role("button", name="Ask for it").click()


def wait_until_checked(page: Page) -> None:
    """The open page says it by itself."""
    expect(page.locator(".state-line .pill").first).to_have_text("needs review", timeout=CHECK_TIMEOUT_MS)


@pytest.mark.engine
def test_a_real_server_is_asked_for_probed_approved_and_released(
    enter: Enter, world: World, real: Site
) -> None:
    """From the form to the engine, which runs what was approved."""
    alice, bob = enter("Alice"), enter("Bob")
    page = log_in(alice, world, SERVERS)
    page.get_by_role("link", name="Ask for a server").click()
    ask_for_time(page)
    expect(page.get_by_text("clock is asked for. It is being checked.")).to_be_visible()
    wait_until_checked(page)
    expect(page.get_by_text("Nobody reviews what they")).to_be_visible()
    address = page.url

    page = bob.page
    page.goto(address)
    wait_live(page)
    expect(page.get_by_role("heading", name="convert_time")).to_be_visible()
    expect(page.get_by_role("heading", name="get_current_time")).to_be_visible()
    page.get_by_role("checkbox", name="On convert_time").uncheck()
    page.get_by_role("button", name="Keep this choice").click()
    expect(page.get_by_text("An approval now switches on 1.")).to_be_visible()
    word = page.locator("#confirmation")
    if word.count():
        word.fill("clock")
    approve_here(page)
    expect(page.locator(".state-line .pill").first).to_have_text("approved")
    alice.page.goto(address)
    expect(alice.page.locator(".state-line .pill").first).to_have_text("approved")

    publish(build(alice, real))
    wait_until(lambda: list_running(real) == {"clock": "connected"}, "the engine to run what was approved")
    alice.page.goto(address)
    engines = alice.page.locator("section", has=alice.page.get_by_role("heading", name="Engines"))
    expect(engines.get_by_role("link", name=f"real-{world.names['Alice']}")).to_be_visible()


def approve_here(page: Page) -> None:
    page.wait_for_timeout(1100)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved. The next release of your engines holds it.")).to_be_visible()


def list_running(site: Site) -> dict[str, str]:
    """{server: what the engine says of it}; nothing while it still starts them."""

    async def ask() -> dict[str, str]:
        async with site.engine.build_client() as client:
            return await client.list_mcp_servers(str(site.engine.project))

    try:
        return run_async(ask)
    except EngineUnreachable:
        return {}


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desk", "phone"])
def test_the_form_shows_what_belongs_to_the_chosen_way(enter: Enter, options: dict[str, Any]) -> None:
    page = enter("Alice", **options).go(f"{SERVERS}add/")
    package, program = page.get_by_label("Package", exact=True), page.get_by_label("Program", exact=True)
    expect(package).to_be_visible()
    expect(program).to_be_hidden()
    page.get_by_label("A server somewhere else").check()
    expect(package).to_be_hidden()
    expect(page.get_by_label("Address")).to_be_visible()
    page.get_by_role("button", name="Add a header").click()
    row = page.locator(".entry-row").last
    value, secret = row.locator("[name=header_value]"), row.locator("[name=header_secret]")
    expect(value).to_be_visible()
    expect(secret).to_be_hidden()
    row.locator("[name=header_kind]").select_option("secret")
    expect(secret).to_be_visible()
    expect(value).to_be_hidden()
    row.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No headers.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_import_fills_the_form_and_asks_without_a_script(enter: Enter) -> None:
    page = enter("Alice", java_script_enabled=False).go(f"{SERVERS}import/")
    page.get_by_label("Paste it").fill(ENTRY)
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_text("Values of secrets were not taken over.")).to_be_visible()
    expect(page.get_by_label("Name", exact=True).first).to_have_value("far")
    expect(page.get_by_label("Address")).to_have_value("https://mcp.example.com/mcp")
    assert "ghp_" not in page.content()
    page.get_by_label("Why it is needed").fill("A trial.")
    page.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_text("far is asked for. It is being checked.")).to_be_visible()


def test_the_list_follows_what_is_asked_for(enter: Enter, world: World) -> None:
    reader, asker = enter("Bob"), enter("Alice")
    page = reader.go(SERVERS)
    wait_live(page)
    expect(page.get_by_text("No MCP server yet.")).to_be_visible()
    form = asker.go(f"{SERVERS}add/")
    form.get_by_label("Name", exact=True).first.fill("own-tool")
    form.get_by_label("A program that is installed where the engine runs").check()
    form.get_by_label("Program", exact=True).fill("/usr/bin/no-such-server")
    form.get_by_label("Why it is needed").fill("For us.")
    form.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_role("link", name="own-tool")).to_be_visible()
    wait_until_checked(form)
