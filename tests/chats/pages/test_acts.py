"""What the buttons and forms of a chat do, and for whom."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from chats.enums import PromptState
from chats.models import OutgoingMessage, TurnStop
from configs.content import AgentContent, ModelContent
from engines.enums import SessionState, Turn
from engines.models import Chat, Message, Subagent
from tests.admin.doors import enter, messages_of, open_page
from tests.chats.pages.conftest import SESSION, Scene
from tests.factories import make_config, make_engine, make_prompt, make_request, make_session

pytestmark = pytest.mark.django_db

SCRIPT = {"X-Countersign-Script": "1"}


def press(
    scene: Scene, user: Any, act: str, *args: str, headers: dict[str, str] | None = None, **data: str
) -> Any:
    url = reverse(f"chats:{act}", args=[scene.chat.pk, *args])
    return enter(user).post(url, data, headers=headers or {})


def refresh(scene: Scene) -> Chat:
    return Chat.objects.get(pk=scene.chat.pk)


def test_a_message_is_queued_with_its_agent_and_model(scene: Scene) -> None:
    response = press(
        scene, scene.ann, "send", text="Go on\r\nplease", agent="plan", model="acme/big/one", variant="high"
    )
    assert (response.status_code, response.headers["Location"]) == (302, f"/chats/{scene.chat.pk}/#latest")
    prompt = OutgoingMessage.objects.get()
    assert (prompt.state, prompt.agent, prompt.provider, prompt.model, prompt.variant) == (
        "queued",
        "plan",
        "acme",
        "big/one",
        "high",
    )
    assert [part["text"] for part in prompt.message.parts] == ["Go on\nplease"]


def test_the_script_gets_sentences_instead_of_pages(scene: Scene) -> None:
    good = press(scene, scene.ann, "send", text="Hello", headers=SCRIPT)
    empty = press(scene, scene.ann, "send", text=" ", headers=SCRIPT)
    foreign = press(scene, scene.colleague, "send", text="Hello", headers=SCRIPT)
    assert [(answer.status_code, answer.json()["level"]) for answer in (good, empty, foreign)] == [
        (200, "success"),
        (400, "error"),
        (403, "error"),
    ]
    assert OutgoingMessage.objects.count() == 1


def test_an_empty_message_is_said_to_be_empty_and_nothing_is_queued(scene: Scene) -> None:
    response = press(scene, scene.ann, "send", text="  ")
    assert (response.status_code, len(messages_of(response)), OutgoingMessage.objects.count()) == (302, 1, 0)


def test_from_the_admin_one_comes_back_to_the_admin(scene: Scene) -> None:
    response = press(scene, scene.ann, "send", text="Hello", door="admin")
    assert response.headers["Location"] == f"/admin/engines/chat/{scene.chat.pk}/change/#latest"


def test_a_message_that_waits_is_withdrawn(scene: Scene) -> None:
    prompt = make_prompt(scene.chat, "Never mind")
    press(scene, scene.ann, "withdraw", prompt.message_id)
    prompt.refresh_from_db()
    assert prompt.state == PromptState.WITHDRAWN


def test_a_failed_message_is_sent_again(scene: Scene) -> None:
    prompt = make_prompt(scene.chat, "Again")
    OutgoingMessage.objects.filter(pk=prompt.pk).update(
        state="failed", ended_at=prompt.created_at, last_error="gone"
    )
    Message.objects.filter(pk=prompt.message_id).update(user_message_status="failed")
    page = open_page(enter(scene.ann), reverse("chats:show", args=[scene.chat.pk]))
    assert "Again not delivered gone Send again" in page.text
    press(scene, scene.ann, "retry", prompt.message_id)
    prompt.refresh_from_db()
    assert prompt.state == PromptState.QUEUED


def test_the_agent_is_stopped(scene: Scene) -> None:
    Chat.objects.filter(pk=scene.chat.pk).update(turn=Turn.ASSISTANT, session_state=SessionState.BUSY)
    url = reverse("chats:show", args=[scene.chat.pk])
    assert open_page(enter(scene.ann), url).find("button", id="stop") != []
    press(scene, scene.ann, "stop")
    assert TurnStop.objects.filter(chat=scene.chat).count() == 1
    page = open_page(enter(scene.ann), url)
    assert page.find("button", id="stop") == []
    assert "Being stopped…" in page.text


def test_an_agent_and_all_it_delegated_to_are_stopped(scene: Scene) -> None:
    make_session(scene.engine, "ses_2", SESSION, agent="explore")
    request = make_request(scene.engine, "npm test", session_id="ses_2")
    page = open_page(enter(scene.ann), reverse("chats:show", args=[scene.chat.pk]))
    assert "Stop all of them" in page.text
    press(scene, scene.ann, "stop-tree")
    request.refresh_from_db()
    assert (request.state, Subagent.objects.get().stop_asked_at is not None) == ("expired", True)


def test_a_chat_is_named_described_tagged_and_archived(scene: Scene) -> None:
    press(
        scene, scene.boss, "change", title="Totals", description="Of the shop\r\nfront", tags="Urgent, shop"
    )
    chat = refresh(scene)
    assert (chat.title, chat.description, chat.tags) == ("Totals", "Of the shop\nfront", ["shop", "urgent"])
    press(scene, scene.boss, "archive")
    assert refresh(scene).archived_at is not None
    page = open_page(enter(scene.ann), reverse("chats:show", args=[scene.chat.pk]))
    assert "This chat is archived. Take it back to write in it." in page.text
    press(scene, scene.boss, "unarchive")
    assert refresh(scene).archived_at is None


ACTS = ("send", "stop", "stop-tree", "change", "archive", "unarchive", "take-over")


@pytest.mark.parametrize("act", ACTS)
def test_viewers_and_strangers_press_nothing(scene: Scene, act: str) -> None:
    before = Chat.objects.filter(pk=scene.chat.pk).values()[0]
    answers = [
        press(scene, user, act, text="x", title="x").status_code for user in (scene.viewer, scene.stranger)
    ]
    anonymous = press_anonymously(scene, act)
    # What can't be done whoever asks is a warning; for all else the right is missing.
    assert answers in ([403, 404], [302, 404])
    assert (anonymous.status_code, anonymous.headers["Location"].startswith("/admin/login/")) == (302, True)
    assert Chat.objects.filter(pk=scene.chat.pk).values()[0] == before
    assert (OutgoingMessage.objects.count(), TurnStop.objects.count()) == (0, 0)


def press_anonymously(scene: Scene, act: str) -> Any:
    return Client().post(reverse(f"chats:{act}", args=[scene.chat.pk]), {"text": "x"})


@pytest.mark.parametrize("act", [*ACTS, "read"])
def test_opening_a_buttons_address_is_405(scene: Scene, act: str) -> None:
    response = enter(scene.ann).get(reverse(f"chats:{act}", args=[scene.chat.pk]))
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("act", [*ACTS, "read"])
def test_a_press_without_the_forms_token_is_403(scene: Scene, act: str) -> None:
    client = enter(scene.ann, enforce_csrf_checks=True)
    assert client.post(reverse(f"chats:{act}", args=[scene.chat.pk]), {"text": "x"}).status_code == 403


# Beginning a chat ---------------------------------------------------------------------------------


def test_a_chat_begins_with_its_first_message(scene: Scene) -> None:
    data = {
        "engine": scene.engine.pk,
        "directory": "/srv/demo",
        "agent": "build",
        "text": "Do it",
        "tags": "new",
    }
    response = enter(scene.colleague).post("/chats/new/", data)
    chat = Chat.objects.get(user=scene.colleague)
    assert response.headers["Location"] == f"/chats/{chat.pk}/#latest"
    assert (chat.agent, chat.directory, chat.tags, chat.title) == ("build", "/srv/demo", ["new"], "Do it")
    assert OutgoingMessage.objects.get(chat=chat).state == PromptState.QUEUED


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(scene: Scene) -> None:
    data = {"engine": scene.engine.pk, "directory": "/etc", "agent": "build", "text": "Do it"}
    response = enter(scene.ann).post("/chats/new/", data)
    assert (response.status_code, "Do it</textarea>" in response.content.decode()) == (400, True)
    assert Chat.objects.count() == 1


def test_another_engine_is_chosen_without_a_script(scene: Scene) -> None:
    other = make_engine(scene.team, directories=["/srv/other"])
    response = enter(scene.ann).post("/chats/new/", {"engine": other.pk, "text": "Do it", "look": "yes"})
    html = response.content.decode()
    assert (response.status_code, "/srv/other" in html, "Do it</textarea>" in html) == (200, True, True)
    assert Chat.objects.count() == 1


def test_only_engines_of_ones_own_teams_are_offered(scene: Scene) -> None:
    response = enter(scene.stranger).post("/chats/new/", {"engine": scene.engine.pk, "text": "Do it"})
    assert response.status_code == 400
    assert scene.engine.pk not in response.content.decode()
    assert Chat.objects.count() == 1


def test_viewers_begin_no_chat(scene: Scene) -> None:
    assert enter(scene.viewer).get("/chats/new/").status_code == 403


def test_what_the_team_has_in_production_is_offered(scene: Scene) -> None:
    make_config(scene.team, AgentContent(name="reviewer"), "production")
    make_config(scene.team, AgentContent(name="helper", mode="subagent"), "production")
    make_config(scene.team, AgentContent(name="draft"))
    make_config(scene.team, ModelContent(provider="acme", identifier="large", name="Large"), "production")
    page = open_page(enter(scene.ann), reverse("chats:show", args=[scene.chat.pk]))
    values = [option["value"] for option in page.find("option")]
    assert values == ["", "reviewer", "build", "plan", "", "acme/large"]
