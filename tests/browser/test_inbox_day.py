"""Whole days in the inbox: 300 requests by keys alone, 40 by thumb, two at the same rows, no connection."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from tests.browser.conftest import INBOX, PHONE, Enter, World
from tests.browser.test_inbox import focused_row, open_inbox, row, wait_live

pytestmark = pytest.mark.browser

# Nothing is approved or denied that has not been on the screen for a second.
READ_MS = 1100
SMALLEST_PX = 44


def ask(program: str, count: int, session: str = "") -> list[dict[str, str]]:
    """`count` requests for one program, each of a session of its own unless one is named."""
    name = program.replace(" ", "-")
    return [
        {"command": f"{program} {number}", "session_id": session or f"ses_{name}_{number}"}
        for number in range(count)
    ]


def wait_read(page: Page) -> None:
    """Until the page has been on the screen long enough."""
    page.evaluate(
        """(least) => new Promise((resolve) => {
            const [{ responseStart }] = performance.getEntriesByType("navigation");
            const isRead = () => performance.now() - responseStart > least;
            const look = () => (isRead() ? resolve() : requestAnimationFrame(look));
            look();
        })""",
        READ_MS,
    )


def select_first(page: Page, count: int) -> None:
    """By keys: the first `count` rows."""
    page.keyboard.press("j")
    page.keyboard.press("x")
    for _ in range(count - 1):
        page.keyboard.press("Shift+J")
    expect(page.locator("#selected-count")).to_have_text(f"{count} selected")


def search(page: Page, words: str) -> None:
    """By keys: look for words, and wait for the list of them."""
    page.keyboard.press("/")
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/?*q={words.replace(' ', '+')}*")
    wait_live(page)


def tab_back_to(page: Page, element: Locator) -> None:
    """By keys: from the page's end backwards until the element has the focus."""
    for _ in range(12):
        page.keyboard.press("Shift+Tab")
        if element.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("the element is not among the last that the tab key reaches")


def tab_forward_to(page: Page, element: Locator) -> None:
    for _ in range(4):
        page.keyboard.press("Tab")
        if element.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("the element is not among the next that the tab key reaches")


