"""What a CAO server's sources say together: one set of facts for each terminal, workflow run and step.

A terminal's row, its handoff's result, its workflow step, its snapshot file and what it does now are looked
at as one. What an agent prints is never looked at: it could claim anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engines.cao_words import OF_DELIVERIES, OF_HANDOFFS, OF_RUNS, OF_STEPS, read_live_word
from engines.domain.delegations import DelegationFacts
from engines.enums import SubagentKind, SubagentStatus
from events.text import make_storable
from relay.cao.picture import Handoff, Picture, Run, Step, Terminal
from relay.cao.snapshots import Snapshot

FLOW_SESSION = "cao-flow-"
EVIDENCE_OF_MISSING = {
    "caller_id": "this version keeps no callers",
    "initial_delivery": "this version does not tell assignments from handoffs",
    "handoff_results": "this version keeps no results of handoffs",
}


def name_run(run: str) -> str:
    return make_storable(f"run:{run}", 200)


def name_step(run: str, step: str) -> str:
    return make_storable(f"step:{run}/{step}", 200)


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything that is known of one terminal."""

    id: str
    row: Terminal | None
    handoff: Handoff | None
    step: Step | None
    snapshot: Snapshot | None
    live: str

    @property
    def caller(self) -> str:
        """The terminal that asked for it; of a workflow's step, the step."""
        for told in (self.row, self.snapshot):
            if told is not None and told.caller and told.caller != self.id:
                return told.caller
        return name_step(self.step.run, self.step.id) if self.step else ""

    @property
    def session(self) -> str:
        told = self.row or self.snapshot
        return told.session if told else ""


def list_delegations(
    picture: Picture, snapshots: Mapping[str, Snapshot], live: Mapping[str, str]
) -> list[DelegationFacts]:
    """Parents before their children as far as they are known; `live` is terminal id → word of the server."""
    rows = {row.id: row for row in picture.terminals}
    # The newest of several is first in the picture.
    handoffs = {handoff.terminal: handoff for handoff in reversed(picture.handoffs) if handoff.terminal}
    steps = {step.terminal: step for step in reversed(picture.steps) if step.terminal}
    ids = rows.keys() | handoffs.keys() | steps.keys() | snapshots.keys()
    sources = [
        Sources(key, rows.get(key), handoffs.get(key), steps.get(key), snapshots.get(key), live.get(key, ""))
        for key in sorted(ids)
    ]
    return [
        *(describe_run(run) for run in sorted(picture.runs, key=lambda run: run.id)),
        *(describe_step(step) for step in sorted(picture.steps, key=lambda step: (step.run, step.id))),
        *(describe_terminal(picture, told) for told in sources),
        *(describe_failed_handoff(handoff) for handoff in picture.handoffs if has_no_terminal(handoff)),
    ]


def describe_run(run: Run) -> DelegationFacts:
    return DelegationFacts(
        kind=SubagentKind.CAO_WORKFLOW_RUN,
        source_ref=name_run(run.id),
        description=run.workflow,
        status=OF_RUNS.get(run.state),
        raw=run.state,
        started_at=run.started_at,
        ended_at=run.finished_at,
        error=run.error,
        evidence=("workflow journal",),
    )


def describe_step(step: Step) -> DelegationFacts:
    status = OF_STEPS.get(step.state)
    return DelegationFacts(
        kind=SubagentKind.CAO_WORKFLOW_STEP,
        source_ref=name_step(step.run, step.id),
        parent_ref=name_run(step.run),
        description=step.id,
        status=status,
        raw=step.state,
        ended_at=end_of(status, step.updated_at),
        result=step.result,
        error=step.error,
        evidence=("workflow journal",),
    )


def has_no_terminal(handoff: Handoff) -> bool:
    """Only a failure is known to have none; a running one names its terminal when it ends."""
    return not handoff.terminal and OF_HANDOFFS.get(handoff.state) == SubagentStatus.FAILED


def describe_failed_handoff(handoff: Handoff) -> DelegationFacts:
    return DelegationFacts(
        kind=SubagentKind.CAO_HANDOFF,
        source_ref=f"handoff:{handoff.job}",
        status=SubagentStatus.FAILED,
        raw=handoff.state,
        started_at=handoff.created_at,
        ended_at=handoff.updated_at,
        error=handoff.error,
        evidence=("handoff result without a terminal",),
    )


