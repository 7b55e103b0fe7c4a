"""A procedure's way in a browser: written, talked about, sent back, revised, approved, sealed, verified."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Enter, World

pytestmark = pytest.mark.browser

ADD = "/admin/procedures/proposal/add/"
TEXT = "## Purpose\n\nEverybody deploys alike.\n\n## Steps\n\n1. Deploy.\n"
READ_MS = 1100


def write(page: Page, slug: str, text: str) -> None:
    page.get_by_label("Slug").fill(slug)
    page.get_by_label("Name", exact=True).fill("Deploy the shop")
    page.get_by_label("Description").fill("Before a new version goes to people.")
    page.get_by_label("Review by").fill("2099-01-31")
    page.get_by_label("Text").fill(text)
    page.get_by_role("button", name="Add proposal").click()


def approve(page: Page) -> None:
    """The button takes no press before what it is about could have been read."""
    expect(page.get_by_role("button", name="Approve")).to_be_visible()
    page.wait_for_timeout(READ_MS)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved; it has taken effect.")).to_be_visible()


def test_a_procedure_from_its_first_draft_to_its_seal(enter: Enter, world: World) -> None:
    slug = f"deploy-{world.names['team']}"
    author, reviewer = enter("Alice"), enter("Bob", **PHONE)
    page = author.go(ADD)
    write(page, slug, "Deploy.")
    expect(page.get_by_text("The heading “Purpose” is missing")).to_be_visible()
    page.get_by_role("link", name="Revise…").click()
    page.get_by_label("Text").fill(TEXT)
    page.get_by_role("button", name="Revise Deploy the shop").click()
    expect(page.get_by_text("Nothing was found.")).to_be_visible()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Submitted. Whoever may approve it")).to_be_visible()
    address = page.url.removeprefix(author.address)

    other = reviewer.go(address)
    other.get_by_role("link", name="Comment on line 7").click()
    assert other.get_by_role("spinbutton").input_value() == "7"
    other.get_by_label("Say something to your team").fill("Who is **asked** before?")
    other.get_by_role("button", name="Comment", exact=True).click()
    expect(other.locator(".source-said")).to_contain_text("Who is asked before?")
    other.get_by_role("button", name="Request changes…").click()
    other.get_by_label("Reason").fill("Say who is asked.")
    other.get_by_role("button", name="Request changes", exact=True).click()
    expect(other.get_by_text("Sent back.")).to_be_visible()

    page = author.go(address)
    expect(page.locator(".pill").first).to_contain_text("changes requested")
    page.get_by_role("button", name="Settle").click()
    expect(page.get_by_text("settled by Alice").first).to_be_visible()
    page.get_by_role("link", name="Revise…").click()
    page.get_by_label("Text").fill(TEXT.replace("1. Deploy.", "1. Ask on call.\n2. Deploy."))
    page.get_by_role("button", name="Revise Deploy the shop").click()
    expect(page.get_by_role("region", name="Difference of text")).to_contain_text("1. Ask on call.")
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("link", name="decide there").click()
    expect(page.get_by_text("Nobody reviews what they")).to_be_visible()

    other = reviewer.go(address)
    other.get_by_role("link", name="decide there").click()
    expect(other.get_by_text("+1. Ask on call.")).to_be_visible()
    approve(other)
    other = reviewer.go(address)
    other.get_by_role("link", name=f"version 1 of {slug}").click()
    expect(other.get_by_text("seal holds").first).to_be_visible()
    assert other.evaluate("document.documentElement.scrollWidth") <= 390
    other.get_by_role("button", name="Verify").click()
    expect(other.get_by_text("Every seal holds: 1 version.")).to_be_visible()

    page = author.go("/admin/procedures/sop/")
    page.get_by_role("link", name="Deploy the shop").click()
    page.get_by_role("link", name="Propose another version…").click()
    assert page.get_by_label("Slug").input_value() == slug
    assert "1. Ask on call." in page.get_by_label("Text").input_value()
