"""Deciding in the inbox: by click, by key, by touch, without scripts, and against somebody else."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.admin.opened import READ_MS
from tests.browser.conftest import INBOX, PHONE, Enter, Visitor, World

pytestmark = pytest.mark.browser

# In place of the script that keeps a page true: what a slow network looks like to the person at it.
NO_LIVE = """
export const follow = () => {};
export const followRegions = () => {};
export const fetchPage = async () => null;
export const showWaiting = () => {};
export const signature = (element) => element.outerHTML;
export const replaceIfChanged = () => false;
"""


def row(page: Page, request_id: str) -> Locator:
    return page.locator(f"#row-{request_id}")


def wait_live(page: Page) -> None:
    expect(page.locator("[data-live-state=live]").first).to_be_attached()


def open_inbox(visitor: Visitor, query: str = "") -> Page:
    page = visitor.go(INBOX + query)
    wait_live(page)
    return page


def open_stale_inbox(visitor: Visitor) -> Page:
    visitor.page.route(
        "**/countersign/live.js", lambda route: route.fulfill(content_type="text/javascript", body=NO_LIVE)
    )
    return visitor.go(INBOX)


def focused_row(page: Page) -> str | None:
    found: str | None = page.evaluate("document.activeElement.closest('tr.row')?.dataset.id ?? null")
    return found


def test_a_click_approves_and_the_row_stays_greyed(enter: Enter, world: World) -> None:
    request_id = world.ask("git status")
    page = open_inbox(enter())
    expect(page).to_have_title("(1) Inbox | Countersign")
    row(page, request_id).get_by_role("button", name="Approve").click()
    expect(row(page, request_id)).to_contain_text("Approved by Alice")
    expect(row(page, request_id)).to_have_class(re.compile("settled"))
    expect(row(page, request_id).get_by_role("button")).to_have_count(0)
    expect(page.get_by_text("Approved: git status")).to_be_visible()
    expect(page).to_have_title("Inbox | Countersign")
    assert world.tell(request_id) == {
        "state": "approved",
        "decided_by": "Alice",
        "message": "",
        "door": "admin",
    }


def test_keys_move_approve_and_help(enter: Enter, world: World) -> None:
    older, newer = world.ask("ls"), world.ask("pwd", session_id="ses_9")
    page = open_inbox(enter())
    page.keyboard.press("j")
    assert focused_row(page) == newer
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert focused_row(page) == older
    page.keyboard.press("k")
    assert focused_row(page) == newer
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    assert world.tell(newer)["state"] == "pending"
    page.keyboard.press("a")
    expect(row(page, newer)).to_contain_text("Approved by Alice")
    page.wait_for_function(f"document.activeElement.dataset.id === '{older}'")
    assert (world.tell(newer)["state"], world.tell(older)["state"]) == ("approved", "pending")


def test_keys_do_nothing_without_a_row_in_focus_or_while_typing(enter: Enter, world: World) -> None:
    request_id = world.ask("ls")
    page = open_inbox(enter())
    page.keyboard.press("a")
    page.keyboard.press("d")
    page.get_by_label("Search").fill("")
    page.keyboard.type("jad?")
    assert page.get_by_label("Search").input_value() == "jad?"
    page.get_by_label("Search").fill("ls")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?*q=ls*")
    row(page, request_id).focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Shift+A")
    expect(row(page, request_id).get_by_role("button", name="Approve")).to_be_visible()
    assert world.tell(request_id)["state"] == "pending"


def test_d_opens_the_request_at_its_message(enter: Enter, world: World) -> None:
    request_id = world.ask("rm -rf build")
    page = open_inbox(enter())
    page.keyboard.press("j")
    page.keyboard.press("d")
    page.wait_for_url(f"**/{request_id}/change/#reason")
    expect(page.get_by_label("Message to the agent")).to_be_focused()
    assert world.tell(request_id)["state"] == "pending"


def test_a_on_a_row_that_hides_something_opens_it(enter: Enter, world: World) -> None:
    request_id = world.ask("cat a\u202eb")
    page = open_inbox(enter())
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.wait_for_url(f"**/{request_id}/change/")
    expect(page.get_by_role("heading", name="Look twice")).to_be_visible()
    assert world.tell(request_id)["state"] == "pending"


def test_the_slower_of_two_is_told_who_won(enter: Enter, world: World) -> None:
    request_id = world.ask("git push")
    alice, bob = enter("Alice"), enter("Bob", expected=("409",))
    pages = [open_stale_inbox(alice), open_stale_inbox(bob)]
    pages[0].get_by_role("button", name="Approve").click()
    expect(pages[0].get_by_text("Approved: git push")).to_be_visible()
    pages[1].get_by_role("button", name="Deny").click()
    expect(pages[1].get_by_text("Note: Alice approved it already.")).to_be_visible()
    assert (world.tell(request_id)["state"], world.tell(request_id)["decided_by"]) == ("approved", "Alice")


def test_rows_come_and_grey_out_by_themselves(enter: Enter, world: World) -> None:
    first = world.ask("ls")
    page = open_inbox(enter())
    second = world.ask("git fetch", session_id="ses_9")
    expect(row(page, second)).to_be_visible()
    expect(page).to_have_title("(2) Inbox | Countersign")
    assert page.locator("tr.row").evaluate_all("rows => rows.map(row => row.dataset.id)") == [second, first]
    world.decide(first, "Bob", "deny")
    expect(row(page, first)).to_contain_text("Denied by Bob")
    expect(row(page, first)).to_have_class(re.compile("settled"))
    expect(page.locator("#header [data-waiting-number]").first).to_have_text("1")
    expect(page).to_have_title("(1) Inbox | Countersign")


def test_the_first_row_of_an_empty_inbox_appears(enter: Enter, world: World) -> None:
    page = open_inbox(enter())
    expect(page.get_by_text("Nothing waits for you.")).to_be_visible()
    request_id = world.ask("ls")
    expect(row(page, request_id).get_by_role("button", name="Approve")).to_be_visible()
    expect(page.get_by_text("Nothing waits for you.")).to_have_count(0)


def test_nothing_moves_under_the_pointer(enter: Enter, world: World) -> None:
    first = world.ask("ls")
    page = open_inbox(enter())
    row(page, first).hover()
    second = world.ask("git fetch", session_id="ses_9")
    show = page.get_by_role("button", name="Show 1 new request")
    expect(show).to_be_visible()
    expect(row(page, second)).to_have_count(0)
    show.click()
    expect(row(page, second)).to_be_visible()
    expect(show).to_be_hidden()


def test_a_row_that_has_just_changed_takes_no_press(enter: Enter, world: World) -> None:
    request_id = world.ask("ls", sealed=False)
    page = open_inbox(enter())
    expect(row(page, request_id)).to_contain_text("arriving")
    page.evaluate(
        """(id) => new MutationObserver((changes, observer) => {
            const button = document.querySelector(`#row-${id} button[data-act=approve]`);
            if (button) { observer.disconnect(); setTimeout(() => button.click()); }
        }).observe(document.querySelector("#rows"), { childList: true, subtree: true })""",
        request_id,
    )
    world.seal(request_id, command="ls")
    expect(page.get_by_text("Note: This request has just changed. Look again.")).to_be_visible()
    assert world.tell(request_id)["state"] == "pending"
    expect(row(page, request_id).get_by_role("button", name="Approve")).to_be_visible()


def test_an_ended_session_leads_to_the_login_page(enter: Enter, world: World) -> None:
    request_id = world.ask("ls")
    visitor = enter()
    page = open_stale_inbox(visitor)
    visitor.context.clear_cookies(name=re.compile("session"))
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url("**/admin/login/**")
    assert world.tell(request_id)["state"] == "pending"


def test_everything_works_without_scripts(enter: Enter, world: World) -> None:
    approved, denied = world.ask("ls"), world.ask("rm -rf /srv", session_id="ses_9")
    page = enter(java_script_enabled=False).go(INBOX)
    row(page, approved).get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved: ls", exact=True)).to_be_visible()
    expect(row(page, approved)).to_have_count(0)
    page.get_by_label("Search").fill("rm")
    page.get_by_role("button", name="Search").click()
    row(page, denied).get_by_role("link", name="rm -rf /srv").click()
    page.get_by_label("Message to the agent").fill("Not this folder.")
    # Nobody decides what has been before them for less than a second.
    page.wait_for_timeout(READ_MS + 200)
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_text("Denied: rm -rf /srv")).to_be_visible()
    page.go_back()
    page.goto(page.url.split("/admin/")[0] + INBOX)
    page.get_by_role("link", name="Decided", exact=True).click()
    expect(page.locator("tr.row")).to_have_count(2)
    assert (world.tell(approved)["state"], world.tell(denied)["message"]) == ("approved", "Not this folder.")


def test_a_thumb_decides_on_a_phone(enter: Enter, world: World) -> None:
    first, second = world.ask("ls"), world.ask("git push origin HEAD", session_id="ses_9")
    page = open_inbox(enter(**PHONE))
    for request_id, name in ((first, "Approve"), (second, "Deny")):
        button = row(page, request_id).get_by_role("button", name=name)
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 40
        button.tap()
    expect(row(page, first)).to_contain_text("Approved by Alice")
    expect(row(page, second)).to_contain_text("Denied by Alice")
    assert [world.tell(request_id)["state"] for request_id in (first, second)] == ["approved", "denied"]
    page.get_by_label("Menu").first.tap()
    page.get_by_role("link", name="Dashboard").first.tap()
    page.wait_for_url("**/admin/")


def test_a_viewer_watches_and_presses_nothing(enter: Enter, world: World) -> None:
    request_id = world.ask("ls")
    page = open_inbox(enter("Vera"), "?tab=pending")
    expect(row(page, request_id)).to_contain_text("not yours to decide")
    page.keyboard.press("j")
    page.keyboard.press("d")
    world.decide(request_id, "Bob", "approve")
    expect(row(page, request_id)).to_contain_text("Approved by Bob")
    assert page.url.endswith(f"{INBOX}?tab=pending")
