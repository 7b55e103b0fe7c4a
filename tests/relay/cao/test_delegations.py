"""What a CAO server's sources say together, without a database of ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engines.cao_words import (
    OF_DELIVERIES,
    OF_HANDOFFS,
    OF_RUNS,
    OF_STEPS,
    OF_TERMINALS,
    describe_enforcement,
)
from engines.domain.delegations import DelegationFacts
from engines.enums import SubagentKind as Kind, SubagentStatus as Status
from relay.cao.delegations import list_delegations
from relay.cao.picture import Handoff, Picture, Run, Step, Terminal, read_picture
from relay.cao.snapshots import Snapshot, SnapshotFolder
from tests.relay.cao.homes import CALLERS, OLDEST, CaoHome, unpack_sample

pytestmark = pytest.mark.pure

AT = datetime(2026, 1, 1, tzinfo=UTC)


def make_terminal(caller: str = "", **values: object) -> Terminal:
    row = Terminal(
        id="aaaaaaaa",
        session="cao-work",
        description="",
        provider="mock_cli",
        profile="developer",
        model="",
        directory="/srv/demo",
        caller=caller,
        incarnation="",
        delivery=None,
        delivery_kind="",
        has_failed=False,
    )
    return replace(row, **values)  # type: ignore[arg-type]


def read_one(picture: Picture, live: str = "", snapshot: Snapshot | None = None) -> DelegationFacts:
    snapshots = {snapshot.terminal: snapshot} if snapshot else {}
    found = list_delegations(picture, snapshots, {"aaaaaaaa": live} if live else {})
    return next(facts for facts in found if facts.source_ref == "aaaaaaaa")


def summarize(folder: Path) -> dict[str, tuple[str, str, str | None, str]]:
    """{id: (kind, parent, status, agent)}."""
    found = list_delegations(read_picture(folder), SnapshotFolder(folder).read(), {})
    return {
        facts.source_ref: (
            facts.kind.value,
            facts.parent_ref,
            facts.status and facts.status.value,
            facts.agent,
        )
        for facts in found
    }


def test_the_sample_of_a_real_server(tmp_path: Path) -> None:
    """Two supervisors, assignments to depth two, three handoffs whose rows are long gone, two workflows."""
    told = summarize(unpack_sample(tmp_path / "home"))
    failed = {key: row for key, row in told.items() if key.startswith("run:n")}
    assert {row[2] for row in failed.values()} == {"failed"}
    assert {key: row for key, row in told.items() if key not in failed} == {
        "run:broken-1": ("cao_workflow_run", "", "failed", ""),
        "run:release-1": ("cao_workflow_run", "", "completed", ""),
        "step:broken-1/check": ("cao_workflow_step", "run:broken-1", "failed", ""),
        "step:broken-1/plan": ("cao_workflow_step", "run:broken-1", "completed", ""),
        "step:release-1/check": ("cao_workflow_step", "run:release-1", "completed", ""),
        "step:release-1/plan": ("cao_workflow_step", "run:release-1", "completed", ""),
        "114f3388": ("cao_terminal", "step:release-1/plan", "completed", ""),
        "14502d1c": ("cao_handoff", "c922d110", "completed", "reviewer"),
        "15f05701": ("cao_assign", "b0a049c7", "running", "developer"),
        "1d7d856b": ("cao_handoff", "4ddf9809", "completed", "developer"),
        "1ef14294": ("cao_handoff", "c922d110", "completed", "reviewer"),
        "3e0da94c": ("cao_terminal", "step:broken-1/plan", "completed", ""),
        "4a45be6f": ("cao_terminal", "step:broken-1/check", "failed", "reviewer"),
        "4ddf9809": ("cao_terminal", "", "running", "code_supervisor"),
        "6ac1f0c6": ("cao_assign", "c922d110", "queued", "developer"),
        "a6f09b70": ("cao_assign", "c922d110", "running", "developer"),
        "b0a049c7": ("cao_assign", "4ddf9809", "running", "developer"),
        "b692ef70": ("cao_terminal", "step:release-1/check", "completed", ""),
        "c922d110": ("cao_terminal", "", "running", "code_supervisor"),
        "ca12a0ff": ("cao_assign", "4ddf9809", "running", "reviewer"),
    }


def test_a_handoff_keeps_its_result_its_times_and_where_they_are_from(tmp_path: Path) -> None:
    folder = unpack_sample(tmp_path / "home")
    found = list_delegations(read_picture(folder), SnapshotFolder(folder).read(), {})
    assert next(facts for facts in found if facts.source_ref == "1d7d856b") == DelegationFacts(
        kind=Kind.CAO_HANDOFF,
        source_ref="1d7d856b",
        parent_ref="4ddf9809",
        agent="developer",
        provider="mock_cli",
        working_directory="/srv/demo",
        status=Status.COMPLETED,
        raw="completed",
        started_at=datetime(2026, 11, 21, 19, 33, 39, 152711, tzinfo=UTC),
        ended_at=datetime(2026, 11, 21, 19, 33, 44, 262913, tzinfo=UTC),
        result="Summarise the plan.",
        evidence=("handoff result", "snapshot file"),
    )


def test_the_id_of_a_job_is_not_kept(tmp_path: Path) -> None:
    """Whoever knows it can fetch the whole result."""
    home = CaoHome(tmp_path / "home")
    home.hand_off("6d37f22bfceb4a8e", "error", error_message="no worker")
    [facts] = list_delegations(read_picture(home.folder), {}, {})
    assert "6d37f22bfceb4a8e" not in repr(facts)
    assert (facts.kind, facts.status, facts.parent_ref) == (Kind.CAO_HANDOFF, Status.FAILED, "")


def test_a_version_without_callers_has_no_edges_and_says_so(tmp_path: Path) -> None:
    home = CaoHome(tmp_path / "home", OLDEST, has_handoffs=False)
    home.add("aaaaaaaa")
    home.add("bbbbbbbb")
    found = list_delegations(read_picture(home.folder), {}, {})
    assert [(facts.source_ref, facts.parent_ref, facts.kind) for facts in found] == [
        ("aaaaaaaa", "", Kind.CAO_TERMINAL),
        ("bbbbbbbb", "", Kind.CAO_TERMINAL),
    ]
    assert all("this version keeps no callers" in facts.evidence for facts in found)


def test_a_version_without_deliveries_does_not_tell_how_it_was_asked(tmp_path: Path) -> None:
    home = CaoHome(tmp_path / "home", CALLERS, has_handoffs=False)
    home.add("bbbbbbbb", "aaaaaaaa")
    [facts] = list_delegations(read_picture(home.folder), {}, {"bbbbbbbb": "completed"})
    assert (facts.kind, facts.is_kind_sure, facts.status) == (Kind.CAO_ASSIGN, False, Status.COMPLETED)
    assert "this version does not tell assignments from handoffs" in facts.evidence


@pytest.mark.parametrize(
    ("kind", "row", "live", "expected"),
    [
        (Kind.CAO_ASSIGN, {"delivery": "delivered"}, "", (Status.RUNNING, "present")),
        (Kind.CAO_ASSIGN, {"delivery": "delivered"}, "unknown", (Status.RUNNING, "unknown")),
        (Kind.CAO_ASSIGN, {"delivery": "delivered"}, "idle", (Status.STARTING, "idle")),
        (Kind.CAO_ASSIGN, {"delivery": "delivered"}, "processing", (Status.RUNNING, "processing")),
        (Kind.CAO_ASSIGN, {"delivery": "delivered"}, "completed", (Status.COMPLETED, "completed")),
        (
            Kind.CAO_ASSIGN,
            {"delivery": "delivered"},
            "waiting_user_answer",
            (Status.WAITING_HUMAN, "waiting_user_answer"),
        ),
        (Kind.CAO_ASSIGN, {"delivery": "delivered"}, "error", (Status.FAILED, "error")),
        (Kind.CAO_ASSIGN, {"delivery": "pending"}, "processing", (Status.QUEUED, "delivery pending")),
        (Kind.CAO_ASSIGN, {"delivery": "failed"}, "", (Status.FAILED, "delivery failed")),
        (
            Kind.CAO_ASSIGN,
            {"delivery": "failed", "delivery_kind": "waiting_user_answer"},
            "",
            (Status.WAITING_HUMAN, "waiting_user_answer"),
        ),
        (
            Kind.CAO_ASSIGN,
            {"delivery": "pending", "has_failed": True},
            "",
            (Status.FAILED, "deferred_init_failure"),
        ),
        (Kind.CAO_HANDOFF, {}, "processing", (Status.RUNNING, "processing")),
        (Kind.CAO_HANDOFF, {}, "completed", (Status.RUNNING, "completed")),
        (Kind.CAO_HANDOFF, {}, "error", (Status.FAILED, "error")),
    ],
)
def test_what_a_delegated_terminal_is_at(
    kind: Kind, row: dict[str, object], live: str, expected: tuple[Status, str]
) -> None:
    facts = read_one(Picture(terminals=(make_terminal("bbbbbbbb", **row),)), live)
    assert (facts.kind, facts.status, facts.raw) == (kind, *expected)


def test_the_end_of_a_turn_is_not_the_end_of_a_terminal_nobody_delegated_to() -> None:
    facts = read_one(Picture(terminals=(make_terminal(),)), "completed")
    assert (facts.kind, facts.status, facts.raw) == (Kind.CAO_TERMINAL, Status.RUNNING, "completed")


@pytest.mark.parametrize("state", ["running", "completed", "error"])
def test_a_handoffs_result_says_how_it_ended(state: str) -> None:
    handoff = Handoff("j", state, "aaaaaaaa", "said", "", AT, AT)
    facts = read_one(Picture(terminals=(make_terminal("bbbbbbbb"),), handoffs=(handoff,)), "processing")
    assert (
        facts.status
        == {"running": Status.RUNNING, "completed": Status.COMPLETED, "error": Status.FAILED}[state]
    )
    assert facts.ended_at == (None if state == "running" else AT)


def test_a_failed_step_fails_its_terminal_though_its_row_stays() -> None:
    step = Step("r", "s", "failed", 1, AT, "aaaaaaaa", "", "it broke")
    facts = read_one(Picture(terminals=(make_terminal(),), steps=(step,)), "idle")
    assert (facts.kind, facts.parent_ref, facts.status, facts.ended_at, facts.error) == (
        Kind.CAO_TERMINAL,
        "step:r/s",
        Status.FAILED,
        AT,
        "it broke",
    )


def test_a_row_that_is_gone_says_nothing_of_its_end() -> None:
    snapshot = Snapshot("aaaaaaaa", "cao-work", "developer", "mock_cli", "/srv/demo", "bbbbbbbb", AT)
    facts = read_one(Picture(), snapshot=snapshot)
    assert (facts.kind, facts.is_kind_sure, facts.parent_ref, facts.status) == (
        Kind.CAO_ASSIGN,
        False,
        "bbbbbbbb",
        None,
    )


def test_a_flow_is_known_by_the_session_it_always_has() -> None:
    picture = Picture(terminals=(make_terminal(session="cao-flow-standup"),), flows=frozenset({"standup"}))
    assert read_one(picture).kind == Kind.CAO_FLOW
    assert read_one(replace(picture, flows=frozenset())).kind == Kind.CAO_TERMINAL


def test_a_terminal_that_names_itself_has_no_parent() -> None:
    assert read_one(Picture(terminals=(make_terminal("aaaaaaaa"),))).parent_ref == ""


def test_what_an_agent_says_makes_no_delegation() -> None:
    """A result and a description that imitate every marker of a delegation."""
    marker = '{"terminal_id": "cccccccc", "caller_id": "aaaaaaaa", "agent_profile": "developer"}'
    handoff = Handoff("j", "completed", "aaaaaaaa", marker, marker, AT, AT)
    picture = Picture(
        terminals=(make_terminal("bbbbbbbb", description=marker),),
        handoffs=(handoff,),
        runs=(Run("r", "w", "failed", AT, AT, marker),),
        steps=(Step("r", "s", "failed", 1, AT, "", marker, marker),),
    )
    assert [facts.source_ref for facts in list_delegations(picture, {}, {})] == [
        "run:r",
        "step:r/s",
        "aaaaaaaa",
    ]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (OF_TERMINALS, {"idle", "processing", "completed", "waiting_user_answer", "error"}),
        (OF_DELIVERIES, {"pending", "delivered", "failed"}),
        (OF_HANDOFFS, {"running", "completed", "error"}),
        (OF_RUNS, {"running", "completed", "failed", "cancelled"}),
        (
            OF_STEPS,
            {
                *("pending", "running", "completed", "failed", "skipped", "completed_unvalidated"),
                *("rerun_authorized", "replay_authorized"),
            },
        ),
    ],
    ids=["terminals", "deliveries", "handoffs", "runs", "steps"],
)
def test_every_word_of_a_server_has_a_meaning(table: dict[str, Status], words: set[str]) -> None:
    assert set(table) == words


@pytest.mark.parametrize(("state", "status"), sorted(OF_STEPS.items()))
def test_each_state_of_a_step(state: str, status: Status) -> None:
    [facts] = list_delegations(Picture(steps=(Step("r", "s", state, 1, AT, "", "", ""),)), {}, {})
    assert (facts.status, facts.raw) == (status, state)


@pytest.mark.parametrize(("state", "status"), sorted(OF_RUNS.items()))
def test_each_state_of_a_run(state: str, status: Status) -> None:
    [facts] = list_delegations(Picture(runs=(Run("r", "w", state, AT, None, ""),)), {}, {})
    assert (facts.status, facts.raw) == (status, state)


@pytest.mark.parametrize(
    ("provider", "words"),
    [
        ("opencode_cli", "denied tools are kept away by the provider"),
        ("codex", "denied tools are only asked for in the prompt"),
        ("mock_cli", "denied tools are not kept away"),
        ("something_new", "whether denied tools are kept away is not known"),
    ],
)
def test_how_far_a_provider_keeps_tools_away(provider: str, words: str) -> None:
    assert describe_enforcement(provider) == words
