"""The page of one chat: what was said, in every kind of part, for who may read it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.enums import Role
from chats.domain.chats import mark_read
from chats.domain.sending import withdraw_message
from engines.enums import Turn
from engines.models import Chat, Engine
from tests.admin.doors import address, enter, open_page
from tests.chats.pages.conftest import SESSION, Scene
from tests.chats.pages.saying import say, text, tool
from tests.factories import (
    make_owner,
    make_principal,
    make_prompt,
    make_question,
    make_request,
    make_session,
    make_user,
)

pytestmark = pytest.mark.django_db

SECRET = "sk-ant-api03-" + "x" * 40


def show(scene: Scene) -> str:
    return reverse("chats:show", args=[scene.chat.pk])


def test_an_agents_markdown_is_rendered_and_its_html_is_not(scene: Scene) -> None:
    say(scene.chat, "assistant", text("**bold** <script>alert(1)</script> \u202etxt"), message_id="msg_1")
    page = open_page(enter(scene.ann), show(scene))
    assert "<strong>bold</strong> &lt;script&gt;alert(1)&lt;/script&gt; ⟨U+202E⟩txt" in page.html


def test_a_persons_words_stay_as_they_were_typed(scene: Scene) -> None:
    say(scene.chat, "user", text("**not bold**\n<b>x</b>"), message_id="msg_1")
    page = open_page(enter(scene.ann), show(scene))
    assert ">**not bold**\n&lt;b&gt;x&lt;/b&gt;</div>" in page.html


def test_recognised_secrets_are_masked(scene: Scene) -> None:
    say(scene.chat, "assistant", text(f"The key is {SECRET}"), message_id="msg_1")
    Chat.objects.filter(pk=scene.chat.pk).update(preview=f"The key is {SECRET}")
    client = enter(scene.ann)
    for url in (show(scene), reverse("chats:list"), address("engines_chat", "change", scene.chat.pk)):
        assert SECRET not in open_page(client, url).html


def test_every_kind_of_part_is_shown(scene: Scene) -> None:
    parts = (
        {"id": "prt_1", "type": "reasoning", "text": "Let me think"},
        text("Here it is", "prt_2"),
        tool("bash", "call_1", "running", "npm test", "prt_3"),
        {"id": "prt_4", "type": "file", "filename": "total.png", "mime": "image/png"},
        {"id": "prt_5", "type": "agent", "name": "explore"},
        {"id": "prt_6", "type": "subtask", "description": "Look around", "agent": "explore"},
        {"id": "prt_7", "type": "patch", "files": ["src/total.py"]},
        {"id": "prt_8", "type": "notice", "text": "The engine died and was started again."},
        {"id": "prt_9", "type": "step"},
        {"id": "prt_10", "type": "a kind of tomorrow", "text": "never shown"},
    )
    say(scene.chat, "assistant", *parts, message_id="msg_1")
    page = open_page(enter(scene.ann), show(scene))
    shown = {
        "Let me think": True,
        "Here it is": True,
        "bash npm test": True,
        "running": True,
        "total.png image/png": True,
        "@explore": True,
        "Look around for explore": True,
        "1 file changed src/total.py": True,
        "The engine died and was started again.": True,
        "never shown": False,
    }
    assert {words: words in page.text for words in shown} == shown


def test_the_stream_finds_its_parts_and_their_lengths(scene: Scene) -> None:
    say(scene.chat, "assistant", text("Grüße \U0001f600", "prt_a"), message_id="msg_a", status="processing")
    page = open_page(enter(scene.ann), show(scene))
    [item] = page.find("li", data_message="msg_a")
    [part] = page.find("div", data_part="prt_a")
    assert (item["data-status"], part["data-length"]) == ("processing", "8")


def test_a_request_stands_at_its_tool_call(scene: Scene) -> None:
    say(
        scene.chat,
        "assistant",
        tool("bash", "call_1", "running"),
        text("Later words", "prt_2"),
        message_id="msg_1",
    )
    request = make_request(scene.engine, "npm test", session_id=SESSION)
    page = open_page(enter(scene.ann), show(scene))
    assert page.text.index("npm test") < page.text.index("Later words")
    [card] = page.find("section", data_ask=request.pk)
    assert card["data-fingerprint"] == request.fingerprint


def test_a_request_stands_once_where_calls_are_numbered_anew_in_each_message(scene: Scene) -> None:
    say(scene.chat, "assistant", tool("bash", "call_1"), message_id="msg_1")
    say(scene.chat, "assistant", tool("bash", "call_1", "running"), message_id="msg_2")
    request = make_request(scene.engine, "npm test", session_id=SESSION, message_id="msg_2")
    page = open_page(enter(scene.ann), show(scene))
    assert len(page.find("section", data_ask=request.pk)) == 1


def test_a_subagents_request_rolls_up_to_the_root_chat(scene: Scene) -> None:
    say(scene.chat, "user", text("Look around"), message_id="msg_1")
    make_session(scene.engine, "ses_2", SESSION, agent="explore", title="Look for totals")
    make_session(scene.engine, "ses_3", "ses_2", agent="grep", title="Search deeper")
    make_request(scene.engine, "rg total", session_id="ses_3")
    page = open_page(enter(scene.ann), show(scene))
    assert "explore grep asks to use bash normal risk rg total" in page.text
    assert "Delegated to explore : Look for totals" in page.text
    assert "Delegated to explore grep : Search deeper" in page.text


def test_what_a_call_delegated_stands_at_the_call(scene: Scene) -> None:
    call = {**tool("task", "call_9", "running"), "sessionID": "ses_2"}
    say(scene.chat, "assistant", call, text("Later words", "prt_2"), message_id="msg_1")
    make_session(scene.engine, "ses_2", SESSION, agent="explore", title="Look for totals")
    make_session(scene.engine, "ses_3", "ses_2", agent="grep", title="Search deeper")
    make_request(scene.engine, "rg total", session_id="ses_3")
    page = open_page(enter(scene.ann), show(scene))
    talk = page.text[page.text.index("task running") : page.text.index("Later words")]
    found = [words in talk for words in ("Look for totals", "Search deeper", "explore grep asks to use bash")]
    assert found == [True, True, True]


def test_a_decided_request_stays_as_one_line(scene: Scene) -> None:
    say(scene.chat, "assistant", tool("bash", "call_1"), message_id="msg_1")
    request = make_request(scene.engine, "npm test", session_id=SESSION)
    client = enter(scene.ann)
    data = {"fingerprint": request.fingerprint}
    client.post(reverse("chats:deny-shown", args=[scene.chat.pk, request.pk]), data)
    page = open_page(client, show(scene))
    assert "denied reply waiting to be sent bash npm test Denied by Ann" in page.text
    assert page.find("section", data_ask=request.pk) == []


def test_what_waits_to_be_sent_stands_apart_with_the_reason(scene: Scene) -> None:
    make_prompt(scene.chat, "First")
    Chat.objects.filter(pk=scene.chat.pk).update(turn=Turn.ASSISTANT)
    make_prompt(scene.chat, "Second")
    page = open_page(enter(scene.ann), show(scene))
    assert "First waiting It is the agent's turn. Withdraw" in page.text
    assert "Second waiting Earlier messages go first. Withdraw" in page.text


@pytest.mark.parametrize(
    ("seen", "word"),
    [
        ({"state": "offline"}, "offline"),
        ({"state": "unauthorized"}, "credentials refused"),
        ({"is_enabled": False}, "paused"),
    ],
)
def test_an_agent_that_nobody_hears_is_not_said_to_be_working(
    scene: Scene, seen: dict[str, object], word: str
) -> None:
    Chat.objects.filter(pk=scene.chat.pk).update(turn=Turn.ASSISTANT)
    client = enter(scene.ann)
    assert "The agent is working" in open_page(client, show(scene)).html
    Engine.objects.filter(pk=scene.chat.engine_id).update(**seen)
    page = open_page(client, show(scene))
    assert f"The engine is {word}. What the agent has done meanwhile is known when it is back." in page.html
    assert "out of reach" in open_page(client, reverse("chats:list")).html
    Chat.objects.filter(pk=scene.chat.pk).update(turn=Turn.USER)
    assert "out of reach" not in open_page(client, show(scene)).html


def test_a_withdrawn_message_is_shown_as_withdrawn(scene: Scene) -> None:
    prompt = make_prompt(scene.chat, "Never mind")
    withdraw_message(principal=make_principal(scene.ann), message_id=prompt.message_id)
    assert "You 0 s ago Never mind withdrawn" in open_page(enter(scene.ann), show(scene)).text


def test_the_composer_is_for_the_chats_user_alone(scene: Scene) -> None:
    reasons = {
        "ann": None,
        "boss": "Only the chat's user sends in it, and their service accounts.",
        "colleague": "Only the chat's user sends in it, and their service accounts.",
        "viewer": "Only editors, approvers and admins of the team begin chats, and their service accounts.",
    }
    for name, reason in reasons.items():
        page = open_page(enter(getattr(scene, name)), show(scene))
        assert bool(page.find("textarea", id="text")) is (reason is None), name
        assert (reason or "") in page.text


def test_an_adopted_chat_is_taken_over_before_anybody_writes_in_it(scene: Scene) -> None:
    make_session(scene.engine, "ses_other", title="Begun in the engine")
    other = Chat.objects.get(ai_engine_session_id="ses_other")
    client = enter(scene.colleague)
    page = open_page(client, reverse("chats:show", args=[other.pk]))
    assert "This chat was begun in the engine and is nobody's here: take it over first." in page.text
    client.post(reverse("chats:take-over", args=[other.pk]))
    page = open_page(client, reverse("chats:show", args=[other.pk]))
    assert page.find("textarea", id="text") != []


def test_earlier_messages_are_a_page_of_their_own(scene: Scene) -> None:
    for number in range(45):
        say(scene.chat, "user", text(f"word {number:02}"), message_id=f"msg_{number}")
    client = enter(scene.ann)
    newest = open_page(client, show(scene))
    [link] = newest.find("a", id="older")
    older = open_page(client, show(scene) + link["href"])
    assert ("word 04" in newest.text, "word 05" in newest.text) == (False, True)
    assert ("word 04" in older.text, "word 05" in older.text) == (True, False)
    assert older.find("textarea", id="text") == []


def test_what_is_unknown_is_404(scene: Scene) -> None:
    client = enter(scene.ann)
    for url in (
        reverse("chats:show", args=["0" * 15]),
        reverse("chats:show", args=["%00"]),
        f"{show(scene)}?before={'0' * 15}",
        reverse("chats:request", args=[scene.chat.pk, "0" * 15]),
    ):
        assert client.get(url).status_code == 404, url


def test_another_teams_chat_does_not_exist_not_even_for_owners(scene: Scene) -> None:
    for user in (scene.stranger, make_owner()):
        client = enter(user)
        assert client.get(show(scene)).status_code in {403, 404}
        assert scene.chat.pk not in client.get(reverse("chats:list")).content.decode()


def test_looking_marks_nothing_as_read(scene: Scene) -> None:
    Chat.objects.filter(pk=scene.chat.pk).update(last_reply_at=scene.chat.created_at)
    client = enter(scene.ann)
    assert open_page(client, show(scene)).find("div", id="chat")[0]["data-unread"] == "yes"
    assert open_page(client, show(scene)).find("div", id="chat")[0]["data-unread"] == "yes"
    client.post(reverse("chats:read", args=[scene.chat.pk]), {"at": ""})
    assert open_page(client, show(scene)).find("div", id="chat")[0]["data-unread"] == "no"


def test_a_mark_is_set_as_of_what_was_on_the_page(scene: Scene) -> None:
    """A word that came after the page was read stays unread."""
    client = enter(scene.ann)
    [shown] = open_page(client, show(scene)).find("div", id="chat")
    later = make_later(shown["data-read-at"])
    Chat.objects.filter(pk=scene.chat.pk).update(last_reply_at=later)
    client.post(reverse("chats:read", args=[scene.chat.pk]), {"at": shown["data-read-at"]})
    assert open_page(client, show(scene)).find("div", id="chat")[0]["data-unread"] == "yes"
    mark_read(principal=make_principal(scene.ann), chat_id=scene.chat.pk)


def make_later(moment: str) -> str:
    return (datetime.fromisoformat(moment) + timedelta(microseconds=1)).isoformat()


def test_a_page_that_is_open_gets_its_parts_without_the_menus(scene: Scene) -> None:
    client = enter(scene.ann)
    bare = open_page(client, show(scene), headers={"X-Countersign-Script": "1"})
    assert bare.find("nav", class_="menu-side") == []
    assert [len(bare.find(tag, id=name)) for tag, name in (("div", "chat"), ("ol", "conversation"))] == [1, 1]


def fill(scene: Scene, number: int) -> None:
    for each in range(number):
        label = f"{number}_{each}"
        say(scene.chat, "user", text("please"), message_id=f"msg_u{label}")
        say(
            scene.chat,
            "assistant",
            tool("bash", f"call_{label}"),
            text("done", "prt_2"),
            message_id=f"msg_a{label}",
        )
        make_session(scene.engine, f"ses_{label}", SESSION, agent="explore")
        message_id, call_id = f"msg_a{label}", f"call_{label}"
        make_request(
            scene.engine, f"echo {label}", session_id=SESSION, message_id=message_id, call_id=call_id
        )
        make_request(scene.engine, f"ls {label}", session_id=f"ses_{label}")
        make_question(scene.engine, session_id=SESSION)
        make_prompt(scene.chat, f"more {label}")


def test_the_page_takes_as_many_queries_for_many_messages_as_for_few(scene: Scene) -> None:
    client = enter(scene.ann)
    counts = []
    for number in (1, 3):
        fill(scene, number)
        client.get(show(scene))
        with CaptureQueriesContext(connection) as captured:
            assert client.get(show(scene)).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_who_may_not_decide_is_told_who_may(scene: Scene, role: str) -> None:
    request = make_request(scene.engine, "npm test", session_id=SESSION)
    page = open_page(enter(make_user(scene.team, role)), show(scene))
    assert "It waits for an approver of Shop" in page.text
    assert page.find("button", data_act="approve") == []
    assert [link["href"] for link in page.find("a") if request.pk in link["href"]] == [
        reverse("chats:request", args=[scene.chat.pk, request.pk])
    ]
