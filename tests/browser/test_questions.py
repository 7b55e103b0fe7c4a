"""Questions in a browser: answered with the keyboard, on a phone, without JavaScript, and seen live."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Enter, Visitor, World
from tests.browser.test_inbox import wait_live

pytestmark = pytest.mark.browser

QUESTIONS = "/admin/governance/question/"
COLOUR: dict[str, Any] = {
    "header": "Colour",
    "question": "Which colour shall the new button have?",
    "options": [
        {"label": "Red", "description": "Warm, and already used for what can't be undone."},
        {"label": "Blue", "description": "As every other button."},
    ],
}
TOPPINGS: dict[str, Any] = {
    "header": "Checks",
    "question": "What shall run before each push?",
    "options": [{"label": "Tests"}, {"label": "Linter"}, {"label": "Type checker"}],
    "multiple": True,
}


def ask(world: World, *items: dict[str, Any]) -> str:
    return str(world.backstage.run("question", engine=world.names["engine"], items=list(items))["id"])


def open_question(visitor: Visitor, question_id: str) -> Page:
    return visitor.go(f"{QUESTIONS}{question_id}/change/")


def tell(world: World, question_id: str) -> dict[str, Any]:
    return world.backstage.run("tell_question", id=question_id)


def test_a_question_comes_into_an_open_list_and_is_answered_with_the_keyboard(
    enter: Enter, world: World
) -> None:
    visitor = enter()
    page = visitor.go(QUESTIONS)
    wait_live(page)
    question_id = ask(world, COLOUR)
    page.get_by_role("link", name=COLOUR["question"]).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Question")
    page.get_by_label("Red").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Blue")).to_be_checked()
    page.get_by_role("button", name="Answer").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Answered. The agent goes on.")).to_be_visible()
    assert tell(world, question_id) == {
        "state": "answered",
        "answers": [["Blue"]],
        "replies": ["answer"],
    }


def test_several_are_answered_on_a_phone_without_javascript(enter: Enter, world: World) -> None:
    question_id = ask(world, TOPPINGS, COLOUR)
    page = open_question(enter(**PHONE, java_script_enabled=False), question_id)
    page.get_by_label("Tests").check()
    page.get_by_label("Type checker").check()
    page.get_by_label("None of these").check()
    page.get_by_label("In my own words", exact=True).last.fill("Green")
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_text("Answered. The agent goes on.")).to_be_visible()
    assert tell(world, question_id)["answers"] == [["Tests", "Type checker"], ["Green"]]


def test_rejecting_asks_once_more(enter: Enter, world: World) -> None:
    question_id = ask(world, COLOUR)
    page = open_question(enter(), question_id)
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Its agent stops its turn")).to_be_visible()
    assert tell(world, question_id)["state"] == "open"
    page.get_by_role("button", name="Reject").click()
    expect(page.locator(".state-line")).to_contain_text("rejected")
    assert tell(world, question_id) == {"state": "rejected", "answers": [], "replies": ["reject"]}


def test_an_open_page_tells_that_somebody_else_answered(enter: Enter, world: World) -> None:
    question_id = ask(world, COLOUR)
    first, second = enter("Alice", expected=("409",)), enter("Bob")
    page = open_question(first, question_id)
    wait_live(page)
    page.get_by_label("Red").check()
    other = open_question(second, question_id)
    other.get_by_label("Blue").check()
    other.get_by_role("button", name="Answer").click()
    expect(page.locator(".state-line")).to_contain_text("answered")
    # What was chosen is still there, and is not taken for an answer.
    expect(page.get_by_label("Red")).to_be_checked()
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_text("answered it already").first).to_be_visible()
    assert tell(world, question_id)["answers"] == [["Blue"]]
