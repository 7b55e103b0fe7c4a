"""`changes()`: one transaction, one log, at every depth."""

# ruff: noqa: PT012 - blocks that fail half-way are what is tested here

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Team
from events import doorbell
from events.actors import Actor, ActorKind, Door, Subject
from events.append_only import suspended
from events.audit import verify_chain
from events.changes import changes, lock_rows
from events.errors import Conflict, Refused
from events.models import AuditEntry, Event, LogHead
from tests.support.concurrency import run_together

pytestmark = pytest.mark.django_db

PERSON = Actor(ActorKind.USER, "alice0000000000", Door.API, "Alice")
OTHER = Actor(ActorKind.USER, "bob000000000000", Door.ADMIN, "Bob")
THING = Subject("thing", "1")


def read_log() -> tuple[list[str], list[str]]:
    """(verbs, event kinds) in the order of the log."""
    return (
        list(AuditEntry.objects.order_by("n").values_list("verb", flat=True)),
        list(Event.objects.order_by("seq").values_list("kind", flat=True)),
    )


def note(actor: Actor, verb: str) -> None:
    with changes(actor) as change:
        change.audit(verb, THING)
        change.event(f"thing.{verb}", THING, topic="notices", audience="owners")


@pytest.fixture
def rung() -> Iterator[list[int]]:
    heard: list[int] = []
    doorbell.add_ringer(heard.append)
    yield heard
    doorbell.remove_ringer(heard.append)


def test_numbers_follow_each_other(rung: list[int]) -> None:
    with changes(PERSON) as change:
        change.audit("one", THING)
        change.event("thing.one", THING, topic="notices", audience="owners")
        change.event("thing.two", THING, topic="notices", audience="owners", words={"state": "done"})
    note(PERSON, "three")
    entries = list(AuditEntry.objects.order_by("n").values_list("n", "verb"))
    events = list(Event.objects.order_by("seq").values_list("seq", "kind", "words"))
    head = LogHead.objects.get(pk=1)
    assert entries == [(1, "one"), (2, "three")]
    assert events == [
        (1, "thing.one", {}),
        (2, "thing.two", {"state": "done"}),
        (3, "thing.three", {}),
    ]
    assert (head.event_seq, head.audit_n, head.audit_hash) == (3, 2, AuditEntry.objects.get(n=2).hash)
    assert rung == [2, 3]


def test_a_block_that_says_nothing_leaves_the_head_alone(rung: list[int]) -> None:
    with changes(PERSON):
        Team.objects.create(name="quiet")
    assert (LogHead.objects.get(pk=1).event_seq, rung) == (0, [])


def test_inner_blocks_join_the_outer_one_with_their_own_actor(rung: list[int]) -> None:
    with changes(PERSON) as change:
        change.audit("outer", THING)
        note(OTHER, "inner")
        assert read_log() == ([], [])
    assert list(AuditEntry.objects.order_by("n").values_list("verb", "actor_id", "door")) == [
        ("outer", PERSON.id, Door.API),
        ("inner", OTHER.id, Door.ADMIN),
    ]
    assert rung == [1]


def test_a_failed_outermost_block_leaves_nothing(rung: list[int]) -> None:
    with pytest.raises(Conflict), changes(PERSON) as change:
        Team.objects.create(name="lost")
        change.audit("lost", THING)
        note(OTHER, "inner")
        raise Conflict("no")
    assert (Team.objects.count(), read_log(), rung) == (0, ([], []), [])
    note(PERSON, "after")
    assert read_log() == (["after"], ["thing.after"])


def test_a_failed_inner_block_leaves_nothing_of_itself() -> None:
    with changes(PERSON) as change:
        change.audit("before", THING)
        with pytest.raises(Conflict), changes(OTHER) as inner:
            Team.objects.create(name="lost")
            inner.audit("lost", THING)
            note(OTHER, "deeper")
            raise Conflict("no")
        Team.objects.create(name="kept")
        change.audit("after", THING)
    assert list(Team.objects.values_list("name", flat=True)) == ["kept"]
    assert read_log() == (["before", "after"], [])


def test_a_database_error_of_an_inner_block_does_not_spoil_the_outer_one() -> None:
    Team.objects.create(name="taken")
    with changes(PERSON) as change:
        with pytest.raises(IntegrityError), changes(PERSON):
            Team.objects.create(name="taken")
        Team.objects.create(name="free")
        change.audit("after", THING)
    assert sorted(Team.objects.values_list("name", flat=True)) == ["free", "taken"]
    assert read_log() == (["after"], [])


def test_a_refusal_is_audited_once_as_the_one_who_was_refused() -> None:
    with pytest.raises(Refused), changes(PERSON), changes(OTHER) as change:
        change.audit("lost", THING)
        raise Refused("Not you.", subject_kind="thing", subject_id="7")
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.actor_id, entry.subject_kind, entry.subject_id, entry.after) == (
        "refused",
        OTHER.id,
        "thing",
        "7",
        {"code": "refused", "sentence": "Not you."},
    )


