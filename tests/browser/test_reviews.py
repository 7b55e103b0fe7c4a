"""The review page in a browser: it stays true while one reads, and decides what is on the screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Enter, Visitor, World
from tests.browser.test_inbox import wait_live

pytestmark = pytest.mark.browser

REVIEWS = "/admin/reviews/review/"
READ_MS = 1100


def open_review(visitor: Visitor, review_id: str) -> Page:
    page = visitor.go(f"{REVIEWS}{review_id}/change/")
    wait_live(page)
    return page


def test_the_page_follows_a_change_and_approves_what_it_shows(enter: Enter, world: World) -> None:
    """Alice asks, Bob reads; Alice changes it meanwhile, and Bob approves with a key."""
    made = world.backstage.run("wide_rule", user=world.names["Alice"], value="curl https://a.example/*")
    reader, asker = enter("Bob"), enter("Alice")
    page = open_review(reader, made["review"])
    own = open_review(asker, made["review"])
    expect(own.get_by_text("Nobody reviews what they")).to_be_visible()
    expect(page.get_by_text("curl https://a.example/*", exact=True)).to_be_visible()
    page.get_by_label("Reason").fill("Half a thought")
    world.backstage.run("wide_rule", user=world.names["Alice"], value="curl https://b.example/*", **made)
    expect(page.get_by_text("curl https://b.example/*", exact=True)).to_be_visible()
    expect(page.get_by_text("votes so far are stale")).to_be_visible()
    assert page.get_by_label("Reason").input_value() == "Half a thought"
    page.wait_for_timeout(READ_MS)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("a")
    expect(page.get_by_text("Approved; it has taken effect.")).to_be_visible()
    expect(own.locator(".state-line")).to_contain_text("approved")
    assert world.backstage.run("tell_rule", id=made["rule"]) == {
        "state": "active",
        "value": "curl https://b.example/*",
        "review": "approved",
    }


def test_rejecting_on_a_phone_needs_a_reason(enter: Enter, world: World) -> None:
    made = world.backstage.run("wide_rule", user=world.names["Alice"], value="wget *")
    # The page is answered again with what was wrong.
    page = open_review(enter("Bob", expected=("400",), **PHONE), made["review"])
    page.wait_for_timeout(READ_MS)
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Say why: whoever asked reads it.")).to_be_visible()
    page.get_by_label("Reason").fill("wget fetches anything.")
    page.wait_for_timeout(READ_MS)
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Rejected. Whoever asked reads why.")).to_be_visible()
    expect(page.locator(".decision-message")).to_contain_text("wget fetches anything.")
    told = world.backstage.run("tell_rule", id=made["rule"])
    assert (told["state"], told["review"]) == ("draft", "rejected")


def test_the_page_follows_after_a_refused_press(enter: Enter, world: World) -> None:
    made = world.backstage.run("wide_rule", user=world.names["Alice"], value="nc *")
    reader = enter("Bob", expected=("400",))
    page = open_review(reader, made["review"])
    address = page.url
    page.wait_for_timeout(READ_MS)
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Say why: whoever asked reads it.")).to_be_visible()
    expect(page).to_have_url(address)
    wait_live(page)
    world.backstage.run("withdraw_review", user=world.names["Alice"], id=made["review"])
    expect(page.locator(".state-line")).to_contain_text("withdrawn")
    page.reload()
    expect(page.locator(".state-line")).to_contain_text("withdrawn")


def test_the_list_follows_what_is_decided(enter: Enter, world: World) -> None:
    made = world.backstage.run("wide_rule", user=world.names["Alice"], value="ssh *")
    page = enter("Bob").go(REVIEWS)
    wait_live(page)
    expect(page.get_by_role("link", name="Rule: A wide rule")).to_be_visible()
    world.backstage.run("withdraw_review", user=world.names["Alice"], id=made["review"])
    expect(page.get_by_text("Nothing waits for you.")).to_be_visible()
