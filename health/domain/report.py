"""Writing down what a round of looking has found. The only writer of `HealthCheck` besides the silence."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from events.actors import Actor, ActorKind, Door, Subject
from events.changes import Change, changes, lock_rows
from events.text import make_storable
from health.domain.watch import WATCH_LENGTH, Watch, hold_watch
from health.enums import Component, HealthState
from health.findings import MAX_DETAIL, MAX_NAME, MAX_SUBJECT, Finding, Report
from health.models import OWN_SUBJECT, STALE_AFTER, HealthChange, HealthCheck

HEALTH_ACTOR = Actor(ActorKind.SYSTEM, "health", Door.TASK, "Countersign health")
OWN_NAME = "Background task health"
WRITTEN = ["team", "name", "state", "since", "last_ping_at", "last_ready_at", "detail", "facts", "ended_at"]
ROWS_A_STATEMENT = 200


def record_report(*, watch: Watch, report: Report, now: datetime) -> Watch:
    """Write one round down, in one transaction; returns the watch as it goes on. Raises WatchLost.

    A part that is found for the first time, or again, begins a history; one that is not found any more ends,
    unless its probe failed.
    """
    with changes(HEALTH_ACTOR) as change:
        hold_watch(watch, expires_at=now + WATCH_LENGTH, round_at=now)
        known = {(row.component, row.subject_id): row for row in lock_rows(HealthCheck.objects.all())}
        note_gap(change, known, watch, now)
        found = [*report.findings, judge_own(report)]
        kept = []
        for finding in found:
            check = known.pop(finding.key, None)
            if check is None:
                create_check(change, finding, now)
            else:
                update_check(change, check, finding, now)
                kept.append(check)
        HealthCheck.objects.bulk_update(kept, WRITTEN, batch_size=ROWS_A_STATEMENT)
        for check in known.values():
            if check.ended_at is None and check.component not in report.unseen:
                end_check(change, check, now)
    return replace(watch, round_at=now)


def judge_own(report: Report) -> Finding:
    """Whoever looks is well when every probe of the round ran to its end."""
    if not report.unseen:
        return Finding(Component.TASK, HealthState.READY, OWN_NAME, OWN_SUBJECT)
    names = ", ".join(sorted(component.label for component in report.unseen))
    detail = f"These could not be looked at: {names}."
    return Finding(Component.TASK, HealthState.DEGRADED, OWN_NAME, OWN_SUBJECT, detail=detail)


def note_gap(change: Change, known: dict[tuple[str, str], HealthCheck], watch: Watch, now: datetime) -> None:
    """Nobody looked for too long before this round, and nobody was there to say so: it goes on record."""
    own = known.get((Component.TASK.value, OWN_SUBJECT))
    if own is None or watch.round_at is None or now - watch.round_at <= STALE_AFTER:
        return
    if own.state != HealthState.OFFLINE:
        silence = describe_gap(now - watch.round_at)
        move_check(change, own, HealthState.OFFLINE, silence, at=watch.round_at)


def describe_gap(gap: timedelta) -> str:
    seconds = int(gap.total_seconds())
    length = f"{seconds} s" if seconds < 600 else f"{seconds // 60} min"
    return f"Nobody looked at anything for {length}: the portal did not run, or did not get to it."


def create_check(change: Change, finding: Finding, now: datetime) -> None:
    check = HealthCheck(
        component=finding.component, subject_id=finding.subject_id[:MAX_SUBJECT], since=now, created_at=now
    )
    fill_check(check, finding, now)
    check.state = finding.state
    check.save(force_insert=True)
    record_transition(change, check, before="", at=now)


def update_check(change: Change, check: HealthCheck, finding: Finding, now: datetime) -> None:
    """Set what is found on the row, which the caller saves."""
    has_come_back = check.ended_at is not None
    fill_check(check, finding, now)
    check.ended_at = None
    if has_come_back or check.state != finding.state:
        before = "" if has_come_back else check.state
        check.state, check.since = finding.state, now
        record_transition(change, check, before=before, at=now)


def fill_check(check: HealthCheck, finding: Finding, now: datetime) -> None:
    check.team_id = finding.team_id
    check.name = make_storable(finding.name, MAX_NAME)
    check.detail = make_storable(finding.detail, MAX_DETAIL)
    check.facts = finding.facts
    check.last_ping_at = now
    if finding.state == HealthState.READY:
        check.last_ready_at = now


def move_check(change: Change, check: HealthCheck, state: HealthState, detail: str, *, at: datetime) -> None:
    """One transition of its own, saved here."""
    before, check.state, check.since = check.state, state, at
    check.detail = make_storable(detail, MAX_DETAIL)
    check.save(update_fields=["state", "since", "detail"])
    record_transition(change, check, before=before, at=at)


def record_transition(change: Change, check: HealthCheck, *, before: str, at: datetime) -> None:
    """The history, the audit entry and the event of one transition."""
    HealthChange.objects.create(
        health_check=check, before=before, state=check.state, detail=check.detail, at=at
    )
    words = {"component": str(check.component), "state": str(check.state)}
    change.audit("health.change", check.subject, before={"state": before}, after=words)
    tell(change, check, words)


def tell(change: Change, check: HealthCheck, words: dict[str, str]) -> None:
    subject = Subject("health_check", check.pk)
    change.event("health.changed", subject, topic="health", audience=check.audience, words=words)


def end_check(change: Change, check: HealthCheck, now: datetime) -> None:
    """Nobody looks at it any more; its history stays."""
    check.ended_at = now
    check.save(update_fields=["ended_at"])
    change.audit("health.end", check.subject, before={"state": str(check.state)})
    tell(change, check, {"component": str(check.component), "state": "ended"})
