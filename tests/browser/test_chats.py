"""A chat in a browser: writing, reading as it comes, and deciding in place what its agent asks."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Enter, Visitor, World, note_new_buttons
from tests.browser.test_inbox import wait_live

pytestmark = pytest.mark.browser

SESSION = "ses_talk"
READ_MS = 1200


def begin(world: World, name: str = "Alice", session: str = SESSION) -> str:
    answer = world.backstage.run(
        "begin_chat", user=world.names[name], engine=world.names["engine"], session=session, title="Totals"
    )
    chat = str(answer["id"])
    # What the requests and questions of these tests name as the message that asked.
    say(world, chat, 1, "Please mend the total.", role="user")
    return chat


def open_chat(visitor: Visitor, chat: str) -> Page:
    page = visitor.go(f"/chats/{chat}/")
    wait_live(page)
    return page


def say(world: World, chat: str, number: int, text: str, **values: object) -> None:
    names = {"message": f"msg_{number}", "part": f"prt_{number}"}
    world.backstage.run("say", chat=chat, text=text, **names, **values)


def tell(world: World, chat: str) -> dict[str, object]:
    return world.backstage.run("tell_chat", id=chat)


def test_what_one_writes_is_queued_and_can_be_taken_back(enter: Enter, world: World) -> None:
    chat = begin(world)
    world.backstage.run("give_turn", chat=chat, state="busy")
    page = open_chat(enter(), chat)
    page.get_by_label("Agent").select_option("plan")
    page.get_by_label("Message", exact=True).fill("First line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Messages to be sent")).to_contain_text("It is the agent's turn.")
    expect(page.get_by_label("Message", exact=True)).to_have_value("")
    assert tell(world, chat)["prompts"] == [["queued", "First line\nsecond line", "plan"]]
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("Withdrawn: the agent never sees it.")).to_be_visible()
    expect(page.locator("#queue li")).to_have_count(0)
    expect(page.locator("#conversation")).to_contain_text("withdrawn")


def test_an_engine_that_goes_away_while_its_agent_works_is_told_and_its_return_too(
    enter: Enter, world: World
) -> None:
    chat = begin(world)
    world.backstage.run("give_turn", chat=chat, state="busy")
    page = open_chat(enter(), chat)
    expect(page.locator("#turn")).to_contain_text("The agent is working")
    world.backstage.run("lose_engine", engine=world.names["engine"])
    expect(page.locator("#turn")).to_contain_text("The engine is offline.")
    expect(page.locator("#chat-head")).to_contain_text("out of reach")
    world.backstage.run("lose_engine", engine=world.names["engine"], state="online")
    expect(page.locator("#turn")).to_contain_text("The agent is working")


def test_what_the_agent_says_comes_while_one_looks_and_a_draft_stays(enter: Enter, world: World) -> None:
    chat = begin(world)
    page = open_chat(enter(), chat)
    page.get_by_label("Message", exact=True).fill("half a sen")
    say(world, chat, 2, "I have **found** it.")
    expect(page.locator("#conversation strong", has_text="found")).to_be_visible()
    page.keyboard.type("tence")
    expect(page.get_by_label("Message", exact=True)).to_have_value("half a sentence")
    page.reload()
    expect(page.get_by_label("Message", exact=True)).to_have_value("half a sentence")


def test_a_request_comes_and_is_approved_in_place(enter: Enter, world: World) -> None:
    chat = begin(world)
    page = open_chat(enter(), chat)
    read_new_buttons = note_new_buttons(page)
    request = world.ask("npm test", session_id=SESSION)
    approve = page.get_by_role("button", name="Approve")
    expect(approve).to_be_enabled()
    assert read_new_buttons() == {True}
    approve.click()
    expect(page.locator(f"#r-{request}")).to_contain_text("Approved by Alice")
    assert world.tell(request)["state"] == "approved"


def test_a_danger_is_read_in_place_and_takes_its_word(enter: Enter, world: World) -> None:
    chat = begin(world)
    request = world.ask("rm -rf node_modules", session_id=SESSION)
    page = open_chat(enter(), chat)
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    page.get_by_role("link", name="Read and decide").click()
    expect(page.get_by_role("heading", name="High risk", exact=True)).to_be_visible()
    page.wait_for_timeout(READ_MS)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("To approve what is of high risk, type rm.")).to_be_visible()
    assert world.tell(request)["state"] == "pending"
    page.get_by_label("To approve, type").fill("rm")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(f"#r-{request}")).to_contain_text("Approved by Alice")
    assert page.url.endswith(f"/chats/{chat}/")


def test_what_is_read_stays_open_while_the_page_changes(enter: Enter, world: World) -> None:
    chat = begin(world)
    request = world.ask("rm -rf node_modules", session_id=SESSION)
    page = open_chat(enter(), chat)
    page.get_by_role("link", name="Read and decide").click()
    page.get_by_label("Message to the agent").fill("Use npm ci")
    say(world, chat, 2, "Meanwhile I go on.")
    expect(page.locator("#conversation")).to_contain_text("Meanwhile I go on.")
    page.keyboard.type(".")
    expect(page.get_by_label("Message to the agent")).to_have_value("Use npm ci.")
    page.get_by_role("button", name="Deny").click()
    expect(page.locator(f"#r-{request}")).to_contain_text("Denied by Alice")
    assert world.tell(request)["message"] == "Use npm ci."


def test_a_request_that_somebody_else_decides_says_so(enter: Enter, world: World) -> None:
    chat = begin(world)
    request = world.ask("rm -rf node_modules", session_id=SESSION)
    page = open_chat(enter(), chat)
    page.get_by_role("link", name="Read and decide").click()
    expect(page.get_by_role("heading", name="High risk", exact=True)).to_be_visible()
    world.decide(request, "Bob", "deny")
    expect(page.locator(f"#r-{request}")).to_contain_text("Denied by Bob")
    expect(page.get_by_role("button", name="Deny")).to_have_count(0)


def test_the_keys_decide_what_is_in_focus_and_nothing_held_or_typed(enter: Enter, world: World) -> None:
    chat = begin(world)
    request = world.ask("npm test", session_id=SESSION)
    page = open_chat(enter(), chat)
    page.wait_for_timeout(READ_MS)
    page.keyboard.press("w")
    page.keyboard.type("a")
    expect(page.get_by_label("Message", exact=True)).to_have_value("a")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.locator(f"#r-{request}")).to_be_focused()
    assert world.tell(request)["state"] == "pending"
    page.keyboard.press("a")
    expect(page.locator(f"#r-{request}")).to_contain_text("Approved by Alice")


def test_the_d_key_opens_the_message_and_decides_nothing(enter: Enter, world: World) -> None:
    chat = begin(world)
    request = world.ask("npm test", session_id=SESSION)
    page = open_chat(enter(), chat)
    page.keyboard.press("d")
    expect(page.get_by_label("Message to the agent")).to_be_focused()
    assert world.tell(request)["state"] == "pending"


def test_a_question_is_answered_in_place(enter: Enter, world: World) -> None:
    chat = begin(world)
    page = open_chat(enter(), chat)
    world.backstage.run("question", engine=world.names["engine"], session_id=SESSION)
    page.get_by_label("Blue").check()
    page.get_by_role("button", name="Answer").click()
    expect(page.locator("#conversation")).to_contain_text("by Alice")
    expect(page.get_by_label("Blue")).to_have_count(0)


STREAM = """async (frames) => {
    const { takeDelta } = await import("/static/chats/streaming.js");
    return frames.map((frame) => takeDelta(frame, () => {}));
}"""


def test_pieces_of_text_are_put_together_and_give_way_to_the_stored_text(enter: Enter, world: World) -> None:
    chat = begin(world)
    page = open_chat(enter(), chat)
    piece = {"message": "msg_2", "part": "prt_2", "kind": "text"}
    frames = [
        {**piece, "offset": 0, "text": "Looking **at"},
        {**piece, "offset": 0, "text": "Looking **at"},
        {**piece, "offset": 8, "text": "**at it** now <b>"},
        {**piece, "offset": 99, "text": "lost"},
    ]
    assert page.evaluate(STREAM, frames) == [True, True, True, False]
    expect(page.locator("#conversation [data-part=prt_2]")).to_have_text("Looking at it now <b>")
    expect(page.locator("#conversation [data-part=prt_2] strong")).to_have_text("at it")
    say(world, chat, 2, "Looking **at it** now <b> and done")
    expect(page.locator("#conversation [data-part=prt_2]")).to_have_text("Looking at it now <b> and done")
    expect(page.locator("#conversation [data-message=msg_2]")).to_have_count(1)


def test_only_what_somebody_looks_at_is_read(enter: Enter, world: World) -> None:
    chat = begin(world)
    assert tell(world, chat)["readers"] == []
    visitor = enter()
    page = open_chat(visitor, chat)
    expect(page.locator("#chat[data-unread=no]")).to_have_count(1)
    page = visitor.go("/chats/")
    expect(page.locator(f"[data-id='{chat}'] .unread")).to_have_count(0)
    assert tell(world, chat)["readers"] == [world.names["Alice"]]


def test_the_list_is_walked_by_keys_and_stays_true(enter: Enter, world: World) -> None:
    chats = [begin(world, session=f"ses_k{number}") for number in range(2)]
    page = enter().go("/chats/")
    wait_live(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(f"[data-id='{chats[0]}'] a").first).to_be_focused()
    world.backstage.run("give_turn", chat=chats[0], state="busy")
    expect(page.locator(f"[data-id='{chats[0]}']")).to_contain_text("working")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desk", "phone"])
def test_a_chat_fits_the_screen_and_ends_at_its_newest_words(
    enter: Enter, world: World, options: dict[str, object]
) -> None:
    chat = begin(world)
    for number in range(12):
        say(world, chat, number + 2, f"Words {number}\n\n```\n{'x' * 300}\n```")
    world.ask(f"echo {'y' * 300}", session_id=SESSION)
    page = open_chat(enter(**options), chat)
    expect(page.get_by_label("Message", exact=True)).to_be_in_viewport()
    expect(page.locator("#conversation > li").last).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_a_script_one_writes_decides_and_answers(enter: Enter, world: World) -> None:
    chat = begin(world)
    request = world.ask("npm test", session_id=SESSION)
    page = enter(java_script_enabled=False).go(f"/chats/{chat}/")
    page.get_by_label("Message", exact=True).fill("Go on")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#queue")).to_contain_text("The agent waits for a permission.")
    page.wait_for_timeout(READ_MS)
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(f"#r-{request}")).to_contain_text("Approved by Alice")
    page.get_by_text("Name, tags, archive").click()
    page.get_by_label("Tags").fill("shop totals")
    page.get_by_role("button", name="Save").click()
    assert tell(world, chat)["tags"] == ["shop", "totals"]
