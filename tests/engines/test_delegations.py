"""Delegations of CAO servers in the ledger: told in any order and any number of times, never reopened."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from engines.domain.delegations import (
    DelegationFacts,
    list_open_refs,
    lose_delegations,
    record_delegations,
    stamp_delegations_seen,
)
from engines.enums import SubagentKind as Kind, SubagentStatus as Status
from engines.models import CaoServer, Subagent
from engines.queries import list_chain
from events.actors import RELAY_ACTOR
from events.models import AuditEntry, Event
from tests.factories import make_cao_server, make_engine, make_team

pytestmark = pytest.mark.django_db

AT = datetime(2026, 1, 1, tzinfo=UTC)
# root ─ a ─ b ─ c ─ d ─ e (depth 5), and a second child of a
TREE = {"root": "", "a": "root", "b": "a", "c": "b", "d": "c", "e": "d", "f": "a"}


@pytest.fixture
def server() -> CaoServer:
    return make_cao_server(make_team())


def tell(server: CaoServer, *facts: DelegationFacts, now: datetime = AT) -> int:
    return record_delegations(actor=RELAY_ACTOR, server=server, facts=facts, now=now)


def make_facts(ref: str, parent: str = "", **values: Any) -> DelegationFacts:
    kind = Kind.CAO_ASSIGN if parent else Kind.CAO_TERMINAL
    told = {"kind": kind, "status": Status.RUNNING, "raw": "processing", "evidence": ("terminal row",)}
    return DelegationFacts(source_ref=ref, parent_ref=parent, **{**told, **values})


def read_places(server: CaoServer) -> dict[str, tuple[str, str, int]]:
    """{id: (parent, root, depth)}."""
    rows = Subagent.objects.filter(cao_server=server).select_related("parent", "root")
    return {
        row.source_ref: (
            row.parent.source_ref if row.parent else "",
            row.root.source_ref if row.root else "",
            row.depth,
        )
        for row in rows
    }


EXPECTED = {
    "root": ("", "", 0),
    "a": ("root", "root", 1),
    "b": ("a", "root", 2),
    "c": ("b", "root", 3),
    "d": ("c", "root", 4),
    "e": ("d", "root", 5),
    "f": ("a", "root", 2),
}


@pytest.mark.slow
def test_a_tree_of_depth_five_stands_whatever_the_order() -> None:
    """All orders of the five levels, in two goes; root and the second child of `a` come at each place."""
    team = make_team()
    for number, order in enumerate(itertools.permutations("abcde")):
        server = make_cao_server(team)
        refs = [*order[: number % 6], "root", *order[number % 6 :]]
        refs.insert(number % 7, "f")
        facts = [make_facts(ref, TREE[ref]) for ref in refs]
        tell(server, *facts[: number % 5 + 1])
        tell(server, *facts[number % 5 + 1 :])
        assert read_places(server) == EXPECTED, refs


@pytest.mark.parametrize("order", ["root a b c d e f", "f e d c b a root", "c e a root f d b"])
def test_a_tree_stands_in_one_go_too(server: CaoServer, order: str) -> None:
    assert tell(server, *(make_facts(ref, TREE[ref]) for ref in order.split())) == 7
    assert read_places(server) == EXPECTED
    lowest = Subagent.objects.get(source_ref="e")
    assert [row.source_ref for row in list_chain(lowest)] == ["root", "a", "b", "c", "d", "e"]


def test_what_is_told_twice_changes_nothing(server: CaoServer) -> None:
    tell(server, make_facts("root"), make_facts("a", "root"))
    before = list(Subagent.objects.order_by("pk").values()), Event.objects.count(), AuditEntry.objects.count()
    assert tell(server, make_facts("root"), make_facts("a", "root")) == 0
    after = list(Subagent.objects.order_by("pk").values()), Event.objects.count(), AuditEntry.objects.count()
    assert after == before


def test_a_parent_told_late_takes_its_child_with_all_below_it(server: CaoServer) -> None:
    """As the snapshot file of a handoff's worker tells it, when its row is gone."""
    tell(server, make_facts("b", "a"), make_facts("a"), make_facts("root"))
    assert read_places(server)["b"] == ("a", "a", 1)
    tell(server, make_facts("a", "root", status=None, evidence=("snapshot file",)))
    assert read_places(server) == {"root": ("", "", 0), "a": ("root", "root", 1), "b": ("a", "root", 2)}
    assert Subagent.objects.get(source_ref="a").evidence == "terminal row; snapshot file"