def describe_terminal(picture: Picture, told: Sources) -> DelegationFacts:
    kind, is_sure = judge_kind(picture, told)
    status, raw, ended_at = judge_state(picture, kind, told)
    row, snapshot = told.row, told.snapshot
    return DelegationFacts(
        kind=kind,
        source_ref=told.id,
        parent_ref=told.caller,
        incarnation=row.incarnation if row else "",
        agent=pick(row and row.profile, snapshot and snapshot.profile),
        provider=pick(row and row.provider, snapshot and snapshot.provider),
        model=row.model if row else "",
        description=row.description if row else "",
        working_directory=pick(row and row.directory, snapshot and snapshot.directory),
        status=status,
        raw=raw,
        started_at=told.handoff.created_at if told.handoff else None,
        ended_at=ended_at,
        result=told.handoff.result if told.handoff else (told.step.result if told.step else ""),
        error=told.handoff.error if told.handoff else (told.step.error if told.step else ""),
        evidence=list_evidence(picture, told),
        is_kind_sure=is_sure,
    )


def judge_kind(picture: Picture, told: Sources) -> tuple[SubagentKind, bool]:
    """(kind, whether it is sure). A handoff's row holds no initial delivery; an assignment's does."""
    if told.handoff is not None:
        return SubagentKind.CAO_HANDOFF, True
    if told.step is not None or not told.caller:
        name = told.session.removeprefix(FLOW_SESSION)
        is_flow = told.step is None and name != told.session and name in picture.flows
        return (SubagentKind.CAO_FLOW if is_flow else SubagentKind.CAO_TERMINAL), told.row is not None
    if told.row is None:
        return SubagentKind.CAO_ASSIGN, False
    if told.row.delivery is None and "initial_delivery" not in picture.missing:
        return SubagentKind.CAO_HANDOFF, True
    return SubagentKind.CAO_ASSIGN, "initial_delivery" not in picture.missing


def judge_state(
    picture: Picture, kind: SubagentKind, told: Sources
) -> tuple[SubagentStatus | None, str, datetime | None]:
    """(status, the source's own word, when it ended). What ended it counts before what it does now."""
    if told.handoff is not None and told.handoff.state != "running":
        status = OF_HANDOFFS.get(told.handoff.state)
        return status, told.handoff.state, end_of(status, told.handoff.updated_at)
    if told.step is not None and OF_STEPS.get(told.step.state) in SubagentStatus.ended():
        status = OF_STEPS[told.step.state]
        return status, told.step.state, end_of(status, told.step.updated_at)
    if told.row is not None:
        has_result_coming = kind == SubagentKind.CAO_HANDOFF and "handoff_results" not in picture.missing
        if has_result_coming and told.live == "completed":
            # It is about to be recorded, or refused.
            return SubagentStatus.RUNNING, told.live, None
        status, raw = judge_present(kind, told.row, told.live)
        return status, raw, None
    return None, "", told.snapshot.removed_at if told.snapshot else None


def judge_present(kind: SubagentKind, row: Terminal, live: str) -> tuple[SubagentStatus | None, str]:
    """Of a terminal whose row stands. A delivery that a person must clear the way for is not a failure."""
    if row.delivery == "failed" and row.delivery_kind == "waiting_user_answer":
        return SubagentStatus.WAITING_HUMAN, row.delivery_kind
    if row.has_failed:
        return SubagentStatus.FAILED, "deferred_init_failure"
    if row.delivery in {"pending", "failed"}:
        return OF_DELIVERIES[row.delivery], f"delivery {row.delivery}"
    status = read_live_word(kind, live)
    if status is not None:
        return status, live
    return SubagentStatus.RUNNING, live or "present"


def end_of(status: SubagentStatus | None, moment: datetime | None) -> datetime | None:
    return moment if status in SubagentStatus.ended() else None


def list_evidence(picture: Picture, told: Sources) -> tuple[str, ...]:
    found = (
        ("terminal row", told.row),
        ("handoff result", told.handoff),
        ("workflow journal", told.step),
        ("snapshot file", told.snapshot),
        ("its HTTP server", told.live),
    )
    lacking = sorted(EVIDENCE_OF_MISSING[name] for name in picture.missing) if told.row else []
    return (*(name for name, source in found if source), *lacking)


def pick(*told: str | Terminal | Snapshot | None) -> str:
    """The first that says something."""
    return next((text for text in told if isinstance(text, str) and text), "")
