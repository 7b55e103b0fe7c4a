"""Every page on a desk and on a phone, light and dark: a quiet console, nothing wider than the screen."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, INBOX, PHONE, Enter, World
from tests.browser.test_inbox import wait_live

pytestmark = pytest.mark.browser

DIFF = "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-print('a')\n+print('" + "b" * 300 + "')\n"
PAGES = [
    "/admin/",
    INBOX,
    f"{INBOX}?tab=all",
    "/admin/governance/whitelistaction/",
    "/admin/governance/whitelistaction/add/",
    "/admin/governance/whitelisttarget/",
    "/admin/governance/whitelisttarget/add/",
    "/admin/mcp_servers/mcpserver/",
    "/admin/mcp_servers/mcpserver/add/",
    "/admin/mcp_servers/mcpserver/import/",
    "/admin/mcp_servers/mcpincident/",
    "/admin/engines/engine/",
    "/admin/engines/chat/",
    "/admin/engines/subagent/",
    "/admin/accounts/user/",
    "/admin/accounts/user/add/",
    "/admin/accounts/team/",
    "/admin/accounts/apitoken/",
    "/admin/accounts/apitoken/add/",
    "/admin/accounts/invitation/",
    "/admin/accounts/invitation/add/",
    "/admin/accounts/loginsession/",
    "/admin/accounts/sshkey/",
    "/admin/accounts/sshkey/add/",
    "/admin/confirm-password/",
    "/admin/password_change/",
]
# Pages of one object: the list, and which link of it to follow.
OBJECTS = [
    "/admin/mcp_servers/mcpserver/",
    "/admin/engines/engine/",
    "/admin/engines/chat/",
    "/admin/engines/subagent/",
    "/admin/accounts/team/",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_fits_and_is_quiet(
    enter: Enter, world: World, screen: dict[str, Any], scheme: str
) -> None:
    edit = world.ask(
        "x", permission="edit", patterns=["a.py"], metadata={"diff": DIFF}, session_id="ses_child"
    )
    odd = world.ask("curl https://example.org/" + "a" * 600 + "\u202e", session_id="ses_root")
    world.backstage.run("mcp_server", user=world.names["Alice"], name="clock")
    visitor = enter(color_scheme=scheme, **screen)
    pages = [*PAGES, f"{INBOX}{edit}/change/", f"{INBOX}{odd}/change/", f"{INBOX}{odd}/history/"]
    for path in OBJECTS:
        link = visitor.go(path).locator("#result_list tbody a").first
        pages.append(link.get_attribute("href") or "")
    too_wide = {}
    for path in pages:
        page = visitor.go(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > screen["viewport"]["width"]:
            too_wide[path] = width
    assert too_wide == {}


def test_the_dashboard_follows_what_happens(enter: Enter, world: World) -> None:
    page = enter().go("/admin/")
    wait_live(page)
    tile = page.get_by_role("link", name="Waiting for a decision")
    expect(tile.locator(".tile-number")).to_have_text("0")
    request_id = world.ask("git fetch")
    expect(tile.locator(".tile-number")).to_have_text("1")
    expect(page.get_by_role("link", name="git fetch")).to_be_visible()
    world.decide(request_id, "Bob", "approve")
    expect(tile.locator(".tile-number")).to_have_text("0")
    expect(page.locator("#dashboard")).to_contain_text("Bob,")


def test_other_pages_keep_their_badge(enter: Enter, world: World) -> None:
    page = enter().go("/admin/accounts/team/")
    wait_live(page)
    world.ask("ls")
    expect(page.locator(".menu-side [data-waiting-number]")).to_have_text("1")


def test_the_theme_can_be_chosen_and_is_remembered(enter: Enter) -> None:
    visitor = enter(color_scheme="light")
    page = visitor.go("/admin/")
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    toggle = page.get_by_role("button", name="Toggle theme")
    toggle.click()
    dark = page.evaluate(colour)
    assert light != dark
    visitor.go(INBOX)
    assert page.evaluate(colour) == dark


def test_menus_close_on_escape_and_outside(enter: Enter) -> None:
    page = enter().go("/admin/")
    menu, item = page.locator(".person-menu summary"), page.get_by_role("button", name="Log out")
    for close in (lambda: page.keyboard.press("Escape"), lambda: page.mouse.click(600, 600)):
        menu.click()
        expect(item).to_be_visible()
        close()
        expect(item).to_be_hidden()


def test_logging_in_and_out(enter: Enter, world: World) -> None:
    password = world.backstage.run("password", user=world.names["Alice"])["password"]
    visitor = enter()
    visitor.context.clear_cookies()
    page = visitor.go(INBOX)
    page.get_by_label("Username").fill(world.names["Alice"])
    page.get_by_label("Password").fill("not it")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("This username and password don't fit together.")
    page.get_by_label("Username").fill(world.names["Alice"])
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"**{INBOX}")
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    page.locator(".person-menu summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="You are logged out")).to_be_visible()
