"""Messages and parts: any order, any repetition, the same conversation."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from engines.domain.aborts import AbortReason, abort_unfinished, end_chats
from engines.domain.messages import Facts, MessageFacts, record_conversation, record_message, record_part
from engines.domain.parts import MAX_PARTS, MAX_TEXT, PartFacts, merge_part
from engines.domain.retirement import retire_engine
from engines.domain.sessions import record_session_state
from engines.enums import EngineMessageStatus
from engines.models import Chat, Engine, Message
from events.actors import RELAY_ACTOR
from events.models import AuditEntry, Event
from tests.factories import make_engine, make_session, make_team
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = AT + timedelta(minutes=5)
ASSISTANT = MessageFacts("msg_2", "ses_1", "assistant", "msg_1", AT, is_completed=False, error="")
TEXT = PartFacts("prt_1", "msg_2", "ses_1", "text", text="Let me")
TOOL = PartFacts("prt_2", "msg_2", "ses_1", "tool", tool="bash", call_id="call_1", status="pending")


@pytest.fixture
def engine() -> Engine:
    engine = make_engine(make_team())
    make_session(engine, "ses_1")
    return engine


def read_message(key: str = "msg_2") -> dict[str, Any]:
    names = ("role", "parent_id", "engine_message_status", "parts", "created")
    return dict(Message.objects.values(*names).get(ai_engine_message_id=key))


@pytest.mark.slow
def test_every_order_of_parts_and_completion_makes_the_same_message() -> None:
    """5,040 orders of seven happenings, told by the same engine."""
    happenings: list[Callable[[Engine], object]] = [
        lambda engine: record_message(engine=engine, facts=ASSISTANT),
        lambda engine: record_message(engine=engine, facts=replace(ASSISTANT, is_completed=True)),
        lambda engine: record_part(engine=engine, facts=TEXT),
        lambda engine: record_part(engine=engine, facts=replace(TEXT, text="Let me look.")),
        lambda engine: record_part(engine=engine, facts=TOOL),
        lambda engine: record_part(engine=engine, facts=replace(TOOL, status="running")),
        lambda engine: record_part(engine=engine, facts=replace(TOOL, status="completed")),
    ]
    engine = make_engine(make_team())
    make_session(engine, "ses_1")
    expected: dict[str, Any] = {
        "role": "assistant",
        "parent_id": "msg_1",
        "engine_message_status": EngineMessageStatus.COMPLETED,
        "parts": [
            {"id": "prt_1", "type": "text", "text": "Let me look."},
            {
                "id": "prt_2",
                "type": "tool",
                "tool": "bash",
                "callID": "call_1",
                "status": "completed",
                "title": "",
            },
        ],
        "created": AT,
    }
    orders = list(itertools.permutations(range(len(happenings))))
    # A sample of them on the database (each happening occurs at each place), the merging in every order.
    for order in orders[::31]:
        for number in order:
            happenings[number](engine)
        assert read_message() == expected, order
        Message.objects.all().delete()
    parts = [
        {"id": "prt_1", "type": "text", "text": "Let me"},
        {"id": "prt_1", "type": "text", "text": "Let me look."},
        {**expected["parts"][1], "status": "pending"},
        {**expected["parts"][1], "status": "running"},
        {**expected["parts"][1], "status": "completed"},
    ]
    for pieces in itertools.permutations(parts):
        merged: list[dict[str, Any]] = []
        for part in pieces:
            merged = merge_part(merge_part(merged, part), part)
        assert merged == expected["parts"], pieces


def test_parts_that_never_finish_do_not_go_back(engine: Engine) -> None:
    for statuses in itertools.permutations(["pending", "running"]):
        for status in statuses:
            record_part(engine=engine, facts=replace(TOOL, status=status))
        assert read_message()["parts"][0]["status"] == "running"
        Message.objects.all().delete()


def test_a_call_of_a_withdrawn_tool_may_change_its_name(engine: Engine) -> None:
    record_part(engine=engine, facts=replace(TOOL, status="running"))
    record_part(engine=engine, facts=replace(TOOL, tool="invalid", status="error"))
    record_part(engine=engine, facts=replace(TOOL, status="running"))
    [part] = read_message()["parts"]
    assert (part["tool"], part["callID"], part["status"]) == ("invalid", "call_1", "error")


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"role": "user"}, ""),
        ({"is_completed": True}, EngineMessageStatus.COMPLETED),
        ({}, EngineMessageStatus.PROCESSING),
        ({"error": "MessageAbortedError", "is_completed": True}, EngineMessageStatus.ABORTED),
        ({"error": "APIError"}, EngineMessageStatus.FAILED),
    ],
)
def test_what_a_message_came_to(engine: Engine, facts: dict[str, Any], status: str) -> None:
    record_message(engine=engine, facts=replace(ASSISTANT, **facts))
    assert read_message()["engine_message_status"] == status


def test_a_finished_message_stays_finished_and_takes_late_parts(engine: Engine) -> None:
    record_message(engine=engine, facts=replace(ASSISTANT, error="APIError"))
    record_message(engine=engine, facts=ASSISTANT)
    record_message(engine=engine, facts=replace(ASSISTANT, is_completed=True))
    record_part(engine=engine, facts=TEXT)
    message = read_message()
    assert (message["engine_message_status"], len(message["parts"])) == (EngineMessageStatus.FAILED, 1)


def test_a_users_message_whose_part_came_first_is_a_users(engine: Engine) -> None:
    record_part(engine=engine, facts=replace(TEXT, message_id="msg_1"))
    record_message(engine=engine, facts=replace(ASSISTANT, id="msg_1", role="user", parent_id=""))
    message = read_message("msg_1")
    assert (message["role"], message["engine_message_status"], message["created"]) == ("user", "", AT)


def cut_off(engine: Engine, session_id: str = "ses_1") -> list[str | None]:
    """Which messages were given up."""
    messages = abort_unfinished(
        actor=RELAY_ACTOR, engine=engine, session_id=session_id, why=AbortReason.ENGINE_STOPPED, now=LATER
    )
    return [message.ai_engine_message_id for message in messages]


def test_what_was_cut_off_is_aborted_and_the_chat_says_so_once(engine: Engine) -> None:
    record_message(engine=engine, facts=ASSISTANT)
    record_message(engine=engine, facts=replace(ASSISTANT, id="msg_3", is_completed=True))
    assert [cut_off(engine), cut_off(engine), cut_off(engine, "ses_9")] == [["msg_2"], [], []]
    record_message(engine=engine, facts=replace(ASSISTANT, is_completed=True))
    assert [read_message(key)["engine_message_status"] for key in ("msg_2", "msg_3")] == [
        "aborted",
        "completed",
    ]
    [notice] = Message.objects.filter(role="system").values("ai_engine_message_id", "created", "parts")
    assert notice == {
        "ai_engine_message_id": None,
        "created": LATER,
        "parts": [
            {
                "id": "notice",
                "type": "notice",
                "text": "The engine stopped while the agent was at work. What it had not finished is lost.",
            }
        ],
    }
    chat = Chat.objects.get()
    assert chat.last_reply_at == LATER
    [told] = Event.objects.filter(kind="chat.aborted").values("topic", "audience", "subject_id", "words")
    assert told == {
        "topic": "chats",
        "audience": f"team:{chat.team_id}",
        "subject_id": chat.pk,
        "words": {"why": "engine_stopped"},
    }
    [entry] = AuditEntry.objects.filter(verb="chat.abort")
    assert (entry.subject_id, entry.after) == (chat.pk, {"why": "engine_stopped", "messages": 1})


def test_nobody_is_told_of_an_end_that_cut_nothing_off(engine: Engine) -> None:
    record_message(engine=engine, facts=replace(ASSISTANT, is_completed=True))
    assert cut_off(engine) == []
    assert (Message.objects.count(), Event.objects.filter(kind="chat.aborted").count()) == (1, 0)


def test_a_retired_engines_chats_end(engine: Engine) -> None:
    record_message(engine=engine, facts=ASSISTANT)
    record_session_state(actor=RELAY_ACTOR, engine=engine, session_id="ses_1", state="busy", at=AT)
    retire_engine(actor=RELAY_ACTOR, engine=engine)
    chat = Chat.objects.get()
    assert (read_message()["engine_message_status"], chat.turn, chat.session_state) == (
        "aborted",
        "user",
        "unknown",
    )
    assert Event.objects.get(kind="chat.aborted").words == {"why": "engine_retired"}


def test_whoever_listens_hears_of_new_messages_and_their_status_and_never_of_words(engine: Engine) -> None:
    record_part(engine=engine, facts=TEXT)
    record_part(engine=engine, facts=replace(TEXT, text="Let me look"))
    record_message(engine=engine, facts=ASSISTANT)
    record_message(engine=engine, facts=replace(ASSISTANT, is_completed=True))
    record_message(engine=engine, facts=replace(ASSISTANT, is_completed=True))
    chat, message = Chat.objects.get(), Message.objects.get()
    told = Event.objects.filter(kind="message.changed").order_by("seq")
    assert [(event.subject_kind, event.subject_id, event.audience, event.words) for event in told] == [
        (
            "message",
            message.pk,
            f"team:{chat.team_id}",
            {"chat": chat.pk, "role": "assistant", "status": status},
        )
        for status in ("processing", "completed")
    ]


KINDS_OF_PARTS = [
    (
        PartFacts("prt_1", "msg_2", "ses_1", "reasoning", text="Hm."),
        {"id": "prt_1", "type": "reasoning", "text": "Hm."},
    ),
    (
        PartFacts(
            "prt_2",
            "msg_2",
            "ses_1",
            "tool",
            tool="task",
            call_id="call_1",
            status="running",
            title="Look",
            child_session_id="ses_2",
        ),
        {
            "id": "prt_2",
            "type": "tool",
            "tool": "task",
            "callID": "call_1",
            "status": "running",
            "title": "Look",
            "sessionID": "ses_2",
        },
    ),
    (
        PartFacts("prt_3", "msg_2", "ses_1", "file", mime="text/plain", filename="notes.txt"),
        {"id": "prt_3", "type": "file", "mime": "text/plain", "filename": "notes.txt"},
    ),
    (
        PartFacts("prt_4", "msg_2", "ses_1", "agent", name="explore"),
        {"id": "prt_4", "type": "agent", "name": "explore"},
    ),
    (
        PartFacts("prt_5", "msg_2", "ses_1", "step", phase="finish"),
        {"id": "prt_5", "type": "step", "phase": "finish"},
    ),
    (
        PartFacts("prt_6", "msg_2", "ses_1", "subtask", name="explore", description="Look around"),
        {
            "id": "prt_6",
            "type": "subtask",
            "agent": "explore",
            "description": "Look around",
            "sessionID": "",
        },
    ),
    (
        PartFacts("prt_7", "msg_2", "ses_1", "patch", files=("/srv/demo/a.py", "b\0.py")),
        {"id": "prt_7", "type": "patch", "files": ["/srv/demo/a.py", "b\ufffd.py"]},
    ),
]


@pytest.mark.parametrize("is_turned", [False, True])
def test_every_kind_of_part_is_kept_as_a_conversation_shows_it(engine: Engine, is_turned: bool) -> None:
    facts = [told for told, _ in KINDS_OF_PARTS]
    record_conversation(engine=engine, facts=facts[::-1] if is_turned else facts)
    assert read_message()["parts"] == [part for _, part in KINDS_OF_PARTS]


def test_a_text_whose_last_blanks_were_cut_is_the_newer_one(engine: Engine) -> None:
    for texts in itertools.permutations(["Let me", "Let me ", "Let me  "]):
        for text in texts:
            record_part(engine=engine, facts=replace(TEXT, text=text))
        assert read_message()["parts"][0]["text"] == "Let me"
        Message.objects.all().delete()


def test_an_agents_word_is_news_and_a_users_is_not(engine: Engine) -> None:
    record_conversation(
        engine=engine,
        facts=[
            replace(ASSISTANT, id="msg_1", role="user", parent_id=""),
            replace(TEXT, message_id="msg_1", text="Do it"),
        ],
    )
    assert (Chat.objects.get().preview, Chat.objects.get().last_reply_at) == ("Do it", None)
    record_conversation(engine=engine, facts=[ASSISTANT, TOOL])
    assert Chat.objects.get().last_reply_at is None
    record_part(engine=engine, facts=TEXT)
    chat = Chat.objects.get()
    assert (chat.preview, chat.last_reply_at) == ("Let me", chat.last_active)


def test_what_is_told_again_changes_nothing(engine: Engine) -> None:
    told: list[Facts] = [ASSISTANT, TEXT, TOOL]
    first = record_conversation(engine=engine, facts=told)
    events, before = Event.objects.count(), list(Message.objects.values())
    second = record_conversation(engine=engine, facts=[*told, *reversed(told)])
    assert [message.ai_engine_message_id for message in first.changed] == ["msg_2"]
    assert (second.changed, Event.objects.count(), list(Message.objects.values())) == ([], events, before)


def test_a_message_takes_as_many_queries_however_many_parts_it_has(engine: Engine) -> None:
    record_message(engine=engine, facts=ASSISTANT)
    counts = []
    for number in (1, 3):
        parts = [replace(TEXT, id=f"prt_{number}_{each}", text=f"{each}") for each in range(number)]
        with CaptureQueriesContext(connection) as queries:
            record_conversation(engine=engine, facts=parts)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 9


def test_unknown_sessions_and_roles_make_no_message(engine: Engine) -> None:
    assert record_message(engine=engine, facts=replace(ASSISTANT, session_id="ses_9")) is None
    assert record_message(engine=engine, facts=replace(ASSISTANT, role="oracle")) is None
    record_part(engine=engine, facts=replace(TEXT, session_id="ses_9"))
    record_part(engine=make_engine(make_team()), facts=TEXT)
    assert not Message.objects.exists()


def test_messages_are_not_audited(engine: Engine) -> None:
    entries = AuditEntry.objects.count()
    record_message(engine=engine, facts=ASSISTANT)
    record_part(engine=engine, facts=TEXT)
    assert AuditEntry.objects.count() == entries


def test_long_and_strange_parts_are_kept_as_far_as_they_fit(engine: Engine) -> None:
    record_part(engine=engine, facts=replace(TEXT, text="a\0b\ud800" + "漢" * 30_000))
    record_part(engine=engine, facts=replace(TOOL, tool="\0" * 500, call_id="\ud800"))
    text, tool = read_message()["parts"]
    assert (text["text"][:5], len(text["text"])) == ("a\ufffdb\ufffd漢", MAX_TEXT)
    assert (tool["tool"], tool["callID"]) == ("\ufffd" * 200, "\ufffd")


def test_the_number_of_parts_is_bounded_the_same_way_in_any_order() -> None:
    parts = [{"id": f"prt_{number:04}", "type": "text", "text": "x"} for number in range(MAX_PARTS + 20)]
    merged: list[dict[str, Any]] = []
    turned: list[dict[str, Any]] = []
    for part in parts:
        merged = merge_part(merged, part)
    for part in reversed(parts):
        turned = merge_part(turned, part)
    assert merged == turned == parts[:MAX_PARTS]


def test_the_preview_is_the_last_text_masked(engine: Engine) -> None:
    record_message(engine=engine, facts=ASSISTANT)
    record_part(engine=engine, facts=replace(TEXT, text="The first, which is much longer than the last one."))
    later = replace(ASSISTANT, id="msg_4", created_at=AT + timedelta(seconds=9))
    record_message(engine=engine, facts=later)
    record_part(
        engine=engine, facts=replace(TEXT, id="prt_8", message_id="msg_4", text="  set TOKEN=s3cr3ts3cr3t ")
    )
    record_part(engine=engine, facts=replace(TEXT, id="prt_9", message_id="msg_4", text=" \n"))
    assert Chat.objects.get().preview == "set TOKEN=••••"


@pytest.mark.django_db(transaction=True)
def test_parts_that_arrive_at_once_all_stay() -> None:
    engine = make_engine(make_team())
    make_session(engine, "ses_1")

    def tell(number: int) -> None:
        for step in range(5):
            facts = replace(TEXT, id=f"prt_{number}_{step}", text=f"{number}/{step}")
            record_part(engine=engine, facts=facts)

    run_together([partial(tell, number) for number in range(4)])
    assert [part["id"] for part in read_message()["parts"]] == sorted(
        f"prt_{number}_{step}" for number in range(4) for step in range(5)
    )


@pytest.mark.django_db(transaction=True)
def test_what_agents_write_and_the_end_of_their_turns_never_wait_for_each_other_in_a_circle() -> None:
    engine = make_engine(make_team())
    numbers = range(4)
    for number in numbers:
        make_session(engine, f"ses_{number}")

    def tell() -> None:
        for step in range(20):
            number = step % len(numbers)
            told = replace(TEXT, session_id=f"ses_{number}", message_id=f"msg_{number}")
            record_part(engine=engine, facts=replace(told, text="word " * (step + 1)))

    def end() -> None:
        for _ in range(10):
            end_chats(RELAY_ACTOR, engine, timezone.now())
            Message.objects.filter(role="assistant").update(engine_message_status="processing")

    run_together([tell, tell, end])
    assert Message.objects.filter(role="assistant").count() == len(numbers)