def test_a_refusal_that_the_outer_block_lives_with_is_audited_too() -> None:
    with changes(PERSON) as change:
        change.audit("first", THING)
        with pytest.raises(Refused), changes(OTHER):
            raise Refused("Not you.")
        change.audit("second", THING)
    assert list(AuditEntry.objects.order_by("n").values_list("verb", "actor_id")) == [
        ("first", PERSON.id),
        ("second", PERSON.id),
        ("refused", OTHER.id),
    ]


def test_a_refusal_is_audited_though_something_else_failed_after_it() -> None:
    with pytest.raises(ZeroDivisionError), changes(PERSON):
        with pytest.raises(Refused), changes(OTHER):
            raise Refused("Not you.")
        raise ZeroDivisionError
    assert read_log() == (["refused"], [])


def test_it_opens_in_no_transaction_of_somebody_else() -> None:
    with pytest.raises(RuntimeError), transaction.atomic(), changes(PERSON):
        pass
    note(PERSON, "after")
    assert read_log() == (["after"], ["thing.after"])


def test_what_can_not_be_recorded_everywhere_is_refused_where_it_is_said() -> None:
    for value in (
        0.5,
        2**53,
        "half \ud800",
        "a\0b",
        {"nested": ["a\0b"]},
        {1: "number"},
        {"a\0b": 1},
        object(),
    ):
        with changes(PERSON) as change, pytest.raises(ValueError, match="."):
            change.audit("thing.change", THING, after={"value": value})
    assert read_log() == ([], [])


def test_events_are_short_and_of_a_known_topic() -> None:
    with changes(PERSON) as change:
        with pytest.raises(ValueError, match="topic"):
            change.event("thing.one", THING, topic="gossip", audience="owners")
        with pytest.raises(ValueError, match="too long"):
            change.event("thing.one", THING, topic="notices", audience="owners", words={"text": "ä" * 800})
    assert read_log() == ([], [])


def test_a_ringer_that_fails_takes_nothing_back(rung: list[int]) -> None:
    def fail(seq: int) -> None:
        raise OSError(seq)

    doorbell.add_ringer(fail)
    try:
        note(PERSON, "one")
    finally:
        doorbell.remove_ringer(fail)
    assert (read_log(), rung) == ((["one"], ["thing.one"]), [1])


def test_without_a_head_row_nothing_is_written() -> None:
    with suspended():
        LogHead.objects.all().delete()
    with pytest.raises(LogHead.DoesNotExist), changes(PERSON) as change:
        Team.objects.create(name="lost")
        change.audit("lost", THING)
    assert (Team.objects.count(), AuditEntry.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_threads_do_not_share_an_open_block() -> None:
    def write(number: int) -> None:
        for step in range(5):
            note(Actor(ActorKind.USER, f"user{number}", Door.API), f"step{step}")

    run_together([partial(write, number) for number in range(4)])
    entries = list(AuditEntry.objects.order_by("n").values_list("actor_id", "verb"))
    assert sorted(entries) == sorted(
        (f"user{number}", f"step{step}") for number in range(4) for step in range(5)
    )
    assert list(Event.objects.order_by("seq").values_list("seq", flat=True)) == list(range(1, 21))
    assert verify_chain() == []


@pytest.mark.django_db(transaction=True)
def test_a_reader_that_follows_the_cursor_misses_nothing() -> None:
    """`seq` grows in commit order: what a poll has passed by never appears later."""
    writers, steps = 4, 12

    def write(number: int) -> list[int]:
        for step in range(steps):
            with changes(PERSON) as change:
                # Different rows, so that only the head row makes the writers wait for each other.
                Team.objects.create(name=f"{number}/{step}")
                for _ in range(1 + step % 3):
                    change.event("thing.new", THING, topic="notices", audience="owners")
        return []

    expected = writers * sum(1 + step % 3 for step in range(steps))

    def follow() -> list[int]:
        cursor = 0
        seen: list[int] = []
        while len(seen) < expected:
            page = list(
                Event.objects.filter(seq__gt=cursor).order_by("seq").values_list("seq", flat=True)[:7]
            )
            seen += page
            cursor = page[-1] if page else cursor
        return seen

    calls: list[Callable[[], list[int]]] = [follow, follow]
    calls.extend(partial(write, number) for number in range(writers))
    results = run_together(calls)
    assert results[:2] == [list(range(1, expected + 1))] * 2


@pytest.mark.django_db(transaction=True)
def test_locked_rows_make_a_reader_who_will_write_wait() -> None:
    """Read, add one, write: without the lock, threads would overwrite each other's step."""
    team = Team.objects.create(name="0")

    def count() -> None:
        for _ in range(10):
            with changes(PERSON):
                [row] = lock_rows(Team.objects.filter(pk=team.pk))
                Team.objects.filter(pk=team.pk).update(name=str(int(row.name) + 1))

    run_together([count] * 4)
    team.refresh_from_db()
    assert team.name == "40"


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_leaves_the_thread_usable() -> None:
    with pytest.raises(Exception, match="."), changes(PERSON) as change:
        change.audit("lost", THING)
        connection.connection.close()
        Team.objects.create(name="lost")
    connection.close()
    note(PERSON, "after")
    assert read_log() == (["after"], ["thing.after"])