@pytest.mark.parametrize("circle", [["a", "b"], ["a", "b", "c"], ["a"]])
def test_a_circle_of_parents_is_left_open_somewhere(server: CaoServer, circle: Sequence[str]) -> None:
    tell(server, *(make_facts(ref, circle[number - 1]) for number, ref in enumerate(circle)))
    tell(server, *(make_facts(ref, circle[number - 1]) for number, ref in enumerate(circle)))
    rows = list(Subagent.objects.filter(cao_server=server))
    assert len(rows) == len(circle)
    assert sum(row.parent is None for row in rows) == 1
    assert max(row.depth for row in rows) <= len(circle)


def test_the_same_session_twice_is_two_trees(server: CaoServer) -> None:
    """CAO reuses the names of sessions; an incarnation tells one life of a name from the next."""
    tell(server, make_facts("root", incarnation="first"), make_facts("a", "root", incarnation="first"))
    tell(server, make_facts("root", incarnation="second"), make_facts("b", "root", incarnation="second"))
    rows = Subagent.objects.filter(cao_server=server).select_related("parent").order_by("incarnation", "pk")
    assert [(row.source_ref, row.incarnation, row.parent and row.parent.incarnation) for row in rows] == [
        ("root", "first", None),
        ("a", "first", "first"),
        ("root", "second", None),
        ("b", "second", "second"),
    ]


def test_an_earlier_life_that_is_told_of_again_is_not_doubled(server: CaoServer) -> None:
    for incarnation in ("first", "second", "first", "second"):
        tell(server, make_facts("root", incarnation=incarnation))
    assert sorted(Subagent.objects.values_list("incarnation", flat=True)) == ["first", "second"]


ENDS = [Status.COMPLETED, Status.FAILED, Status.CANCELLED]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("late", [Status.RUNNING, Status.WAITING_HUMAN, *ENDS])
def test_an_ended_delegation_stays_as_it_ended(server: CaoServer, end: Status, late: Status) -> None:
    tell(server, make_facts("a", "root", status=end, raw="the end", ended_at=AT))
    tell(server, make_facts("a", "root", status=late, raw="later"), now=AT + timedelta(hours=1))
    row = Subagent.objects.get(source_ref="a")
    assert (row.status, row.status_raw, row.ended_at) == (end, "the end", AT)


def test_a_late_result_fills_what_is_missing(server: CaoServer) -> None:
    tell(server, make_facts("a", "root", status=Status.COMPLETED, ended_at=AT))
    tell(
        server,
        make_facts("a", "root", kind=Kind.CAO_HANDOFF, status=Status.COMPLETED, result="Done.", agent="x"),
    )
    tell(server, make_facts("a", "root", status=Status.COMPLETED, result="Other words.", agent="y"))
    row = Subagent.objects.get(source_ref="a")
    assert (row.result_excerpt, row.agent) == ("Done.", "x")


def test_a_result_of_another_ending_is_not_its_own(server: CaoServer) -> None:
    tell(server, make_facts("a", "root"))
    lose_delegations(actor=RELAY_ACTOR, server=server, gone={"a": AT})
    tell(server, make_facts("a", "root", status=Status.COMPLETED, result="Done."))
    row = Subagent.objects.get(source_ref="a")
    assert (row.status, row.result_excerpt) == (Status.LOST, "")


def test_what_vanishes_is_lost_never_completed(server: CaoServer) -> None:
    tell(server, make_facts("root"), make_facts("a", "root"), make_facts("b", "a", status=Status.COMPLETED))
    assert list_open_refs(server) == {"root", "a"}
    gone = dict.fromkeys(("root", "a", "b", "never told"), AT)
    assert lose_delegations(actor=RELAY_ACTOR, server=server, gone=gone) == 2
    rows = Subagent.objects.filter(cao_server=server).order_by("source_ref")
    assert [(row.source_ref, row.status, row.status_raw) for row in rows] == [
        ("a", Status.LOST, "vanished"),
        ("b", Status.COMPLETED, "processing"),
        ("root", Status.LOST, "vanished"),
    ]
    assert list_open_refs(server) == frozenset()


def test_what_vanishes_because_a_person_stopped_it_is_cancelled(server: CaoServer) -> None:
    tell(server, make_facts("a", "root"))
    Subagent.objects.update(stop_asked_at=AT)
    lose_delegations(actor=RELAY_ACTOR, server=server, gone={"a": AT})
    assert Subagent.objects.get().status == Status.CANCELLED


def test_what_comes_back_is_neither_doubled_nor_raised(server: CaoServer) -> None:
    """A collector that was away for longer than CAO keeps its rows."""
    tell(server, make_facts("root"), make_facts("a", "root"))
    lose_delegations(actor=RELAY_ACTOR, server=server, gone=dict.fromkeys(("root", "a"), AT))
    tell(server, make_facts("a", "root"), make_facts("a", "root", status=None), make_facts("root"))
    assert sorted(Subagent.objects.values_list("source_ref", "status")) == [
        ("a", Status.LOST),
        ("root", Status.LOST),
    ]


