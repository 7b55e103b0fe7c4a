"""How far the checks and the probe of a request are."""

from __future__ import annotations

from dataclasses import dataclass

from mcp_servers.content import McpServerContent
from mcp_servers.enums import ProbeState, RequestState
from mcp_servers.models import McpProbe, McpRequest

PASSED, HERE, AHEAD, FAILED = "passed", "here", "ahead", "failed"
WORDS = {
    PASSED: ("check", "done"),
    HERE: ("hourglass", "now"),
    AHEAD: ("dot", "to come"),
    FAILED: ("warning", "not done"),
}
ASKED, CHECKS, REVIEW = "asked", "checks", "review"
LABELS = {
    ASKED: "Waiting for its turn",
    CHECKS: "Checking what was asked for",
    ProbeState.FETCHING: "Fetching the package, without running it",
    ProbeState.STARTING: "Starting it in a sandbox without a network",
    ProbeState.LISTING: "Listing what it offers",
    REVIEW: "Ready for a decision",
}
REMOTE_LABELS = {
    ProbeState.STARTING: "Visiting it on trial",
    ProbeState.LISTING: "Listing what it offers",
    REVIEW: "Ready for a decision",
}


@dataclass(frozen=True, slots=True)
class WayPoint:
    """`place`: passed, here, ahead or failed; `word` says the same to readers, `note` what is done now."""

    label: str
    place: str
    icon: str
    word: str
    note: str = ""


def list_way(request: McpRequest, content: McpServerContent, probe: McpProbe | None) -> list[WayPoint]:
    """Every step, and which one it is in; of a remote server the visit, once its trial began."""
    is_visited = content.is_remote and (request.state == RequestState.TRIAL or request.tried_at is not None)
    if content.is_remote:
        steps = [ASKED, CHECKS, *([ProbeState.STARTING, ProbeState.LISTING] if is_visited else []), REVIEW]
    else:
        fetched = [ProbeState.FETCHING] if content.package else []
        steps = [ASKED, CHECKS, *fetched, ProbeState.STARTING, ProbeState.LISTING, REVIEW]
    here = find_here(request, probe)
    number = steps.index(here) if here in steps else 1
    is_over = request.state not in RequestState.claimable()
    failed = probe is not None and probe.state in {ProbeState.FAILED, ProbeState.NOT_RUN}
    labels = {**LABELS, **(REMOTE_LABELS if content.is_remote else {})}
    points = []
    for index, step in enumerate(steps):
        place = PASSED if index < number or is_over else HERE if index == number else AHEAD
        if failed and step in ProbeState.running() and place == PASSED:
            place = FAILED
        icon, word = WORDS[place]
        note = probe.step if place == HERE and probe is not None and probe.is_running else ""
        points.append(WayPoint(labels[step], place, icon, word, note))
    return points


def find_here(request: McpRequest, probe: McpProbe | None) -> str:
    if request.state == RequestState.REQUESTED:
        return ASKED
    if request.state not in RequestState.claimable():
        return REVIEW
    if probe is None or probe.state == ProbeState.QUEUED:
        return ProbeState.STARTING if request.state == RequestState.TRIAL else CHECKS
    return probe.state if probe.is_running else ProbeState.LISTING
