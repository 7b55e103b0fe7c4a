"""Replies nobody saw the end of, judged from the engine's records."""

from __future__ import annotations

from typing import Any

import pytest

from governance.enums import Reply
from relay.outcomes import (
    CONFIRMED,
    GIVE_UP_AFTER_S,
    NOT_WAITING,
    RAN_ALREADY,
    STILL_OPEN,
    TAKEN_THEN_LOST,
    UNKNOWN,
    Outcome,
    judge_outcome,
)

GONE: dict[str, Any] = {"is_listed": False, "is_busy": False}
WORKING: dict[str, Any] = {"is_listed": False, "is_busy": True}
UNSEEN: dict[str, Any] = {"is_listed": None, "is_busy": True}


@pytest.mark.parametrize(
    ("statuses", "facts", "was_accepted", "expected"),
    [
        (["completed"], GONE, False, CONFIRMED),
        (["completed"], UNSEEN, False, CONFIRMED),
        (["error"], GONE, False, UNKNOWN),
        (["error"], GONE, True, TAKEN_THEN_LOST),
        (["running"], WORKING, False, CONFIRMED),
        (["running"], WORKING, True, CONFIRMED),
        # After a restart a call stays "running" in the engine's records for ever.
        (["running"], GONE, False, UNKNOWN),
        (["running"], GONE, True, TAKEN_THEN_LOST),
        (["running"], UNSEEN, False, STILL_OPEN),
        (["running"], {"is_listed": False, "is_busy": None}, False, STILL_OPEN),
        (None, GONE, False, UNKNOWN),
        (None, UNSEEN, False, STILL_OPEN),
        (["running", "completed"], GONE, False, UNKNOWN),
    ],
)
def test_an_approval_is_confirmed_only_by_what_ran(
    statuses: list[str] | None, facts: dict[str, Any], was_accepted: bool, expected: Outcome
) -> None:
    outcome = judge_outcome(
        reply=Reply.ONCE, statuses=statuses, was_accepted=was_accepted, age_s=1.0, **facts
    )
    assert outcome == expected


@pytest.mark.parametrize(
    ("statuses", "facts", "was_accepted", "age_s", "expected"),
    [
        (["error"], GONE, False, 1.0, CONFIRMED),
        (["running"], GONE, True, 1.0, CONFIRMED),
        (["completed"], GONE, False, 1.0, RAN_ALREADY),
        (["running"], WORKING, False, 1.0, STILL_OPEN),
        (["running"], WORKING, False, GIVE_UP_AFTER_S, NOT_WAITING),
        (["running"], GONE, False, 1.0, NOT_WAITING),
        (None, GONE, False, 1.0, NOT_WAITING),
        (None, UNSEEN, True, 1.0, STILL_OPEN),
    ],
)
def test_a_denial_is_confirmed_by_what_did_not_run(
    statuses: list[str] | None, facts: dict[str, Any], was_accepted: bool, age_s: float, expected: Outcome
) -> None:
    outcome = judge_outcome(
        reply=Reply.REJECT, statuses=statuses, was_accepted=was_accepted, age_s=age_s, **facts
    )
    assert outcome == expected
