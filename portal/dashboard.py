"""The admin's first page: what waits, how the engines are, what was decided last."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.http import HttpRequest
from django.utils import timezone

from accounts.admin.base import get_principal
from accounts.admin.display import Pill
from accounts.principal import Principal
from engines.admin.states import describe_engine
from engines.enums import EngineState
from engines.models import Engine
from engines.queries import list_engines
from governance.admin.gates import describe_standing
from governance.admin.rows import InboxRow, build_rows, list_for_rows
from governance.domain.gate import Standing
from governance.enums import GateStanding, RequestState
from governance.gate_queries import find_standings
from governance.models import PermissionRequest
from governance.queries import InboxNumbers, list_requests, read_inbox_numbers
from mcp_servers.queries import McpCounts, count_servers
from releases.admin.states import describe_drift
from releases.enums import DriftState
from releases.models import Drift, Publication
from releases.policies import can_see_engine_releases
from releases.queries import list_publications
from reviews.seats import Voter, list_waiting_for

LAST_DECISIONS = 8
# Decisions are looked for among this many newest requests: no index orders them by the time of decision.
NEWEST_REQUESTS = 300
OLDEST_WAITING = 5
SHOWN_DIFFERENCES = 5


@dataclass(frozen=True, slots=True)
class EngineLine:
    engine: Engine
    pill: Pill
    gate: Pill | None  # what is wrong with its gate, if anything
    drift: Pill | None  # what it runs otherwise than released, if anything
    publication: Publication | None  # what is on its way to it
    # {path, expected, found} of what it runs otherwise, the first few; for members of its team.
    differences: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything the page shows; `is_member` is False for owners without a team of their own."""

    numbers: InboxNumbers
    waiting: list[InboxRow]
    engines: list[EngineLine]
    decisions: list[InboxRow]
    is_member: bool
    reviews_waiting: int = 0
    mcp: McpCounts = field(default_factory=McpCounts)

    @property
    def online(self) -> int:
        return sum(
            line.engine.is_enabled and line.engine.state == EngineState.ONLINE for line in self.engines
        )


def build_dashboard(request: HttpRequest) -> Dashboard:
    principal = get_principal(request)
    waiting = (
        list_for_rows(principal)
        .filter(state=RequestState.PENDING)
        .order_by("created_at", "id")[:OLDEST_WAITING]
    )
    engines = list(list_engines(principal).prefetch_related("team").order_by("name"))
    gates = find_standings([engine.pk for engine in engines]) if engines else {}
    releases = find_release_lines(principal, [engine.pk for engine in engines]) if engines else {}
    rows = build_rows(principal, [*waiting, *find_last_decisions(principal)])
    return Dashboard(
        numbers=read_inbox_numbers(principal),
        waiting=[row for row in rows if row.request.is_pending],
        engines=[
            EngineLine(
                engine,
                describe_engine(engine),
                describe_gate(gates[engine.pk]),
                *releases.get(engine.pk, (None, None, [])),
            )
            for engine in engines
        ],
        decisions=[row for row in rows if not row.request.is_pending],
        is_member=bool(principal.team_ids),
        reviews_waiting=len(list_waiting_for(Voter(principal, timezone.now()))),
        mcp=count_servers(principal),
    )


def describe_gate(standing: Standing) -> Pill | None:
    return None if standing.state == GateStanding.GATED else describe_standing(standing)


def find_release_lines(
    principal: Principal, engine_ids: list[str]
) -> dict[str, tuple[Pill | None, Publication | None, list[dict[str, str]]]]:
    """{engine id: (its drift, what is on its way, what differs)}, in two queries.

    What differs and a publication's page are for members.
    """
    drifts = list(
        Drift.objects.filter(engine_id__in=engine_ids, state=DriftState.DIFFERENT).select_related("engine")
    )
    pills = {drift.engine_id: describe_drift(drift) for drift in drifts}
    differences = {
        drift.engine_id: drift.differences[:SHOWN_DIFFERENCES]
        for drift in drifts
        if can_see_engine_releases(principal, drift.engine)
    }
    rows = list_publications(principal).filter(engine_id__in=engine_ids, ended_at=None)
    publications = {row.engine_id: row for row in rows}
    return {
        pk: (pills.get(pk), publications.get(pk), differences.get(pk, [])) for pk in {*pills, *publications}
    }


def find_last_decisions(principal: Principal) -> list[PermissionRequest]:
    """What people decided last, newest decision first."""
    decided = list_requests(principal).filter(state__in=[RequestState.APPROVED, RequestState.DENIED])
    newest = decided.order_by("-created_at", "-id").values_list("pk", "decided_at")[:NEWEST_REQUESTS]
    last = sorted(((at, pk) for pk, at in newest if at is not None), reverse=True)[:LAST_DECISIONS]
    found = list_for_rows(principal).in_bulk([pk for _, pk in last])
    return [found[pk] for _, pk in last if pk in found]
