"""What is not well, in a browser: said on every page, and on those that are open without being asked."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE, Enter, World
from tests.browser.test_inbox import wait_live

pytestmark = pytest.mark.browser

AWAY = "No connection to the engine."


@pytest.mark.parametrize(
    ("screen", "path"), [(DESK, "/admin/"), (PHONE, "/configure/")], ids=["desk", "phone"]
)
def test_an_open_page_hears_what_goes_wrong_and_that_it_is_well_again(
    enter: Enter, world: World, screen: dict[str, object], path: str
) -> None:
    """A real fault, found by the portal's own rounds, told over the websocket; nothing on the page moves."""
    page = enter(**screen).go(path)
    banner = page.locator("#health-banner")
    wait_live(page)
    title = page.locator("h1").first
    before = title.bounding_box()
    world.backstage.run("age_engine", engine=world.names["engine"])
    expect(banner).to_contain_text(f"offline: {AWAY}")
    assert title.bounding_box() == before
    # Opened anew, it stands in the page and leads to what it is about.
    page.reload()
    banner.get_by_role("link", name="Engine build-").click()
    expect(page.locator("#changes tbody tr").first).to_contain_text(AWAY)
    wait_live(page)
    world.backstage.run("pause_engine", engine=world.names["engine"])
    expect(page.locator("#facts")).to_contain_text("not looked at")
    expect(banner).to_have_text("")
