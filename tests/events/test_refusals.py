"""Refusals are facts in the audit chain, ten a minute for one actor; the rest are counted."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from events import refusals
from events.actors import RELAY_ACTOR, Actor, ActorKind, Door, Subject
from events.audit import verify_chain
from events.changes import changes
from events.errors import Refused
from events.models import AuditEntry
from events.refusals import RefusalBudget, record_refusal

pytestmark = pytest.mark.django_db

PERSON = Actor(ActorKind.USER, "alice0000000000", Door.API, "Alice")
OTHER = Actor(ActorKind.USER, "bob000000000000", Door.API, "Bob")
REFUSAL = Refused("Not you.", code="not_you")


class Clock:
    now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(refusals, "time", clock)
    monkeypatch.setattr(refusals, "budget", RefusalBudget())
    return clock


def read_entries() -> list[tuple[str, dict[str, Any]]]:
    return list(AuditEntry.objects.order_by("n").values_list("actor_id", "after"))


def test_ten_a_minute_then_they_are_counted(clock: Clock) -> None:
    for _ in range(25):
        record_refusal(PERSON, REFUSAL)
    record_refusal(OTHER, REFUSAL)
    plain = {"code": "not_you", "sentence": "Not you."}
    assert read_entries() == [(PERSON.id, plain)] * 10 + [(OTHER.id, plain)]
    clock.now_s += 59
    record_refusal(PERSON, REFUSAL)
    assert AuditEntry.objects.count() == 11
    clock.now_s += 1
    record_refusal(PERSON, REFUSAL)
    record_refusal(PERSON, REFUSAL)
    assert read_entries()[11:] == [(PERSON.id, {**plain, "left_out_before": "16"}), (PERSON.id, plain)]
    assert verify_chain() == []


def test_a_refusal_names_what_it_was_about(clock: Clock) -> None:
    record_refusal(PERSON, REFUSAL)
    record_refusal(PERSON, Refused("No.", subject_kind="team", subject_id="7"))
    record_refusal(PERSON, REFUSAL, Subject("engine", "9"))
    assert list(AuditEntry.objects.order_by("n").values_list("verb", "subject_kind", "subject_id")) == [
        ("refused", "actor", PERSON.id),
        ("refused", "team", "7"),
        ("refused", "engine", "9"),
    ]


def test_what_nobody_authenticated_tried_is_a_log_line(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="events.refusals"):
        record_refusal(RELAY_ACTOR, REFUSAL)
    assert [record.message for record in caplog.records] == ["refused"]
    assert not AuditEntry.objects.exists()


def test_the_memory_of_actors_is_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "MAX_TRACKED_ACTORS", 3)
    for number in range(10):
        refusals.budget.take(Actor(ActorKind.USER, str(number), Door.API), clock.now_s)
    assert len(refusals.budget.windows) <= 3


def test_a_refusal_that_can_not_be_written_down_stays_a_refusal(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from django.db import OperationalError

    def fail(*args: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(refusals, "record_refusal", fail)
    with pytest.raises(Refused, match="Not you"), changes(PERSON):
        raise REFUSAL
    assert "a refusal could not be audited" in caplog.text
