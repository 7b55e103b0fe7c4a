"""Chats and messages through the API: begun, sent to, withdrawn, tried again, stopped, put away, read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import Role, Scope
from accounts.models import Team, User
from chats.domain.prompts import confirm_prompt, fail_prompt
from chats.models import ChatRead, OutgoingMessage, TurnStop
from engines.enums import Turn
from engines.models import Chat, Engine, Message
from events.models import Event
from tests.api.clients import ApiClient, call_as, outcome, problem
from tests.api.test_engines import say
from tests.api.test_schema import validate_answer
from tests.factories import (
    make_chat,
    make_engine,
    make_gated,
    make_prompt,
    make_question,
    make_request,
    make_service,
    make_session,
    make_team,
    make_user,
)

pytestmark = pytest.mark.django_db

SECRET = "ghp_abcdefghijklmnop123456"


@pytest.fixture
def team() -> Team:
    return make_team()


@pytest.fixture
def user(team: Team) -> User:
    return make_user(team, Role.EDITOR)


@pytest.fixture
def client(user: User) -> ApiClient:
    return call_as(user)


@pytest.fixture
def engine(team: Team) -> Engine:
    return make_gated(make_engine(team, directories=["/srv/demo", "/srv/other"]))


@pytest.fixture
def chat(user: User, engine: Engine) -> Chat:
    return make_chat(user, engine, "ses_mine")


def begin(client: ApiClient, engine: Engine, **values: Any) -> dict[str, Any]:
    answer = client.write("chats/", {"engine": engine.pk, **values})
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


def send(client: ApiClient, chat: Chat, text: str = "Hello", **values: Any) -> dict[str, Any]:
    answer = client.write(f"chats/{chat.pk}/messages/", {"text": text, **values})
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


# Beginning and changing -----------------------------------------------------------------------------------


def test_a_chat_is_begun_without_a_session(client: ApiClient, user: User, engine: Engine) -> None:
    wish = {
        "title": "Port",
        "agent": "build",
        "description": "About a port.",
        "tags": ["Web", "infra", "web"],
    }
    answer = client.write("chats/", {"engine": engine.pk, **wish})
    validate_answer(answer, "post", "chats/")
    made, row = answer.json(), Chat.objects.get()
    assert answer.headers["Location"] == f"http://testserver/api/v1/chats/{row.pk}/"
    names = (*("title", "agent", "description", "tags", "directory", "user", "ai_engine_session_id", "turn"),)
    assert {name: made[name] for name in names} == {
        **wish,
        "tags": ["infra", "web"],
        "directory": "/srv/demo",
        "user": {"id": user.pk, "username": user.username, "name": user.name},
        "ai_engine_session_id": None,
        "turn": "user",
    }
    assert client.read(f"chats/{row.pk}/").json() == made
    assert ids(client.read("chats/")) == [row.pk]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "engine"),
        ({"engine": "x"}, "engine"),
        ({"engine": "0" * 15}, "engine"),
        ({"directory": "/etc"}, "directory"),
        ({"tags": ["two words"]}, "tags"),
        ({"tags": ["x"] * 21}, "tags"),
        ({"title": "x" * 301}, "title"),
        ({"turn": "assistant"}, "turn"),
        ({"user": "0" * 15}, "user"),
    ],
)
def test_a_chat_that_can_t_be_is_a_clear_error(
    client: ApiClient, engine: Engine, body: dict[str, Any], field: str
) -> None:
    answer = client.write("chats/", body if "engine" in body or not body else {"engine": engine.pk, **body})
    assert (answer.status_code, problem(answer)["errors"][0]["field"]) == (400, field)
    assert not Chat.objects.exists()


def test_an_engine_of_another_team_does_not_exist(client: ApiClient) -> None:
    answer = client.write("chats/", {"engine": make_engine(make_team()).pk})
    assert (outcome(answer), problem(answer)["errors"][0]["field"]) == ((400, "invalid"), "engine")


def test_the_same_key_begins_one_chat_and_sends_one_message(client: ApiClient, engine: Engine) -> None:
    key = {"Idempotency-Key": "k1"}
    first, again = (client.write("chats/", {"engine": engine.pk}, headers=key) for _ in range(2))
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    assert again.headers["Location"] == first.headers["Location"]
    path = f"chats/{first.json()['id']}/messages/"
    said, repeated = (client.write(path, {"text": "Hello"}, headers=key) for _ in range(2))
    assert (said.status_code, repeated.status_code, repeated.json()) == (201, 201, said.json())
    assert outcome(client.write(path, {"text": "Bye"}, headers=key)) == (409, "idempotency_key_reused")
    assert (Chat.objects.count(), OutgoingMessage.objects.count()) == (1, 1)


def test_what_is_left_out_stays(client: ApiClient, chat: Chat) -> None:
    path = f"chats/{chat.pk}/"
    before = client.read(path).json()
    changed = client.send("PATCH", path, {"tags": ["b", "a"]}).json()
    assert changed == {**before, "tags": ["a", "b"], "updated": changed["updated"]}
    answer = client.send("PATCH", path, {"title": "New", "description": ""})
    assert (answer.json()["title"], answer.json()["tags"]) == ("New", ["a", "b"])
    assert client.send("PATCH", path, {}).json() == answer.json()
    for body in ({"archived": True}, {"user": None}, {"turn": "user"}, {"title": None}, {"tags": "a"}):
        assert outcome(client.send("PATCH", path, body)) == (400, "invalid")
    assert client.read(path).json() == answer.json()


def test_who_says_what_they_have_read_overwrites_nothing(client: ApiClient, chat: Chat) -> None:
    path = f"chats/{chat.pk}/"
    etag = {"If-Match": client.read(path).headers["ETag"]}
    assert client.send("PATCH", path, {"title": "Mine"}, headers=etag).status_code == 200
    assert outcome(client.send("PATCH", path, {"title": "Too"}, headers=etag)) == (412, "precondition_failed")
    assert client.read(path).json()["title"] == "Mine"


def test_a_chat_is_put_away_and_taken_out(client: ApiClient, chat: Chat) -> None:
    path = f"chats/{chat.pk}/"
    assert client.write(f"{path}archive/").json()["archived"] is True
    assert outcome(client.write(f"{path}archive/")) == (409, "already")
    assert (ids(client.read("chats/?archived=false")), ids(client.read("chats/?archived=true"))) == (
        [],
        [chat.pk],
    )
    assert outcome(client.write(f"{path}messages/", {"text": "Hello"})) == (409, "archived")
    assert client.write(f"{path}unarchive/").json()["archived"] is False
    send(client, chat)
    assert outcome(client.write(f"{path}archive/")) == (409, "queue_not_empty")


def test_a_chat_begun_in_the_engine_is_taken_over_once(client: ApiClient, team: Team, engine: Engine) -> None:
    make_session(engine)
    chat = Chat.objects.get()
    path = f"chats/{chat.pk}/"
    assert outcome(client.write(f"{path}messages/", {"text": "Hello"})) == (403, "refused")
    assert outcome(call_as(make_user(team, Role.VIEWER)).write(f"{path}take-over/")) == (403, "refused")
    taken = client.write(f"{path}take-over/")
    assert (taken.status_code, taken.json()["user"]["id"]) == (200, Chat.objects.get().user_id)
    assert outcome(call_as(make_user(team)).write(f"{path}take-over/")) == (409, "already")
    send(client, chat)


# Sending --------------------------------------------------------------------------------------------------


def test_a_message_waits_in_the_outbox_with_what_was_wished(
    client: ApiClient, user: User, chat: Chat
) -> None:
    wishes = {"agent": "plan", "provider": "local", "model": "small", "variant": "high"}
    answer = client.write(f"chats/{chat.pk}/messages/", {"text": "Hello\n  there", **wishes})
    validate_answer(answer, "post", "chats/{id}/messages/")
    shown, row = answer.json(), OutgoingMessage.objects.get()
    moment = row.created_at.isoformat().replace("+00:00", "Z")
    assert shown == {
        "id": row.message_id,
        "chat": chat.pk,
        "role": "user",
        "ai_engine_message_id": None,
        "parent_id": "",
        "user_message_status": "pending",
        "engine_message_status": "",
        "parts": [{"id": "", "type": "text", "text": "Hello\n  there"}],
        "outgoing": {
            "state": "queued",
            "position": 1,
            **wishes,
            "sender": {"kind": "user", "id": user.pk, "label": str(user)},
            "attempts": 0,
            "next_attempt_at": moment,
            "last_error": "",
            "created_at": moment,
            "sent_at": None,
            "accepted_at": None,
            "delivered_at": None,
            "ended_at": None,
        },
        "created": moment,
        "updated": moment,
    }
    assert answer.headers["Location"] == f"http://testserver/api/v1/messages/{row.message_id}/"
    assert client.read(f"messages/{row.message_id}/").json() == shown
    assert client.read(f"chats/{chat.pk}/messages/").json()["results"] == [shown]


def test_a_secret_that_was_said_is_shown_to_nobody(client: ApiClient, team: Team, chat: Chat) -> None:
    Chat.objects.filter(pk=chat.pk).update(title="", description=f"token={SECRET}")
    said = client.write(f"chats/{chat.pk}/messages/", {"text": f"Use {SECRET} for it"})
    assert said.json()["parts"] == [{"id": "", "type": "text", "text": "Use •••• for it"}]
    for caller in (client, call_as(make_user(team))):
        for path in ("", f"{chat.pk}/", f"{chat.pk}/messages/", f"{chat.pk}/queue/"):
            answer = caller.read(f"chats/{path}")
            assert (answer.status_code, SECRET in answer.content.decode()) == (200, False)
        assert SECRET not in caller.read(f"messages/{said.json()['id']}/").content.decode()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": "x" * 100_001},
        {"text": "Hello", "model": "small"},
        {"text": "Hello", "role": "assistant"},
        {"parts": [{"type": "text", "text": "Hello"}]},
    ],
)
def test_a_message_that_can_t_be_is_a_clear_error(
    client: ApiClient, chat: Chat, body: dict[str, Any]
) -> None:
    assert outcome(client.write(f"chats/{chat.pk}/messages/", body)) == (400, "invalid")
    assert not Message.objects.exists()


def test_the_queue_says_what_waits_and_why(client: ApiClient, chat: Chat) -> None:
    path = f"chats/{chat.pk}/queue/"
    assert client.read(path).json() == {"waits_for": "", "messages": []}
    Chat.objects.filter(pk=chat.pk).update(turn=Turn.ASSISTANT)
    first, second = send(client, chat, "one"), send(client, chat, "two")
    answer = client.read(path)
    validate_answer(answer, "get", "chats/{id}/queue/")
    assert answer.json() == {"waits_for": "It is the agent's turn.", "messages": [first, second]}
    assert client.read(f"chats/{chat.pk}/").json()["waiting_prompts"] == 2


def test_what_waits_is_withdrawn_and_what_is_under_way_is_not(client: ApiClient, chat: Chat) -> None:
    under_way, waiting = make_prompt(chat, is_claimed=True), make_prompt(chat)
    withdrawn = client.write(f"messages/{waiting.message_id}/withdraw/").json()
    assert (withdrawn["outgoing"]["state"], withdrawn["user_message_status"]) == ("withdrawn", "failed")
    assert outcome(client.write(f"messages/{waiting.message_id}/withdraw/")) == (409, "already")
    late = client.write(f"messages/{under_way.message_id}/withdraw/")
    assert (outcome(late), problem(late)["state"]) == ((409, "already_sent"), "sending")
    assert [row["id"] for row in client.read(f"chats/{chat.pk}/queue/").json()["messages"]] == [
        under_way.message_id
    ]


def test_what_failed_is_tried_again_under_its_ids(client: ApiClient, chat: Chat) -> None:
    prompt = make_prompt(chat, is_claimed=True)
    path = f"messages/{prompt.message_id}/"
    assert outcome(client.write(f"{path}retry/")) == (409, "already_sent")
    fail_prompt(prompt=prompt, why=f"No such model at {SECRET}.", now=timezone.now())
    failed = client.read(path).json()
    assert (failed["user_message_status"], failed["outgoing"]["state"]) == ("failed", "failed")
    assert SECRET not in failed["outgoing"]["last_error"]
    again = client.write(f"{path}retry/")
    validate_answer(again, "post", "messages/{id}/retry/")
    shown = again.json()
    assert (shown["user_message_status"], shown["outgoing"]["state"], shown["outgoing"]["position"]) == (
        *("pending", "queued"),
        2,
    )
    assert shown["ai_engine_message_id"] == failed["ai_engine_message_id"] == prompt.engine_message_id


def test_what_was_delivered_is_neither_sent_again_nor_taken_back(client: ApiClient, chat: Chat) -> None:
    prompt = make_prompt(chat, is_claimed=True)
    assert confirm_prompt(prompt=prompt, now=timezone.now())
    path = f"messages/{prompt.message_id}/"
    for verb in ("retry", "withdraw"):
        assert outcome(client.write(f"{path}{verb}/")) == (409, "already")
    assert client.read(path).json()["user_message_status"] == "delivered"


def test_an_engine_s_own_message_is_neither(client: ApiClient, chat: Chat, engine: Engine) -> None:
    say(engine, "ses_mine", "hello")
    message = Message.objects.get()
    shown = client.read(f"messages/{message.pk}/").json()
    assert (shown["outgoing"], shown["ai_engine_message_id"]) == (None, "msg_1")
    for verb in ("retry", "withdraw"):
        assert outcome(client.write(f"messages/{message.pk}/{verb}/")) == (409, "not_ours")


def test_a_turn_is_stopped_once(client: ApiClient, chat: Chat) -> None:
    path = f"chats/{chat.pk}/stop/"
    assert outcome(client.write(path)) == (409, "not_working")
    Chat.objects.filter(pk=chat.pk).update(turn=Turn.ASSISTANT)
    assert [client.write(path).status_code for _ in range(2)] == [202, 202]
    assert TurnStop.objects.count() == 1


# Who may --------------------------------------------------------------------------------------------------


def test_a_service_account_sends_in_its_person_s_chats_alone(team: Team, user: User, engine: Engine) -> None:
    agent = call_as(make_service(user, team), Scope.CHATS_WRITE, Scope.CHATS_READ)
    made = begin(agent, engine)
    assert made["user"]["id"] == user.pk
    said = send(agent, Chat.objects.get())
    assert said["outgoing"]["sender"]["kind"] == "service"
    other = make_chat(make_user(team, Role.EDITOR), engine)
    assert outcome(agent.write(f"chats/{other.pk}/messages/", {"text": "x"})) == (403, "refused")


@pytest.mark.parametrize("role", Role.values)
def test_nobody_sends_in_somebody_else_s_chat(team: Team, chat: Chat, role: str) -> None:
    other = call_as(make_user(team, role))
    assert outcome(other.write(f"chats/{chat.pk}/messages/", {"text": "x"})) == (403, "refused")
    assert not Message.objects.exists()


def test_another_team_s_chat_does_not_exist(chat: Chat) -> None:
    prompt = make_prompt(chat)
    stranger = call_as(make_user(make_team(), Role.ADMIN))
    for path in (f"chats/{chat.pk}/", f"messages/{prompt.message_id}/"):
        assert outcome(stranger.read(path)) == (404, "not_found")
    for path, body in (
        (f"chats/{chat.pk}/messages/", {"text": "x"}),
        *((f"chats/{chat.pk}/{verb}/", {}) for verb in ("stop", "archive", "take-over", "mark-read")),
        *((f"messages/{prompt.message_id}/{verb}/", {}) for verb in ("withdraw", "retry")),
    ):
        assert outcome(stranger.write(path, body)) == (404, "not_found")
    prompt.refresh_from_db()
    assert (prompt.state, Message.objects.count(), ChatRead.objects.count()) == ("queued", 1, 0)


def test_a_token_that_only_reads_writes_nothing(user: User, chat: Chat) -> None:
    reader = call_as(user, Scope.CHATS_READ)
    assert outcome(reader.write(f"chats/{chat.pk}/messages/", {"text": "x"})) == (403, "missing_scope")
    assert reader.write(f"chats/{chat.pk}/mark-read/").status_code == 200


# Lists ----------------------------------------------------------------------------------------------------


def test_unread_is_each_reader_s_own(client: ApiClient, team: Team, user: User, chat: Chat) -> None:
    Chat.objects.filter(pk=chat.pk).update(last_reply_at=timezone.now())
    other = call_as(make_user(team, Role.VIEWER))
    assert client.write(f"chats/{chat.pk}/mark-read/").json()["is_unread"] is False
    assert (ids(client.read("chats/?unread=true")), ids(client.read("chats/?unread=false"))) == (
        [],
        [chat.pk],
    )
    assert ids(other.read("chats/?unread=true")) == [chat.pk]
    Chat.objects.filter(pk=chat.pk).update(last_reply_at=timezone.now() + timedelta(seconds=1))
    assert client.read(f"chats/{chat.pk}/").json()["is_unread"] is True
    # What one has read is nobody else's business.
    assert not Event.objects.filter(kind="chat.changed").exists()


def test_chats_are_found_by_what_people_say_of_them(client: ApiClient, user: User, engine: Engine) -> None:
    web = make_chat(user, engine, "ses_web", title="Web port", tags=["infra", "ü"])
    shop = make_chat(user, engine, title="Shop", description="Sells webs.", tags=["infra-2"])
    cases = {
        "?search=WEB": {web.pk, shop.pk},
        "?search=port": {web.pk},
        "?search=ses_web": {web.pk},
        f"?search={shop.pk}": {shop.pk},
        "?search=nothing": set(),
        "?tag=infra": {web.pk},
        "?tag=%C3%9C": {web.pk},
        "?tag=infr": set(),
        f"?user={user.pk}": {web.pk, shop.pk},
        f"?user={make_user().pk}": set(),
        "?turn=user": {web.pk, shop.pk},
        "?turn=assistant": set(),
    }
    assert {query: set(ids(client.read(f"chats/{query}"))) for query in cases} == cases


def test_open_requests_and_questions_are_counted(client: ApiClient, chat: Chat, engine: Engine) -> None:
    child = make_session(engine, parent_id="ses_mine")
    make_request(engine, session_id="ses_mine")
    make_request(engine, session_id=child)
    make_question(engine, session_id=child)
    assert client.read(f"chats/{chat.pk}/").json()["waiting"] == 3


def test_messages_come_backwards_too(client: ApiClient, chat: Chat, engine: Engine) -> None:
    for number in (1, 2, 3):
        say(engine, "ses_mine", str(number), number)
    path = f"chats/{chat.pk}/messages/"
    named = {
        order: [row["ai_engine_message_id"] for row in client.read(path + order).json()["results"]]
        for order in ("", "?order=oldest", "?order=newest")
    }
    oldest = ["msg_1", "msg_2", "msg_3"]
    assert named == {"": oldest, "?order=oldest": oldest, "?order=newest": oldest[::-1]}
    page = client.read(f"{path}?order=newest&page_size=2").json()
    rest = client.read(page["next"].removeprefix("http://testserver")).json()
    assert [row["ai_engine_message_id"] for row in (*page["results"], *rest["results"])] == oldest[::-1]
    assert outcome(client.read(f"{path}?order=any")) == (400, "invalid")


@pytest.mark.parametrize("path", ["chats/", "messages/", "queue/"])
def test_lists_cost_the_same_whatever_their_length(
    client: ApiClient, user: User, engine: Engine, path: str
) -> None:
    chat = make_chat(user, engine, "ses_mine")
    address = path if path == "chats/" else f"chats/{chat.pk}/{path}"
    counts = []
    for number in (1, 2, 3):
        make_prompt(chat)
        make_prompt(make_chat(user, engine))
        say(engine, "ses_mine", "hello", number)
        # The token is looked up anew every few seconds.
        client.read("users/me/")
        with CaptureQueriesContext(connection) as queries:
            assert client.read(address).status_code == 200
        counts.append(len(queries))
    assert counts[1:] == counts[:-1]