def test_it_goes_on_from_waiting_for_a_person_and_never_back(server: CaoServer) -> None:
    statuses = []
    for told in (Status.QUEUED, Status.RUNNING, Status.STARTING, Status.WAITING_HUMAN, Status.RUNNING, None):
        tell(server, make_facts("a", "root", status=told))
        statuses.append(Subagent.objects.get().status)
    assert statuses == [
        *(Status.QUEUED, Status.RUNNING, Status.RUNNING, Status.WAITING_HUMAN),
        *(Status.RUNNING, Status.RUNNING),
    ]


def test_another_attempt_of_a_step_is_another_row(server: CaoServer) -> None:
    step = make_facts("step:r/s", "run:r", kind=Kind.CAO_WORKFLOW_STEP)
    for status in (Status.RUNNING, Status.FAILED, Status.RUNNING, Status.RUNNING, Status.COMPLETED):
        tell(server, replace(step, status=status))
    rows = Subagent.objects.order_by("incarnation")
    assert [(row.incarnation, row.status) for row in rows] == [
        ("", Status.FAILED),
        ("attempt 2", Status.COMPLETED),
    ]


def test_a_sure_kind_corrects_an_unsure_one(server: CaoServer) -> None:
    tell(server, make_facts("a", "root", is_kind_sure=False))
    tell(server, make_facts("a", "root", kind=Kind.CAO_HANDOFF))
    tell(server, make_facts("a", "root", is_kind_sure=False))
    assert [row.kind for row in Subagent.objects.all()] == [Kind.CAO_HANDOFF]


def test_secrets_in_an_agents_words_are_masked(server: CaoServer) -> None:
    secret = "ghp_" + "a1B2" * 9
    said = f"pushed with {secret}"
    tell(server, make_facts("a", "root", description=said, result=said, error=said, status=Status.FAILED))
    row = Subagent.objects.get()
    assert secret not in f"{row.description} {row.result_excerpt} {row.error}"
    assert row.description.startswith("pushed with ")


def test_long_and_broken_texts_are_cut_and_borne(server: CaoServer) -> None:
    text = "x\x00\ud800" * 3000
    facts = dict.fromkeys(
        ("agent", "provider", "model", "description", "working_directory", "result", "error", "raw"), text
    )
    tell(server, make_facts(f"ref{text}", f"parent{text}", incarnation=text, evidence=(text,), **facts))
    row = Subagent.objects.get()
    assert (len(row.result_excerpt), len(row.error), len(row.description)) == (2000, 1000, 300)
    assert (len(row.source_ref), len(row.parent_ref), len(row.incarnation)) == (200, 200, 64)


def test_when_it_was_seen_last_is_stamped_at_most_every_half_minute(server: CaoServer) -> None:
    tell(server, make_facts("a", "root"))
    seen = []
    for late_s in (10, 40):
        stamp_delegations_seen(server=server, refs={"a"}, now=AT + timedelta(seconds=late_s))
        seen.append(Subagent.objects.get().last_seen_at)
    assert seen == [AT, AT + timedelta(seconds=40)]


def test_two_servers_may_use_the_same_ids() -> None:
    team = make_team()
    first, second = make_cao_server(team), make_cao_server(team)
    tell(first, make_facts("root"), make_facts("a", "root"))
    tell(second, make_facts("a", "root"))
    assert read_places(first) == {"root": ("", "", 0), "a": ("root", "root", 1)}
    assert read_places(second) == {"a": ("", "", 1)}


def test_a_delegation_has_exactly_one_source(server: CaoServer) -> None:
    engine = make_engine(server.team)
    for source in ({}, {"instance": engine, "cao_server": server}):
        with pytest.raises(IntegrityError, match="delegation_has_one_source"), transaction.atomic():
            Subagent.objects.create(kind=Kind.CAO_ASSIGN, source_ref="a", **source)


def test_the_team_hears_of_it_without_any_content(server: CaoServer) -> None:
    tell(server, make_facts("a", "root", description="secret plan", result="secret", status=Status.COMPLETED))
    row = Subagent.objects.get()
    event = Event.objects.filter(kind="subagent.changed").get()
    assert (event.audience, event.subject_id, event.words) == (
        f"team:{server.team_id}",
        row.pk,
        {"status": "completed", "chat": None},
    )
    assert "secret" not in repr(list(AuditEntry.objects.values()))
