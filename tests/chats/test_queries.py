"""What lists of chats and conversations hold, for whom, and in how many queries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import Role
from chats.domain.chats import archive_chat, change_chat, mark_read
from chats.domain.prompts import confirm_prompt
from chats.domain.sending import withdraw_message
from chats.queries import (
    find_chat,
    find_message,
    list_chats,
    list_folders,
    list_messages,
    list_queue,
    list_tags,
    read_conversation,
)
from engines.models import Chat, Engine, Message
from events.errors import NotFound
from governance.models import PermissionRequest
from tests.chats.conftest import Desk, make_desk
from tests.factories import (
    make_chat,
    make_owner,
    make_principal,
    make_prompt,
    make_question,
    make_request,
    make_session,
    make_user,
)

pytestmark = pytest.mark.django_db


def say(chat: Chat, name: str, minute: int, role: str = "assistant") -> Message:
    at = timezone.now() - timedelta(hours=1) + timedelta(minutes=minute)
    return Message.objects.create(
        chat=chat,
        role=role,
        ai_engine_message_id=name,
        created=at,
        parts=[{"id": "prt_1", "type": "text", "text": name}],
    )


def test_a_list_tells_what_is_unread_and_what_waits(desk: Desk) -> None:
    other = make_chat(desk.user, desk.engine, title="Other")
    now = timezone.now()
    Chat.objects.filter(pk=desk.chat.pk).update(last_reply_at=now)
    make_prompt(desk.chat, "on its way", is_claimed=True)
    make_prompt(desk.chat, "waiting")
    withdraw_message(principal=desk.principal, message_id=make_prompt(other).message_id)
    make_request(desk.engine, session_id="ses_1")
    make_request(desk.engine, session_id="ses_1")
    make_question(desk.engine, session_id="ses_1")

    def read() -> dict[str, tuple[bool, int, int]]:
        rows: Any = list_chats(desk.principal)
        return {row.title: (row.is_unread, row.waiting_prompts, row.waiting) for row in rows}

    assert read() == {"A chat": (True, 2, 3), "Other": (False, 0, 0)}
    mark_read(principal=make_principal(make_user(desk.team)), chat_id=desk.chat.pk)
    mark_read(principal=desk.principal, chat_id=desk.chat.pk, at=now - timedelta(seconds=1))
    assert read()["A chat"] == (True, 2, 3)
    mark_read(principal=desk.principal, chat_id=desk.chat.pk, at=now)
    assert read()["A chat"] == (False, 2, 3)
    assert [row.title for row in list_chats(desk.principal, is_unread=True)] == []
    Chat.objects.filter(pk=desk.chat.pk).update(last_reply_at=now + timedelta(seconds=1))
    assert [row.title for row in list_chats(desk.principal, is_unread=True)] == ["A chat"]
    assert [row.title for row in list_chats(desk.principal, is_unread=False)] == ["Other"]


def test_chats_are_found_by_words_tags_and_ids(desk: Desk) -> None:
    principal = desk.principal
    build = make_chat(desk.user, desk.engine, "ses_build", title="Fix the Build", tags=["ci", "größe"])
    docs = make_chat(desk.user, desk.engine, title="Docs", description="About 100% of the BUILD")
    Chat.objects.filter(pk=desk.chat.pk).update(preview="All done.", tags=["ci-2"])

    def find(**filters: object) -> set[str]:
        return {row.title for row in list_chats(principal, **filters)}  # type: ignore[arg-type]

    assert find(text=" build ") == {"Fix the Build", "Docs"}
    assert find(text="100%") == {"Docs"}
    assert find(text="%") == {"Docs"}
    assert find(text="all DONE") == {"A chat"}
    assert find(text="ses_build") == {"Fix the Build"}
    assert find(text="ses_buil") == set()
    assert find(text=docs.pk) == {"Docs"}
    assert find(tag="ci") == {"Fix the Build"}
    assert find(tag="CI") == {"Fix the Build"}
    assert find(tag="größe") == {"Fix the Build"}
    assert find(tag="c") == set()
    assert find(tag="%") == set()
    assert list_tags(principal) == ["ci", "ci-2", "größe"]
    archive_chat(principal=principal, chat_id=build.pk)
    assert list_tags(principal) == ["ci-2"]
    assert find(is_archived=True) == {"Fix the Build"}
    assert find(is_archived=False) == {"Docs", "A chat"}


def test_own_chats_are_told_from_the_teams(desk: Desk) -> None:
    colleague = make_user(desk.team, Role.EDITOR)
    make_chat(colleague, desk.engine, title="A colleague's")
    make_session(desk.engine, "ses_adopted", title="Adopted")
    everything = {row.title for row in list_chats(desk.principal)}
    assert everything == {"A chat", "A colleague's", "Adopted"}
    assert {row.title for row in list_chats(desk.principal, is_mine=True)} == {"A chat"}


def test_nobody_sees_chats_of_other_teams(desk: Desk) -> None:
    other = make_desk()
    message = make_prompt(other.chat).message
    for user in (desk.user, make_owner(), make_user()):
        principal = make_principal(user)
        assert other.chat not in list_chats(principal)
        assert message not in list_messages(principal)
        with pytest.raises(NotFound):
            find_chat(principal, other.chat.pk)
        with pytest.raises(NotFound):
            find_message(principal, message.pk)
    assert find_message(other.principal, message.pk) == message


def test_a_list_takes_one_query_however_long_it_is(desk: Desk) -> None:
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            rows = [(row.team.name, row.engine.name, str(row.user)) for row in list_chats(desk.principal)]
        # The other one reads the principal's roles.
        assert len(captured) == 2
        for _ in range(3):
            make_prompt(make_chat(desk.user, desk.engine))
    assert len(rows) == 4


def test_a_conversation_is_read_from_its_end(desk: Desk) -> None:
    for number in range(7):
        say(desk.chat, f"msg_{number}", number)
    say(make_chat(desk.user, desk.engine), "msg_elsewhere", 3)

    def read(before: str = "") -> tuple[list[str], bool, str]:
        stretch = read_conversation(desk.chat, before=before, limit=3)
        names = [str(message.ai_engine_message_id) for message in stretch.messages]
        return names, stretch.has_older, stretch.messages[0].pk

    names, has_older, first = read()
    assert (names, has_older) == (["msg_4", "msg_5", "msg_6"], True)
    names, has_older, first = read(first)
    assert (names, has_older) == (["msg_1", "msg_2", "msg_3"], True)
    names, has_older, _ = read(first)
    assert (names, has_older) == (["msg_0"], False)


def test_messages_of_one_moment_are_all_read_once(desk: Desk) -> None:
    at = timezone.now()
    for number in range(5):
        say(desk.chat, f"msg_{number}", 0)
    Message.objects.update(created=at)
    seen: list[str] = []
    before = ""
    while True:
        stretch = read_conversation(desk.chat, before=before, limit=2)
        seen = [message.pk for message in stretch.messages] + seen
        if not stretch.has_older:
            break
        before = stretch.messages[0].pk
    assert seen == sorted(Message.objects.values_list("pk", flat=True))


def test_a_place_in_another_chat_is_none_in_this_one(desk: Desk) -> None:
    other = say(make_chat(desk.user, desk.engine), "msg_elsewhere", 1)
    for before in (other.pk, "nothing"):
        with pytest.raises(NotFound):
            read_conversation(desk.chat, before=before)


def test_what_is_not_delivered_stands_in_the_queue_alone(desk: Desk) -> None:
    delivered = make_prompt(desk.chat, "delivered", is_claimed=True)
    confirm_prompt(prompt=delivered, now=timezone.now())
    on_its_way = make_prompt(desk.chat, "on its way", is_claimed=True)
    withdrawn = make_prompt(desk.chat, "withdrawn")
    waiting = make_prompt(desk.chat, "waiting")
    withdraw_message(principal=desk.principal, message_id=withdrawn.message_id)
    foreign = say(desk.chat, "msg_foreign", 70)
    stretch = read_conversation(desk.chat)
    assert stretch.messages == [delivered.message, withdrawn.message, foreign]
    assert stretch.queue == [on_its_way, waiting]
    assert list(list_queue(desk.chat)) == [on_its_way, waiting]


def test_a_conversation_holds_what_was_asked_in_it(desk: Desk) -> None:
    old, shown = say(desk.chat, "msg_old", 1), say(desk.chat, "msg_shown", 2)
    make_session(desk.engine, "ses_child", parent_id="ses_1")
    make_session(desk.engine, "ses_elsewhere")
    requests = {
        name: make_request(desk.engine, session_id=session, message_id=message)
        for name, session, message in (
            ("old", "ses_1", "msg_old"),
            ("shown", "ses_1", "msg_shown"),
            ("below", "ses_child", "msg_below"),
            ("elsewhere", "ses_elsewhere", "msg_shown"),
        )
    }
    closed = [requests["old"].pk, requests["shown"].pk]
    now = timezone.now()
    PermissionRequest.objects.filter(pk__in=closed).update(state="expired", decided_at=now)
    question = make_question(desk.engine, session_id="ses_child")
    stretch = read_conversation(desk.chat, limit=1)
    assert stretch.messages == [shown]
    assert stretch.requests == [requests["shown"], requests["below"]]
    assert stretch.questions == [question]
    assert [row.source_ref for row in stretch.subagents] == ["ses_child"]
    older = read_conversation(desk.chat, before=shown.pk)
    assert (older.messages, older.requests) == ([old], [requests["old"], requests["below"]])


def test_what_subagents_asked_meanwhile_stands_in_the_conversation(desk: Desk) -> None:
    first, second = say(desk.chat, "msg_1", 1), say(desk.chat, "msg_2", 10)
    make_session(desk.engine, "ses_child", parent_id="ses_1")
    early = make_request(desk.engine, session_id="ses_child", message_id="msg_x", now=first.created)
    late = make_request(desk.engine, session_id="ses_child", message_id="msg_y", now=second.created)
    PermissionRequest.objects.update(state="expired", decided_at=timezone.now())
    assert read_conversation(desk.chat, limit=1).requests == [late]
    assert read_conversation(desk.chat, before=second.pk).requests == [early]
    assert read_conversation(desk.chat).requests == [early, late]
    assert "content" in read_conversation(desk.chat).requests[0].get_deferred_fields()


def test_a_conversation_takes_as_many_queries_for_many_messages_as_for_one(desk: Desk) -> None:
    counts = []
    for number in range(3):
        say(desk.chat, f"msg_{number}", number)
        make_prompt(desk.chat)
        make_request(desk.engine, session_id="ses_1", message_id=f"msg_{number}")
        make_session(desk.engine, f"ses_child_{number}", parent_id="ses_1")
        make_question(desk.engine, session_id="ses_1")
        with CaptureQueriesContext(connection) as captured:
            stretch = read_conversation(desk.chat)
            [(str(row.team), str(row.chat), str(row.engine), str(row.subagent)) for row in stretch.requests]
            [(str(row.team), str(row.chat), str(row.engine), str(row.subagent)) for row in stretch.questions]
            [(str(row.message), str(row.chat)) for row in stretch.queue]
        counts.append(len(captured))
    assert counts == [5, 5, 5]


def test_the_folders_of_an_engine_are_its_own_then_those_of_its_chats(desk: Desk) -> None:
    make_session(desk.engine, directory="/srv/used")
    make_session(desk.engine, directory="")
    make_session(make_desk().engine, directory="/srv/elsewhere")
    engine = Engine.objects.get(pk=desk.engine.pk)
    assert list_folders(engine) == ["/srv/demo", "/srv/other", "/srv/used"]


def test_what_people_say_of_a_chat_stays_when_the_engine_tells_of_it_again(desk: Desk) -> None:
    change_chat(principal=desk.principal, chat_id=desk.chat.pk, title="Mine", tags=["a"])
    make_session(desk.engine, "ses_1", title="The engine's", directory="/srv/demo")
    chat = Chat.objects.get(pk=desk.chat.pk)
    assert (chat.title, chat.tags, chat.user) == ("Mine", ["a"], desk.user)
