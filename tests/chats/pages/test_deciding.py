"""Requests and questions decided in the chat: no safety of the inbox is missing here."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from engines.models import Chat
from governance.models import EngineReply, PermissionRequest, Question
from tests.admin.doors import enter, messages_of, open_page, opened_earlier, own_address
from tests.chats.pages.conftest import SESSION, Scene
from tests.factories import make_chat, make_question, make_request, make_session

pytestmark = pytest.mark.django_db

SCRIPT = {"X-Countersign-Script": "1"}
DANGER = "rm -rf build"


def url_of(scene: Scene, view: str, request: PermissionRequest) -> str:
    return reverse(f"chats:{view}", args=[scene.chat.pk, request.pk])


def press(client: Client, scene: Scene, view: str, request: PermissionRequest, **data: str) -> Any:
    data = {"fingerprint": request.fingerprint, "opened": opened_earlier(client, request.pk), **data}
    headers = SCRIPT if data.pop("script", "") else {}
    return client.post(url_of(scene, view, request), data, headers=headers)


def state_of(request: PermissionRequest) -> str:
    return PermissionRequest.objects.get(pk=request.pk).state


def test_what_is_shown_whole_is_approved_in_place(scene: Scene) -> None:
    request = make_request(scene.engine, "npm test", session_id=SESSION)
    client = enter(scene.ann)
    [button] = open_page(client, f"/chats/{scene.chat.pk}/").find("button", data_act="approve")
    assert button["formaction"] == url_of(scene, "approve-shown", request)
    response = press(client, scene, "approve-shown", request)
    assert (response.headers["Location"], messages_of(response)) == (
        f"/chats/{scene.chat.pk}/#r-{request.pk}",
        ["Approved: npm test"],
    )
    assert (state_of(request), EngineReply.objects.get().reply) == ("approved", "once")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"opened": ""}, "not_read"),
        ({"opened": "forged"}, "not_read"),
        ({"fingerprint": ""}, None),
        ({"fingerprint": "0" * 64}, None),
    ],
    ids=["never opened", "a forged stamp", "no fingerprint", "another fingerprint"],
)
def test_a_short_approval_needs_what_was_shown(
    scene: Scene, values: dict[str, str], code: str | None
) -> None:
    request = make_request(scene.engine, "npm test", session_id=SESSION)
    response = press(enter(scene.ann), scene, "approve-shown", request, script="yes", **values)
    assert (response.status_code, response.json()["level"], state_of(request)) == (409, "warning", "pending")
    assert code in {None, response.json()["code"]}


def test_a_card_that_has_just_come_can_not_be_approved(scene: Scene) -> None:
    request = make_request(scene.engine, "npm test", session_id=SESSION)
    client = enter(scene.ann)
    page = open_page(client, f"/chats/{scene.chat.pk}/")
    [stamp] = [field["value"] for field in page.find("input", name="opened")]
    response = press(client, scene, "approve-shown", request, opened=stamp, script="yes")
    assert (response.json()["code"], state_of(request)) == ("not_read", "pending")


def test_what_is_not_shown_whole_is_read_first(scene: Scene) -> None:
    request = make_request(scene.engine, DANGER, session_id=SESSION)
    client = enter(scene.ann)
    page = open_page(client, f"/chats/{scene.chat.pk}/")
    assert page.find("button", data_act="approve") == []
    assert [link["href"] for link in page.find("a", data_act="open")] == [url_of(scene, "request", request)]
    response = press(client, scene, "approve-shown", request, script="yes")
    assert (response.json()["code"], response.json()["url"], state_of(request)) == (
        "not_shown_whole",
        url_of(scene, "request", request),
        "pending",
    )


def test_a_high_risk_takes_its_word(scene: Scene) -> None:
    request = make_request(scene.engine, DANGER, session_id=SESSION)
    client = enter(scene.ann)
    page = open_page(client, url_of(scene, "request", request))
    [field] = page.find("input", id="confirmation")
    wrong = press(client, scene, "approve", request, confirmation="no", reason="because")
    assert (wrong.status_code, "because</textarea>" in wrong.content.decode(), state_of(request)) == (
        400,
        True,
        "pending",
    )
    press(client, scene, "approve", request, confirmation=field["data-word"])
    assert state_of(request) in {"approved", "pending"}


def test_a_page_open_for_less_than_a_second_decides_nothing(scene: Scene) -> None:
    request = make_request(scene.engine, "npm test", session_id=SESSION)
    client = enter(scene.ann)
    [stamp] = [
        field["value"]
        for field in open_page(client, url_of(scene, "request", request)).find("input", name="opened")
    ]
    for view in ("approve", "deny"):
        press(client, scene, view, request, opened=stamp)
        assert state_of(request) == "pending"


def test_a_denial_with_a_message_reaches_the_agent(scene: Scene) -> None:
    request = make_request(scene.engine, "npm test", session_id=SESSION)
    press(enter(scene.ann), scene, "deny", request, reason="Not now.\r\nLater.")
    reply = EngineReply.objects.get()
    assert (state_of(request), reply.reply, reply.message) == ("denied", "reject", "Not now.\nLater.")


def test_a_subagents_request_is_decided_in_the_root_chat(scene: Scene) -> None:
    make_session(scene.engine, "ses_2", SESSION, agent="explore")
    request = make_request(scene.engine, "npm test", session_id="ses_2")
    press(enter(scene.ann), scene, "approve-shown", request)
    assert state_of(request) == "approved"


VIEWS = ("approve", "deny", "approve-shown", "deny-shown")


@pytest.mark.parametrize("view", VIEWS)
def test_who_may_not_decide_does_not(scene: Scene, view: str) -> None:
    request = make_request(scene.engine, "npm test", session_id=SESSION)
    answers = {
        name: press(enter(getattr(scene, name)), scene, view, request).status_code
        for name in ("viewer", "colleague", "stranger")
    }
    assert answers == {"viewer": 403, "colleague": 403, "stranger": 404}
    assert state_of(request) == "pending"


@pytest.mark.parametrize("view", [*VIEWS, "request"])
def test_another_chats_request_is_not_decided_here(scene: Scene, view: str) -> None:
    make_chat(scene.ann, scene.engine, "ses_other")
    request = make_request(scene.engine, "npm test", session_id="ses_other")
    client = enter(scene.ann)
    response = (
        client.get(url_of(scene, view, request)) if view == "request" else press(client, scene, view, request)
    )
    assert (response.status_code, state_of(request)) == (404, "pending")


@pytest.mark.parametrize("view", VIEWS)
def test_opening_a_deciding_address_is_405(scene: Scene, view: str) -> None:
    request = make_request(scene.engine, "npm test", session_id=SESSION)
    assert enter(scene.ann).get(url_of(scene, view, request)).status_code == 405


def test_a_second_decision_loses_and_says_so(scene: Scene) -> None:
    request = make_request(scene.engine, "npm test", session_id=SESSION)
    press(enter(scene.ann), scene, "approve-shown", request)
    response = press(enter(scene.boss), scene, "deny-shown", request, script="yes")
    assert (response.status_code, "Ann" in response.json()["message"]) == (409, True)
    assert state_of(request) == "approved"


# Questions ----------------------------------------------------------------------------------------


def answer_url(scene: Scene, question: Question, view: str = "answer") -> str:
    return reverse(f"chats:{view}", args=[scene.chat.pk, question.pk])


def test_a_question_is_answered_in_place(scene: Scene) -> None:
    question = make_question(scene.engine, session_id=SESSION)
    client = enter(scene.ann)
    page = open_page(client, f"/chats/{scene.chat.pk}/")
    assert "Which colour shall it have?" in page.text
    client.post(answer_url(scene, question), {"answer-0": "1"})
    question.refresh_from_db()
    assert (question.state, EngineReply.objects.get().reply) == ("answered", "answer")


def test_what_is_no_answer_stays_in_the_form(scene: Scene) -> None:
    question = make_question(scene.engine, session_id=SESSION)
    response = enter(scene.ann).post(answer_url(scene, question), {"answer-0": "1", "own-0": "Green"})
    html = response.content.decode()
    assert (response.status_code, "Green</textarea>" in html, "keep one of them" in html) == (400, True, True)
    assert own_address(response) == [f"/chats/{scene.chat.pk}/"]
    question.refresh_from_db()
    assert question.state == "open"


def test_two_open_questions_share_no_id(scene: Scene) -> None:
    for _ in range(2):
        make_question(scene.engine, session_id=SESSION)
    page = open_page(enter(scene.ann), f"/chats/{scene.chat.pk}/")
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert sorted(ids) == sorted(set(ids))


def test_rejecting_a_question_asks_first(scene: Scene) -> None:
    question = make_question(scene.engine, session_id=SESSION)
    client = enter(scene.ann)
    asked = client.post(answer_url(scene, question, "reject"))
    assert (asked.status_code, "There is no undo." in asked.content.decode()) == (200, True)
    question.refresh_from_db()
    assert question.state == "open"
    client.post(answer_url(scene, question, "reject"), {"confirm": "yes"})
    question.refresh_from_db()
    assert question.state == "rejected"


@pytest.mark.parametrize("view", ["answer", "reject"])
def test_who_may_not_answer_does_not(scene: Scene, view: str) -> None:
    question = make_question(scene.engine, session_id=SESSION)
    data = {"answer-0": "1", "confirm": "yes"}
    answers = {
        name: enter(getattr(scene, name)).post(answer_url(scene, question, view), data).status_code
        for name in ("viewer", "colleague", "stranger")
    }
    assert answers == {"viewer": 403, "colleague": 403, "stranger": 404}
    question.refresh_from_db()
    assert question.state == "open"
    assert Chat.objects.get(pk=scene.chat.pk).blocked_at is None
