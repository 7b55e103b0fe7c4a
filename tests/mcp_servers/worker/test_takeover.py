"""A worker that was killed: whatever it was at, the next one begins anew, and nothing of it counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from mcp_servers.checks.results import passed
from mcp_servers.domain.intake import (
    CLAIM_LENGTH,
    begin_checks,
    finish_checks,
    record_checks,
    record_fetch,
    record_probe,
)
from mcp_servers.domain.probes import claim_probe, end_probe, queue_probe, start_probe, step_probe
from mcp_servers.enums import ProbeCause, ProbeState
from mcp_servers.models import McpProbe, McpRequest
from tests.mcp_servers.make import write_digests, write_listing
from tests.mcp_servers.worker.conftest import Site, working

pytestmark = pytest.mark.usefixtures("sandbox")

KILLED = "a worker that was killed"


def check(request: McpRequest) -> None:
    record_checks(request=request, holder=KILLED, results=[passed("killed", "By the killed one.")])


def start(request: McpRequest) -> McpProbe:
    check(request)
    probe = start_probe(request=request, holder=KILLED)
    assert step_probe(probe=probe, holder=KILLED, state=ProbeState.FETCHING, step="fetching the package")
    return probe


def fetch(request: McpRequest) -> McpProbe:
    probe = start(request)
    record_fetch(request=request, holder=KILLED, argv=["/killed"], artefact_hash="sha256:0", lock="l")
    assert step_probe(probe=probe, holder=KILLED, state=ProbeState.LISTING, step="listing tools")
    return probe


def end(request: McpRequest) -> None:
    probe = fetch(request)
    listing = write_listing(["killed"])
    assert end_probe(probe=probe, holder=KILLED, listing=listing, digests=write_digests(listing))
    record_probe(request=request, holder=KILLED, probe=probe)


@pytest.mark.parametrize(
    "reach",
    [lambda _request: None, check, start, fetch, end],
    ids=["begun", "checks", "probe", "fetch", "end"],
)
async def test_a_request_is_taken_up_again_from_its_beginning(
    site: Site, reach: Callable[[McpRequest], object]
) -> None:
    request = await site.ask(site.describe("honest"))

    def work_and_die() -> None:
        claimed = begin_checks(holder=KILLED)
        assert claimed is not None
        reach(claimed)
        # As if the claim's minute were over.
        over = timezone.now() - timedelta(seconds=1)
        McpRequest.objects.filter(pk=request.pk).update(claimed_until=over)
        McpProbe.objects.filter(ended_at=None).update(claimed_until=over)

    await site.run(work_and_die)
    async with working():
        done = await site.wait(request)
    assert (done.run, done.tools) == (2, ["read_page", "count_pages"])
    assert "killed" not in await site.list_checks(request)
    assert done.bound["argv"][-1] == "honest"
    states = await site.run(lambda: sorted(McpProbe.objects.values_list("state", flat=True)))
    assert set(states) <= {"done", "failed"}


async def test_nobody_takes_what_another_worker_is_at(site: Site) -> None:
    request = await site.ask(site.describe("honest"))
    claimed = await site.run(begin_checks, holder="another worker")
    assert claimed is not None
    async with working():
        other = await site.wait(await site.ask(site.describe("honest")))
    current = await site.run(McpRequest.objects.get, pk=request.pk)
    assert (other.run, current.run, current.claimed_by) == (1, 1, "another worker")
    await site.run(finish_checks, request=claimed, holder="another worker")


async def test_a_probe_of_an_approved_server_is_taken_up_again(site: Site) -> None:
    async with working():
        server = await site.approve(await site.wait(await site.ask(site.describe("honest"))))
    queued = await site.run(queue_probe, server=server, cause=ProbeCause.ENGINE_START)
    claimed = await site.run(
        lambda: claim_probe(holder=KILLED, now=timezone.now() - CLAIM_LENGTH - timedelta(seconds=1))
    )
    assert claimed is not None
    async with working():
        done = await site.wait_probe(queued)
    assert (done.state, done.changes) == ("done", [])
    assert done.claimed_by != KILLED