def deny_selected(page: Page, count: int) -> None:
    page.keyboard.press("d")
    button = page.get_by_role("button", name=f"Deny {count} requests")
    expect(button).to_be_visible()
    tab_back_to(page, page.get_by_label("One message"))
    page.keyboard.type("Not from here.")
    wait_read(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{count} of {count} denied.")).to_be_visible()


def approve_selected(page: Page, count: int) -> None:
    page.keyboard.press("a")
    button = page.get_by_role("button", name=f"Approve {count} requests")
    expect(button).to_be_visible()
    assert page.locator(".bulk-items pre").count() == count
    tab_back_to(page, button)
    wait_read(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{count} of {count} approved.")).to_be_visible()


def approve_each(page: Page, ids: list[str]) -> None:
    """One after another: the focus goes to the next by itself."""
    page.keyboard.press("j")
    for request_id in ids:
        expect(row(page, request_id)).to_be_focused()
        page.keyboard.press("a")
    expect(row(page, ids[-1])).to_contain_text("Approved by Alice")


def test_a_day_of_300_requests_by_keys_alone(enter: Enter, world: World) -> None:
    plan: dict[str, list[str]] = {}
    asked = [
        *ask("npm test", 150),
        *ask("curl http", 100),
        *ask("git log", 44),
        *ask("make docs", 4),
        *ask("cat notes", 2),
    ]
    ids = world.ask_many(asked)
    assert len(ids) == 300
    for request_id, values in zip(ids, asked, strict=True):
        plan.setdefault(values["command"].split(" ")[0], []).append(request_id)
    page = open_inbox(enter())
    expect(page).to_have_title("(300) Inbox | Countersign")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")

    for word, act in (("npm", approve_selected), ("curl", deny_selected)):
        search(page, word)
        for _ in range(len(plan[word]) // 50):
            select_first(page, 50)
            act(page, 50)
            wait_live(page)
        expect(page.get_by_text("Nothing here matches.")).to_be_visible()
    search(page, "git")
    approve_each(page, plan["git"])
    for request_id in plan["make"]:
        search(page, "make")
        deny_on_its_page(page, request_id)
    put_off_the_first(page, plan["cat"])

    ends: dict[str, list[Any]] = {
        "npm": ["approved", "Alice", 1, ""],
        "curl": ["denied", "Alice", 1, "Not from here."],
        "git": ["approved", "Alice", 1, ""],
        "make": ["denied", "Alice", 1, "Use the task runner."],
        "cat": ["pending", "", 0, ""],
    }
    assert world.tell_all() == {pk: ends[word] for word, keys in plan.items() for pk in keys}


def deny_on_its_page(page: Page, request_id: str) -> None:
    page.keyboard.press("j")
    assert focused_row(page) == request_id
    page.keyboard.press("d")
    expect(page.get_by_label("Message to the agent")).to_be_focused()
    page.keyboard.type("Use the task runner.")
    deny = page.get_by_role("button", name="Deny", exact=True)
    expect(deny).to_be_enabled()
    wait_read(page)
    tab_forward_to(page, deny)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Denied:")).to_be_visible()
    page.goto(page.url.split("/admin/")[0] + INBOX)
    wait_live(page)


def put_off_the_first(page: Page, ids: list[str]) -> None:
    """Claim and snooze; the tabs show where each is now."""
    first, second = ids
    page.keyboard.press("j")
    assert focused_row(page) == first
    page.keyboard.press("c")
    expect(row(page, first)).to_contain_text("you look at it")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("z")
    expect(row(page, first)).to_contain_text("put off")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/?tab=pending")
    assert page.locator("tr.row").evaluate_all("rows => rows.map(row => row.dataset.id)") == [first, second]
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url(re.compile(r"/permissionrequest/\??$"))
    assert page.locator("tr.row").evaluate_all("rows => rows.map(row => row.dataset.id)") == [second]


def test_forty_requests_by_thumb(enter: Enter, world: World) -> None:
    """Fewer than by keys: a thumb is slower, and what happens is the same."""
    asked = [*ask("git log", 6), *ask("make docs", 4), *ask("npm test", 20), *ask("curl http", 10)]
    ids = world.ask_many(asked)
    plan: dict[str, list[str]] = {}
    for request_id, values in zip(ids, asked, strict=True):
        plan.setdefault(values["command"].split(" ")[0], []).append(request_id)
    page = open_inbox(enter(**PHONE))
    assert find_small(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for request_id in plan["git"]:
        row(page, request_id).get_by_role("button", name="Approve").tap()
        expect(row(page, request_id)).to_contain_text("Approved by Alice")
    for request_id in plan["make"]:
        row(page, request_id).get_by_role("button", name="Deny").tap()
        expect(row(page, request_id)).to_contain_text("Denied by Alice")
    for word, verb, words in (("npm", "Approve", "approved"), ("curl", "Deny", "denied")):
        for request_id in plan[word]:
            row(page, request_id).get_by_label("Select").tap()
        count = len(plan[word])
        page.get_by_role("button", name=f"{verb} selected…").tap()
        button = page.get_by_role("button", name=f"{verb} {count} requests")
        expect(button).to_be_visible()
        if verb == "Deny":
            page.get_by_label("One message").fill("Not from here.")
        wait_read(page)
        button.tap()
        expect(page.get_by_text(f"{count} of {count} {words}.")).to_be_visible()
        wait_live(page)
    expect(page.get_by_text("Nothing waits for you.")).to_be_visible()
    ends: dict[str, list[Any]] = {
        "npm": ["approved", "Alice", 1, ""],
        "curl": ["denied", "Alice", 1, "Not from here."],
        "git": ["approved", "Alice", 1, ""],
        "make": ["denied", "Alice", 1, ""],
    }
    assert world.tell_all() == {pk: ends[word] for word, keys in plan.items() for pk in keys}


def find_small(page: Page) -> list[str]:
    """What can be pressed in the list and is lower or narrower than a thumb."""
    found: list[str] = page.evaluate(
        """(least) => [...document.querySelectorAll(
            "a.tab, a.chip, summary, label.pick, button".replace(/(^|, )/g, "$1#changelist "))]
          .filter((element) => element.checkVisibility() && !element.hidden)
          .map((element) => [element.textContent.trim(), element.getBoundingClientRect()])
          .filter(([, box]) => box.width > 0 && (box.height < least - 0.5 || box.width < least - 0.5))
          .map(([words, box]) => `${words}: ${box.width} x ${box.height}`)""",
        SMALLEST_PX,
    )
    return found


def test_two_at_the_same_rows_decide_each_once(enter: Enter, world: World) -> None:
    ids = world.ask_many(ask("git log", 12))
    people = {"Alice": "approve", "Bob": "deny"}
    pages = {name: open_inbox(enter(name, expected=("409",))) for name in people}
    for number, request_id in enumerate(ids):
        for name in list(people)[:: 1 if number % 2 else -1]:
            press = f"document.querySelector('#row-{request_id} [data-act={people[name]}]')?.click()"
            pages[name].evaluate(press)
    for page in pages.values():
        for request_id in ids:
            expect(row(page, request_id)).to_have_class(re.compile("settled"))
    told = world.tell_all()
    verbs = {"approved": "Approved", "denied": "Denied"}
    states = {"Alice": "approved", "Bob": "denied"}
    for request_id in ids:
        state, winner, votes, message = told[request_id]
        assert (state, votes, message) == (states[winner], 1, "")
        for page in pages.values():
            expect(row(page, request_id)).to_contain_text(f"{verbs[state]} by {winner}")


def test_after_an_outage_the_list_is_as_if_nothing_had_been(enter: Enter, world: World) -> None:
    first, second = world.ask_many(ask("git log", 2))
    visitor = enter(expected=("ERR_INTERNET_DISCONNECTED", "WebSocket"))
    page = open_inbox(visitor)
    visitor.context.set_offline(True)
    expect(page.get_by_text("No connection: what stands here may be old")).to_be_visible()
    third = world.ask("git fetch", session_id="ses_later")
    world.decide(first, "Bob", "approve")
    row(page, second).get_by_role("button", name="Approve").click()
    expect(page.get_by_text("No answer came.")).to_be_visible()
    visitor.context.set_offline(False)
    page.mouse.move(1, 1)
    expect(page.locator("#offline")).to_be_hidden()
    expect(row(page, first)).to_contain_text("Approved by Bob")
    expect(row(page, third)).to_be_visible()
    expect(page).to_have_title("(2) Inbox | Countersign")
    assert world.tell(second)["state"] == "pending"
    row(page, second).get_by_role("button", name="Approve").click()
    expect(row(page, second)).to_contain_text("Approved by Alice")


def test_a_socket_that_the_server_closed_is_opened_again_and_misses_nothing(
    enter: Enter, world: World
) -> None:
    first = world.ask("git log")
    visitor = enter()
    sockets: list[WebSocketRoute] = []

    def pass_on(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    visitor.page.route_web_socket("**/ws/events/**", pass_on)
    page = open_inbox(visitor)
    sockets[0].close(code=1012)
    expect(page.locator("[data-live-state=waiting]").first).to_be_attached()
    world.decide(first, "Bob", "deny")
    second = world.ask("git fetch", session_id="ses_later")
    expect(row(page, first)).to_contain_text("Denied by Bob")
    expect(row(page, second)).to_be_visible()
    wait_live(page)
    assert len(sockets) == 2


def test_where_no_socket_gets_through_the_page_asks(enter: Enter, world: World) -> None:
    visitor = enter()
    visitor.page.route_web_socket("**/ws/events/**", lambda socket: socket.close(code=1011))
    page = visitor.go(INBOX)
    expect(page.locator("[data-live-state=polling]").first).to_be_attached()
    request_id = world.ask("git fetch")
    expect(row(page, request_id)).to_be_visible()
    world.decide(request_id, "Bob", "approve")
    expect(row(page, request_id)).to_contain_text("Approved by Bob")
