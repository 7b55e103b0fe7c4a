"""Messages and parts: any order, any repetition, the same conversation."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from engines.domain.messages import (
    MAX_PARTS,
    MAX_TEXT,
    MessageFacts,
    PartFacts,
    abort_unfinished_messages,
    merge_part,
    record_message,
    record_part,
    refresh_preview,
)
from engines.enums import EngineMessageStatus
from engines.models import Chat, Engine, Message
from events.models import AuditEntry
from tests.factories import make_engine, make_session, make_team
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
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
            {"id": "prt_2", "type": "tool", "tool": "bash", "callID": "call_1", "status": "completed"},
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


def test_what_was_cut_off_is_aborted(engine: Engine) -> None:
    record_message(engine=engine, facts=ASSISTANT)
    record_message(engine=engine, facts=replace(ASSISTANT, id="msg_3", is_completed=True))
    assert abort_unfinished_messages(engine=engine, session_id="ses_1") == 1
    record_message(engine=engine, facts=replace(ASSISTANT, is_completed=True))
    assert [read_message(key)["engine_message_status"] for key in ("msg_2", "msg_3")] == [
        "aborted",
        "completed",
    ]


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
    refresh_preview(engine=engine, session_id="ses_1")
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
