"""What a round writes down: states, since when, history, audit, events; and whose word counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from events.models import AuditEntry, Event
from health.domain.report import record_report
from health.domain.watch import WATCH_LENGTH, Watch, WatchLost, give_watch_up, renew_watch, take_watch
from health.enums import Component
from health.findings import Report
from health.models import HealthChange, HealthCheck, HealthWatch
from tests.factories import make_team
from tests.health.make import get_check, get_watch, make_finding, report

pytestmark = pytest.mark.django_db

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def read_history(check: HealthCheck) -> list[tuple[str, str, str, datetime]]:
    """Oldest first."""
    rows = HealthChange.objects.filter(health_check=check).order_by("at", "id")
    return list(rows.values_list("before", "state", "detail", "at"))


def read_events(check: HealthCheck) -> list[tuple[str, str, str, dict[str, str]]]:
    rows = Event.objects.filter(subject_kind="health_check", subject_id=check.pk).order_by("seq")
    return list(rows.values_list("kind", "topic", "audience", "words"))


def test_a_part_begins_with_what_was_found() -> None:
    team = make_team()
    report(make_finding("starting", team=team, subject_id="e1", detail="Not yet.", facts={"n": 1}), now=T0)
    check = get_check("engine", "e1")
    assert (check.state, check.since, check.last_ping_at, check.last_ready_at) == ("starting", T0, T0, None)
    assert (check.team_id, check.detail, check.facts) == (team.pk, "Not yet.", {"n": 1})
    assert read_history(check) == [("", "starting", "Not yet.", T0)]
    words = {"component": "engine", "state": "starting"}
    assert read_events(check) == [("health.changed", "health", f"team:{team.pk}", words)]


def test_the_same_again_is_a_ping_and_no_news() -> None:
    report(make_finding(subject_id="e1", facts={"ms": 1}), now=T0)
    entries, events = AuditEntry.objects.count(), Event.objects.count()
    report(make_finding(subject_id="e1", facts={"ms": 2}), now=at(10))
    check = get_check("engine", "e1")
    assert (check.since, check.last_ping_at, check.last_ready_at) == (T0, at(10), at(10))
    assert (check.facts, len(read_history(check))) == ({"ms": 2}, 1)
    assert (AuditEntry.objects.count(), Event.objects.count()) == (entries, events)


def test_another_state_is_history_audited_and_told() -> None:
    report(make_finding(subject_id="e1"), now=T0)
    report(make_finding("offline", subject_id="e1", detail="Nobody there."), now=at(10))
    check = get_check("engine", "e1")
    assert (check.state, check.since, check.last_ready_at) == ("offline", at(10), T0)
    assert read_history(check) == [("", "ready", "", T0), ("ready", "offline", "Nobody there.", at(10))]
    entry = AuditEntry.objects.filter(subject_id=check.pk).latest("n")
    assert (entry.verb, entry.actor_id, entry.door) == ("health.change", "health", "task")
    assert (entry.before, entry.after) == (
        {"state": "ready"},
        {"component": "engine", "state": "offline"},
    )
    assert read_events(check)[-1] == (
        *("health.changed", "health", "owners"),
        {"component": "engine", "state": "offline"},
    )


def test_a_part_that_is_gone_ends_and_may_come_back() -> None:
    report(make_finding("offline", subject_id="e1"), now=T0)
    report(now=at(10))
    check = get_check("engine", "e1")
    assert (check.ended_at, check.state) == (at(10), "offline")
    assert read_events(check)[-1][3] == {"component": "engine", "state": "ended"}
    report(now=at(20))
    assert len(read_events(check)) == 2
    report(make_finding("offline", subject_id="e1"), now=at(30))
    check.refresh_from_db()
    assert (check.ended_at, check.since) == (None, at(30))
    assert read_history(check)[-1] == ("", "offline", "", at(30))


def test_a_probe_that_failed_says_nothing_of_what_it_would_have_found() -> None:
    gate = make_finding(component="gate", subject_id="e1")
    report(make_finding(subject_id="e1"), gate, now=T0)
    report(gate, now=at(10), unseen=frozenset({Component.ENGINE}))
    check, own = get_check("engine", "e1"), get_check("task", "health")
    assert (check.ended_at, check.last_ping_at) == (None, T0)
    assert (own.state, own.detail) == ("degraded", "These could not be looked at: engine.")


def test_texts_of_others_are_made_storable_and_cut() -> None:
    report(make_finding("error", subject_id="e1", name="n" * 300, detail="a\0b" + "d" * 900), now=T0)
    check = get_check("engine", "e1")
    assert (len(check.name), "\0" in check.detail, len(check.detail) <= 500) == (200, False, True)


# Who looks


def test_one_process_looks_and_another_takes_over_when_it_is_silent() -> None:
    first = take_watch(holder="first", now=T0)
    assert first == Watch("first", 1, None)
    assert take_watch(holder="second", now=at(29)) is None
    renew_watch(first, now=at(29))
    assert take_watch(holder="second", now=at(31)) is None
    second = take_watch(holder="second", now=at(29) + WATCH_LENGTH)
    assert second == Watch("second", 2, None)
    with pytest.raises(WatchLost):
        renew_watch(first, now=at(60))


def test_who_lost_the_watch_writes_nothing() -> None:
    late = get_watch(T0)
    get_watch(at(40))
    with pytest.raises(WatchLost):
        record_report(watch=late, report=Report((make_finding(),)), now=at(41))
    assert (HealthCheck.objects.count(), HealthWatch.objects.get().round_at) == (0, None)


def test_a_watch_that_is_given_up_is_free_at_once() -> None:
    give_watch_up(get_watch(T0), now=at(1))
    assert take_watch(holder="second", now=at(1)) == Watch("second", 2, None)


# Silence


def test_a_gap_between_two_rounds_goes_on_record() -> None:
    """Nobody was there to say that nobody looked: whoever looks next says it."""
    report(now=T0)
    report(now=at(45))
    report(now=at(45 + 700))
    gap = "Nobody looked at anything for 11 min: the portal did not run, or did not get to it."
    own = get_check("task", "health")
    assert read_history(own) == [
        ("", "ready", "", T0),
        ("ready", "offline", gap, at(45)),
        ("offline", "ready", "", at(45 + 700)),
    ]
    assert own.state == "ready"
