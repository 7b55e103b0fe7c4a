"""The request page in a browser: reading, deciding, and staying true while one reads."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import INBOX, PHONE, Enter, Visitor, World, note_new_buttons
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
    read_new_buttons = note_new_buttons(page)
    world.seal(request_id, command="ls", description="List the files")
    expect(page.get_by_role("heading", name="Arguments")).to_be_visible()
    # What has just changed can't be pressed for a moment.
    assert read_new_buttons() == {True}
    assert page.get_by_label("Message to the agent").input_value() == "half a sen"
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


def test_high_risk_asks_for_its_word(enter: Enter, world: World) -> None:
    request_id = world.ask("cd build && rm -rf cache")
    page = open_request(enter(), request_id)
    expect(page.get_by_role("heading", name="High risk", exact=True)).to_be_visible()
    page.wait_for_timeout(READ_MS)
    page.keyboard.press("a")
    word = page.get_by_label("To approve, type rm")
    expect(word).to_be_focused()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("To approve what is of high risk, type rm.")).to_be_visible()
    assert world.tell(request_id)["state"] == "pending"
    word.fill("rm")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".state-line")).to_contain_text("Approved by Alice")


def test_keys_claim_comment_and_put_off(enter: Enter, world: World) -> None:
    request_id = world.ask("git push origin main")
    page = open_request(enter(), request_id)
    page.keyboard.press("c")
    expect(page.locator(".state-line")).to_contain_text("you look at it")
    page.keyboard.press("m")
    page.keyboard.type("Which **branch**?")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".comment-list strong", has_text="branch")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("z")
    page.get_by_role("button", name="1 hour").click()
    expect(page.locator(".state-line")).to_contain_text("put off for")
    assert world.tell(request_id)["state"] == "pending"


def test_a_comment_of_somebody_else_appears_and_what_is_typed_stays(enter: Enter, world: World) -> None:
    request_id = world.ask("ls")
    page = open_request(enter(), request_id)
    other = open_request(enter("Bob"), request_id)
    page.get_by_label("Say something to your team").fill("half a sen")
    other.get_by_label("Say something to your team").fill("I look at it.")
    other.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".comment-list")).to_contain_text("I look at it.")
    assert page.get_by_label("Say something to your team").input_value() == "half a sen"


def test_a_page_without_scripts_needs_its_second_too(enter: Enter, world: World) -> None:
    request_id = world.ask("ls")
    page = enter(java_script_enabled=False, expected=("409",)).go(f"{INBOX}{request_id}/change/")
    page.get_by_label("Message to the agent").fill("my words")
    page.get_by_role("button", name="Deny").click()
    if world.tell(request_id)["state"] == "pending":
        expect(page.get_by_text("The page was open for less than a second.")).to_be_visible()
        assert page.get_by_label("Message to the agent").input_value() == "my words"
        page.wait_for_timeout(READ_MS)
        page.get_by_role("button", name="Deny").click()
    expect(page.locator(".state-line")).to_contain_text("Denied by Alice")
