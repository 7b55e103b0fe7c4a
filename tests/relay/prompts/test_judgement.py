"""What became of a prompt, for everything an engine can show of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from relay.opencode.records import Message, MessageWithParts
from relay.prompts.judgement import (
    NO_SESSION,
    TAKE_UP_GRACE,
    Fate,
    Sighting,
    is_answered,
    judge_fate,
)

pytestmark = pytest.mark.pure

ABSENT = Sighting(has_session=True)
ABSENT_BUSY = Sighting(has_session=True, is_busy=True)
STORED = Sighting(has_session=True, has_message=True)
STORED_BUSY = Sighting(has_session=True, has_message=True, is_busy=True)
ANSWERED = Sighting(has_session=True, has_message=True, is_answered=True)
ANSWERED_BUSY = Sighting(has_session=True, has_message=True, is_answered=True, is_busy=True)
NOW = timedelta(0)
EVER = timedelta(days=1)


@pytest.mark.parametrize(
    ("seen", "age", "has_error", "fate"),
    [
        (ANSWERED, NOW, False, Fate.DELIVERED),
        (ANSWERED_BUSY, EVER, True, Fate.DELIVERED),
        (STORED_BUSY, EVER, False, Fate.WAIT),
        (STORED_BUSY, EVER, True, Fate.WAIT),
        (ABSENT_BUSY, EVER, False, Fate.WAIT),
        (STORED, NOW, False, Fate.WAIT),
        (STORED, TAKE_UP_GRACE, False, Fate.SEND_AGAIN),
        (STORED, NOW, True, Fate.WAIT),
        (STORED, TAKE_UP_GRACE, True, Fate.FAILED),
        (ABSENT, NOW, False, Fate.SEND_AGAIN),
        (ABSENT, NOW, True, Fate.WAIT),
        (ABSENT, TAKE_UP_GRACE, True, Fate.FAILED),
        (NO_SESSION, NOW, False, Fate.SEND_AGAIN),
    ],
)
def test_the_fate_of_a_prompt(seen: Sighting, age: timedelta, has_error: bool, fate: Fate) -> None:
    assert judge_fate(seen, age=age, has_error=has_error) is fate


def make(message_id: str, role: str, parent_id: str | None = None) -> MessageWithParts:

    message = Message(
        id=message_id,
        session_id="ses_1",
        role=role,
        parent_id=parent_id,
        agent="build",
        created_ms=1_800_000_000_000,
        completed_ms=None,
        finish="",
        error_name="",
        error_message="",
    )
    return MessageWithParts(message, ())


@pytest.mark.parametrize(
    ("newest", "expected"),
    [
        ([make("msg_1", "user")], False),
        ([make("msg_0", "assistant", "msg_x"), make("msg_1", "user")], False),
        ([make("msg_1", "user"), make("msg_2", "assistant", "msg_1")], True),
        # The engine sorts an older message's answer before it, when its id is older than what came between.
        ([make("msg_2", "assistant", "msg_1"), make("msg_1", "user")], True),
        ([make("msg_1", "user"), make("msg_2", "assistant", "msg_x")], False),
        # Further back than everything said since.
        ([make("msg_8", "user"), make("msg_9", "assistant", "msg_8")], True),
        ([], False),
    ],
)
def test_what_counts_as_an_answer(newest: list[MessageWithParts], expected: bool) -> None:
    assert is_answered("msg_1", newest) is expected
