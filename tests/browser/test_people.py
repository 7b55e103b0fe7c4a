"""Coming in by an invitation, being asked for one's password again, being logged out from elsewhere."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Enter, World
from tests.browser.test_inbox import wait_live

pytestmark = pytest.mark.browser

ADD = "/admin/accounts/invitation/add/"
LOGINS = "/admin/accounts/loginsession/"
NEW_PASSWORD = "some long words here"


def fill_invitation(page: Page, username: str) -> None:
    page.get_by_label("Username").fill(username)
    page.get_by_label("Name", exact=True).fill("Nora Neu")
    page.get_by_label("Role").select_option("viewer")


@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
def test_an_invited_person_comes_in(enter: Enter, world: World, screen: dict[str, object]) -> None:
    """The link is copied from one screen and opened on another; it works once."""
    alice, nora = enter(**screen), enter("Vera", expected=("410",), **screen)
    nora.context.clear_cookies()
    page = alice.go(ADD)
    fill_invitation(page, f"nora-{world.names['Alice']}")
    page.get_by_role("button", name="Invite a person").click()
    expect(page.get_by_text("Nothing is mailed")).to_be_visible()
    link = page.locator("#secret").input_value().removeprefix(nora.address)
    hers = nora.go(link)
    expect(hers.get_by_role("heading", name="Welcome, Nora Neu")).to_be_visible()
    hers.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    hers.get_by_label("New password confirmation").fill(NEW_PASSWORD)
    hers.get_by_role("button", name="Set password and log in").click()
    hers.wait_for_url("**/admin/")
    expect(nora.go(link).get_by_role("heading", name="This link no longer works")).to_be_visible()
    expect(alice.go("/admin/accounts/invitation/").get_by_text("No invitation is open.")).to_be_visible()


def test_a_form_sent_too_late_goes_on_with_the_password(enter: Enter, world: World) -> None:
    """403 is the answer that asks; what was filled in is carried along, by keyboard alone."""
    password = world.backstage.run("password", user=world.names["Alice"])["password"]
    alice = enter(expected=("403",))
    page = alice.go(ADD)
    fill_invitation(page, f"late-{world.names['Alice']}")
    assert world.backstage.run("age_logins", user=world.names["Alice"]) == {"aged": 1}
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Enter your password again")).to_be_visible()
    page.keyboard.type("not it")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("That is not your password.")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Invitation of Nora Neu")).to_be_visible()


def test_an_old_login_is_asked_before_the_form(enter: Enter, world: World) -> None:
    password = world.backstage.run("password", user=world.names["Alice"])["password"]
    page = enter().go("/admin/")
    world.backstage.run("age_logins", user=world.names["Alice"])
    page.goto(page.url.replace("/admin/", ADD))
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(f"**{ADD}")
    expect(page.get_by_label("Username")).to_be_visible()


def test_logging_out_elsewhere_ends_its_live_page(enter: Enter, world: World) -> None:
    """Also the websocket: the other page says by itself that it is signed out."""
    here, there = enter(), enter(expected=("WebSocket",))
    other = there.go("/admin/")
    wait_live(other)
    page = here.go(LOGINS)
    expect(page.locator("#result_list tbody tr")).to_have_count(2)
    expect(page.get_by_text("here", exact=True)).to_have_count(1)
    page.get_by_role("button", name="Log me out everywhere else").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(other.locator("[data-live-state]")).to_have_attribute("data-live-state", "signed-out")
    other.reload()
    expect(other.get_by_role("heading", name="Log in")).to_be_visible()
