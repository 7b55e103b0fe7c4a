"""The request page in a browser: reading, deciding, and staying true while one reads."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import INBOX, PHONE, Enter, Visitor, World
from tests.browser.test_inbox import NO_LIVE, wait_live

pytestmark = pytest.mark.browser

READ_MS = 1100


def open_request(visitor: Visitor, request_id: str) -> Page:
    page = visitor.go(f"{INBOX}{request_id}/change/")
    wait_live(page)
    return page


def test_denying_with_a_message(enter: Enter, world: World) -> None:
    request_id = world.ask("rm -rf node_modules")
    page = open_request(enter(), request_id)
    page.get_by_label("Message to the agent").fill("Use npm ci.\nThe lock file is the truth.")
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_text("Denied: rm -rf node_modules")).to_be_visible()
    expect(page.locator(".state-line")).to_contain_text("Denied by Alice")
    expect(page.get_by_role("button", name="Deny")).to_have_count(0)
    assert world.tell(request_id) == {
        "state": "denied",
        "decided_by": "Alice",
        "message": "Use npm ci.\nThe lock file is the truth.",
        "door": "admin",
    }


def test_the_a_key_waits_until_it_can_have_been_read(enter: Enter, world: World) -> None:
    request_id = world.ask("ls")
    visitor = enter()
    page = open_request(visitor, request_id)
    page.wait_for_timeout(READ_MS)
    page.get_by_label("Message to the agent").focus()
    page.keyboard.press("a")
    assert page.get_by_label("Message to the agent").input_value() == "a"
    page.get_by_label("Message to the agent").fill("")
    page.get_by_role("link", name="History").focus()
    page.keyboard.press("a")
    assert world.tell(request_id)["state"] == "pending"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("a")
    expect(page.get_by_text("Approved: ls")).to_be_visible()
    assert world.tell(request_id)["state"] == "approved"


def test_the_d_key_opens_the_message_and_decides_nothing(enter: Enter, world: World) -> None:
    request_id = world.ask("ls")
    page = open_request(enter(), request_id)
    page.keyboard.press("d")
    expect(page.get_by_label("Message to the agent")).to_be_focused()
    page.keyboard.type("dad")
    page.keyboard.press("Enter")
    assert page.get_by_label("Message to the agent").input_value() == "dad\n"
    assert world.tell(request_id)["state"] == "pending"


def test_arguments_arrive_while_one_looks(enter: Enter, world: World) -> None:
    request_id = world.ask("ls", sealed=False)
    page = open_request(enter(), request_id)
    expect(page.get_by_role("button", name="Approve")).to_be_disabled()
    page.get_by_label("Message to the agent").fill("half a sen")
    world.seal(request_id, command="ls", description="List the files")
    expect(page.get_by_role("heading", name="Arguments")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_be_enabled()
    assert page.get_by_label("Message to the agent").input_value() == "half a sen"
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Note: The page has just changed. Read it, then decide.")).to_be_visible()
    page.wait_for_timeout(READ_MS)
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".state-line")).to_contain_text("Approved by Alice")


def test_somebody_elses_decision_shows_at_once(enter: Enter, world: World) -> None:
    request_id = world.ask("ls")
    page = open_request(enter(), request_id)
    world.decide(request_id, "Bob", "deny")
    expect(page.locator(".state-line")).to_contain_text("Denied by Bob")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    expect(page.locator(".timeline")).to_contain_text("Bob denied")


def test_a_press_that_comes_too_late_names_the_winner(enter: Enter, world: World) -> None:
    request_id = world.ask("ls")
    visitor = enter(expected=("409",))
    visitor.page.route(
        "**/countersign/live.js", lambda route: route.fulfill(content_type="text/javascript", body=NO_LIVE)
    )
    page = visitor.go(f"{INBOX}{request_id}/change/")
    world.decide(request_id, "Bob", "approve")
    page.wait_for_timeout(READ_MS)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Bob approved it already.")).to_be_visible()
    assert world.tell(request_id)["decided_by"] == "Bob"


def test_the_bar_stays_in_reach_on_a_phone(enter: Enter, world: World) -> None:
    request_id = world.ask("echo " + "long " * 2000)
    page = open_request(enter(**PHONE), request_id)
    expect(page.get_by_role("button", name="Approve")).to_be_in_viewport()
    page.mouse.wheel(0, 4000)
    expect(page.get_by_role("button", name="Approve")).to_be_in_viewport()
    page.wait_for_timeout(READ_MS)
    page.get_by_role("button", name="Approve").tap()
    expect(page.locator(".state-line")).to_contain_text("Approved by Alice")
