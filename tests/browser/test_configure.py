"""The forms of what is configured in a browser: the code editor, rows, the preview, what is not saved."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.browser.conftest import PHONE, Enter, World

pytestmark = pytest.mark.browser


def configure(world: World) -> dict[str, str]:
    return world.backstage.run("configure", user=world.names["Alice"])


def open_form(enter: Enter, kind: str, object_id: str, **options: Any) -> Page:
    return enter("Alice", **options).go(f"/configure/{kind}/{object_id}/edit/")


def type_body(page: Page, text: str) -> None:
    """Write into the code editor, in place of what stands there."""
    body = page.get_by_role("textbox", name="Body")
    body.click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(text)


def test_a_prompt_is_written_in_the_code_editor_with_its_agent_file_beside_it(
    enter: Enter, world: World
) -> None:
    ids = configure(world)
    page = open_form(enter, "prompts", ids["prompt"])
    preview = page.locator("#preview")
    expect(preview).to_contain_text("agent/reviewer.md")
    type_body(page, "Review {{language}} in {{tone}} words.")
    expect(preview.locator("pre")).to_contain_text("Review Python in {{tone}} words.")
    problem = page.locator("[data-field=body]").get_by_text("{{tone}} is no variable of this prompt")
    expect(problem).to_be_visible()
    page.get_by_role("button", name="Add a variable").click()
    page.keyboard.type("tone")
    row = page.locator(".variable-row").last
    row.get_by_label("Default", exact=True).fill("kind")
    expect(preview.locator("pre")).to_contain_text("Review Python in kind words.")
    expect(problem).to_have_count(0)
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    page.get_by_label("Note on this version").fill("friendlier")
    page.get_by_role("button", name="Save as version 3").click()
    expect(page.get_by_text("Saved as version 3.")).to_be_visible()
    told = world.backstage.run("tell_prompt", id=ids["prompt"])
    assert (told["version"], told["content"]["body"]) == (3, "Review {{language}} in {{tone}} words.")
    assert [variable["name"] for variable in told["content"]["variables"]] == ["language", "tone"]


def test_rules_are_moved_by_keys_and_buttons_and_lints_follow_their_rows(enter: Enter, world: World) -> None:
    ids = configure(world)
    page = open_form(enter, "agents", ids["agent"])
    rows = page.locator(".rule-row")
    expect(rows).to_have_count(3)
    lint = rows.nth(1).locator(".row-problems")
    expect(lint).to_contain_text("git status * is looser than a rule for every agent")
    rows.nth(1).get_by_label("Pattern").focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(rows.nth(2).get_by_label("Pattern")).to_have_value("git status *")
    expect(rows.nth(2).get_by_label("Pattern")).to_be_focused()
    expect(page.locator("[data-rows-status]")).to_have_text("Moved to 3 of 3.")
    expect(rows.nth(2).locator(".row-problems")).to_contain_text("looser")
    rows.nth(0).get_by_role("button", name="Remove").press("Enter")
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Add a rule").press("Enter")
    rows.nth(2).get_by_label("Tool").fill("webfetch")
    rows.nth(2).get_by_label("Does").select_option("deny")
    expect(page.locator("#preview pre")).to_contain_text("webfetch: deny")
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    told = world.backstage.run("tell_agent", id=ids["agent"])
    assert [(rule["permission"], rule["pattern"], rule["action"]) for rule in told["content"]["rules"]] == [
        ("edit", "*", "ask"),
        ("bash", "git status *", "allow"),
        ("webfetch", "*", "deny"),
    ]


def test_another_prompts_variables_come_with_it(enter: Enter, world: World) -> None:
    ids = configure(world)
    page = open_form(enter, "agents", ids["agent"])
    value = page.get_by_label("language", exact=True)
    value.fill("Go")
    expect(page.locator("#preview pre")).to_contain_text("Review Go code.")
    page.get_by_label("Prompt", exact=True).select_option("")
    expect(value).to_have_count(0)
    page.get_by_label("Prompt", exact=True).select_option("Reviewer")
    expect(value).to_be_visible()


def test_leaving_what_is_not_saved_is_asked_first(enter: Enter, world: World) -> None:
    ids = configure(world)
    page = open_form(enter, "instructions", ids["instruction"])
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_role("link", name="Cancel").click()
    expect(page).to_have_url(re.compile(r"/configure/instructions/[a-z0-9]{15}/$"))
    page.go_back()
    type_body(page, "Write more tests.")
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    assert asked == ["beforeunload"]
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    assert asked == ["beforeunload"]


def test_an_overtaken_edit_shows_both_and_keeps_what_was_typed(enter: Enter, world: World) -> None:
    ids = configure(world)
    page = open_form(enter, "prompts", ids["prompt"], expected=("409",))
    type_body(page, "Mine.")
    world.backstage.run(
        "change_prompt", user=world.names["Alice"], id=ids["prompt"], body="Theirs.", note="quicker"
    )
    page.get_by_role("button", name="Save as version 3").click()
    conflict = page.get_by_role("alert")
    expect(conflict).to_contain_text("saved version 3 while you were writing")
    expect(conflict).to_contain_text("quicker")
    expect(conflict.locator(".diff-left").first).to_contain_text("Theirs.")
    expect(conflict.locator(".diff-right").first).to_contain_text("Mine.")
    expect(page.get_by_role("textbox", name="Body")).to_contain_text("Mine.")
    page.get_by_role("button", name="Save mine as version 4").click()
    expect(page.get_by_text("Saved as version 4.")).to_be_visible()
    assert world.backstage.run("tell_prompt", id=ids["prompt"])["content"]["body"] == "Mine."


def test_without_a_script_the_same_form_works(enter: Enter, world: World) -> None:
    ids = configure(world)
    page = open_form(enter, "prompts", ids["prompt"], java_script_enabled=False)
    page.locator("textarea[name=body]").fill("Plain {{place}}.")
    page.get_by_role("button", name="Declare those in the text").click()
    names = [field.input_value() for field in page.locator("input[name=variable_name]").all()]
    assert names == ["language", "place"]
    page.get_by_role("button", name="Preview", exact=True).click()
    expect(page.locator("#preview pre")).to_contain_text("Plain {{place}}.")
    page.get_by_role("button", name="Save as version 3").click()
    expect(page.get_by_text("Saved as version 3.")).to_be_visible()
    told = world.backstage.run("tell_prompt", id=ids["prompt"])
    assert told["content"]["body"] == "Plain {{place}}."


def test_a_phone_shows_every_page_without_scrolling_sideways(enter: Enter, world: World) -> None:
    ids = configure(world)
    visitor = enter("Alice", **PHONE)
    paths = [
        *("/configure/", "/configure/production/", "/configure/labels/", "/configure/agents/"),
        *(f"/configure/prompts/{ids['prompt']}/{view}" for view in ("", "edit/", "versions/", "history/")),
        *(f"/configure/{kind}/{ids[key]}/edit/" for kind, key in (("agents", "agent"), ("models", "model"))),
    ]
    for path in paths:
        page = visitor.go(path)
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, path
