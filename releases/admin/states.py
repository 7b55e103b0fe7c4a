"""How publications and drift read, and how far a publication is."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.admin.display import Pill
from releases.enums import DriftState, PublicationState
from releases.models import Drift, Publication

ENDS = {
    PublicationState.LIVE: ("check", "ok"),
    PublicationState.ROLLED_BACK: ("warning", "bad"),
    PublicationState.FAILED: ("cross", "bad"),
    PublicationState.CANCELLED: ("off", "quiet"),
}
DRIFTS = {
    DriftState.SAME: ("check", "ok"),
    DriftState.DIFFERENT: ("warning", "bad"),
    DriftState.UNKNOWN: ("dot", "quiet"),
}
# The way of a release in order; the last one stands for its end.
WAY = (
    PublicationState.QUEUED,
    PublicationState.VALIDATING,
    PublicationState.TRYING,
    PublicationState.STAGING,
    PublicationState.WAITING,
    PublicationState.SWAPPING,
    PublicationState.DISPOSING,
    PublicationState.READING_BACK,
    PublicationState.LIVE,
)
WAY_BY_HAND = (*WAY[:3], PublicationState.BY_HAND, PublicationState.LIVE)
PASSED, HERE, AHEAD = "passed", "here", "ahead"


@dataclass(frozen=True, slots=True)
class WayPoint:
    """`place`: passed, here or ahead; `word` says the same to readers."""

    label: str
    place: str
    icon: str
    word: str


def describe_publication(publication: Publication) -> Pill:
    state = PublicationState(publication.state)
    if state in ENDS:
        icon, tone = ENDS[state]
        return Pill(state.label, icon, tone)
    return Pill(state.label, "hourglass", "wait", publication.waits_for)


def describe_drift(drift: Drift) -> Pill:
    icon, tone = DRIFTS[DriftState(drift.state)]
    count = len(drift.differences)
    note = f"{count} difference{'s' if count > 1 else ''}" if count else ""
    return Pill(DriftState(drift.state).label, icon, tone, drift.reason or note)


def list_way(publication: Publication) -> list[WayPoint]:
    """Every step, and which one it is in."""
    state = PublicationState(publication.state)
    way = WAY_BY_HAND if state == PublicationState.BY_HAND else WAY
    if state not in way:
        return []
    here = way.index(state)
    return [build_point(step, number, here, publication) for number, step in enumerate(way)]


def build_point(step: PublicationState, number: int, here: int, publication: Publication) -> WayPoint:
    if number < here or publication.state == PublicationState.LIVE:
        return WayPoint(step.label, PASSED, "check", "done")
    if number == here:
        return WayPoint(step.label, HERE, "hourglass", "now")
    return WayPoint(step.label, AHEAD, "dot", "to come")
