"""Probes as rows: queued by people or engines, claimed by the worker, shown step by step, ended once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.principal import Principal
from engines.models import Engine
from events.changes import Change, changes
from events.errors import Conflict
from events.text import make_storable
from mcp_servers.domain.intake import CLAIM_LENGTH, ClaimLost
from mcp_servers.domain.log import WORKER_ACTOR, announce_server
from mcp_servers.domain.moves import lock_server
from mcp_servers.domain.refusing import refuse
from mcp_servers.enums import ProbeCause, ProbeState
from mcp_servers.models import McpProbe, McpRequest, McpServer
from mcp_servers.policies import explain_not_suspending
from mcp_servers.queries import get_server

GIVEN_UP = "The worker that ran it stopped."


def probe_by_hand(*, principal: Principal, server_id: str) -> McpProbe:
    """Have what is approved looked at again. Raises NotFound, Refused, or Conflict (nothing is approved)."""
    with changes(principal.actor) as change:
        server = lock_server(get_server(principal, server_id).pk)
        refuse(explain_not_suspending(principal, server.team_id), server.subject)
        if server.approval is None:
            raise Conflict("Nothing of it is approved.", code="wrong_state", state=server.state)
        probe = insert_probe(server, cause=ProbeCause.BY_HAND)
        change.audit("mcp_server.probe", server.subject, after={"probe": probe.pk})
        announce_probe(change, probe)
    return probe


def queue_probe(*, server: McpServer, cause: str, engine: Engine | None = None) -> McpProbe:
    """Have what is approved looked at again, since an engine started or saw other tools.

    One that waits already for the same engine is given back.
    """
    with changes(WORKER_ACTOR) as change:
        server = lock_server(server.pk)
        there = McpProbe.objects.filter(
            server=server, engine=engine, request=None, state=ProbeState.QUEUED
        ).first()
        if there is not None:
            return there
        probe = insert_probe(server, cause=cause, engine=engine)
        announce_probe(change, probe)
    return probe


def start_probe(*, request: McpRequest, cause: str = ProbeCause.REQUEST, holder: str) -> McpProbe:
    """The probe of a request that its worker has claimed; it is this worker's from the beginning."""
    with changes(WORKER_ACTOR) as change:
        probe = McpProbe.objects.create(
            server=request.server,
            request=request,
            cause=cause,
            claimed_by=holder,
            claimed_until=timezone.now() + CLAIM_LENGTH,
        )
        announce_probe(change, probe)
    return probe


def insert_probe(server: McpServer, *, cause: str, engine: Engine | None = None) -> McpProbe:
    return McpProbe.objects.create(server=server, engine=engine, cause=cause)


def list_due_probes(now: datetime) -> QuerySet[McpProbe]:
    """Those of approved servers that wait for a worker, or whose worker is gone, oldest first."""
    is_free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    return McpProbe.objects.filter(
        is_free,
        state__in=ProbeState.running(),
        request=None,
        server__retired_at=None,
        server__team__retired_at=None,
    ).order_by("created_at", "pk")


def claim_probe(*, holder: str, now: datetime | None = None) -> McpProbe | None:
    """The oldest probe of an approved server that waits; None when none does."""
    now = now or timezone.now()
    for probe_id in list_due_probes(now).values_list("pk", flat=True)[:10]:
        rows = list_due_probes(now).filter(pk=probe_id).order_by()
        taken = McpProbe.objects.filter(pk__in=rows.values("pk")).update(
            claimed_by=holder, claimed_until=now + CLAIM_LENGTH
        )
        if taken:
            return McpProbe.objects.select_related("server__team", "server__approval__request", "engine").get(
                pk=probe_id
            )
    return None


def step_probe(*, probe: McpProbe, holder: str, state: str, step: str = "") -> bool:
    """Show how far it is, and keep it. False when it is no longer this worker's: stop."""
    values = {
        "state": ProbeState(state),
        "step": make_storable(step, 200),
        "claimed_until": timezone.now() + CLAIM_LENGTH,
    }
    with changes(WORKER_ACTOR) as change:
        if not list_own(probe, holder).update(**values):
            return False
        put_values(probe, values)
        announce_probe(change, probe)
    return True


def renew_probe(*, probe: McpProbe, holder: str) -> None:
    """Keep it while a step takes long. Raises ClaimLost."""
    if not list_own(probe, holder).update(claimed_until=timezone.now() + CLAIM_LENGTH):
        raise ClaimLost(probe.pk)


def release_probe(*, probe: McpProbe, holder: str) -> None:
    """Let another worker begin at once: this one stops."""
    list_own(probe, holder).update(claimed_until=timezone.now())


def end_probe(
    *,
    probe: McpProbe,
    holder: str,
    listing: Mapping[str, Any],
    digests: Mapping[str, Any],
    differences: Sequence[Mapping[str, Any]] = (),
    timings: Mapping[str, int] | None = None,
) -> bool:
    """It has seen everything. `differences`: against what is approved. False when it is no longer ours."""
    values = {
        "listing": dict(listing),
        "digests": dict(digests),
        "changes": [dict(item) for item in differences],
        "timings": dict(timings or {}),
    }
    return close_probe(probe, holder, ProbeState.DONE, values)


def fail_probe(
    *,
    probe: McpProbe,
    holder: str,
    error: str,
    is_run: bool = True,
    timings: Mapping[str, int] | None = None,
) -> bool:
    """It saw nothing; `is_run` False when it was never started. False when it is no longer ours."""
    state = ProbeState.FAILED if is_run else ProbeState.NOT_RUN
    return close_probe(
        probe, holder, state, {"error": make_storable(error, 500), "timings": dict(timings or {})}
    )


def close_probe(probe: McpProbe, holder: str, state: ProbeState, values: dict[str, Any]) -> bool:
    values |= {"state": state, "step": "", "claimed_until": None, "ended_at": timezone.now()}
    with changes(WORKER_ACTOR) as change:
        if not list_own(probe, holder).update(**values):
            return False
        put_values(probe, values)
        change.audit(
            "mcp_server.probed",
            probe.server.subject,
            after={
                "probe": probe.pk,
                "cause": probe.cause,
                "state": state,
                "digest": str(probe.digests.get("total", "")),
            },
        )
        announce_server(change, probe.server, "probed", probe=probe.pk, outcome=state)
    return True


def give_up_lost_probes(*, now: datetime) -> int:
    """Probes of requests whose worker is gone: the request's next round makes a new one."""
    count = 0
    lost = McpProbe.objects.filter(
        state__in=ProbeState.running(), request__isnull=False, claimed_until__lte=now
    ).select_related("server__team")
    for probe in lost:
        count += close_probe(probe, probe.claimed_by, ProbeState.FAILED, {"error": GIVEN_UP})
    return count


def list_own(probe: McpProbe, holder: str) -> QuerySet[McpProbe]:
    return McpProbe.objects.filter(pk=probe.pk, claimed_by=holder, state__in=ProbeState.running())


def put_values(probe: McpProbe, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(probe, name, value)


def announce_probe(change: Change, probe: McpProbe) -> None:
    """About the server, whose page shows it."""
    announce_server(
        change, probe.server, "checking", probe=probe.pk, probe_state=probe.state, step=probe.step[:80]
    )
