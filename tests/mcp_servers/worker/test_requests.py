"""A request on its way from being asked for to needing people."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from events.models import Event
from mcp_servers.checks.results import BLOCKING, finding
from mcp_servers.models import McpProbe, McpRequest
from mcp_servers.probing import Digests, Listing, digests
from mcp_servers.sandbox import NoSandbox
from mcp_servers.seeing import look_local
from reviews.models import Review
from tests.mcp_servers.make import with_secret
from tests.mcp_servers.worker.conftest import Site, working

pytestmark = pytest.mark.usefixtures("sandbox")


async def test_a_request_is_checked_probed_and_put_up_for_review(site: Site) -> None:
    async with working():
        request = await site.wait(await site.ask(site.describe("honest")))
    assert request.probe is not None
    listing = Listing.read(request.probe.listing)
    assert [tool["name"] for tool in listing.tools] == ["read_page", "count_pages"]
    assert Digests.read(request.bound["digests"]) == digests(listing)
    assert (request.probe.state, request.probe.cause, request.problem) == ("done", "request", "")
    assert request.bound["argv"][-1] == "honest"
    assert request.bound["protocol_version"] == "2025-11-25"
    assert request.tools == ["read_page", "count_pages"]
    assert (await site.list_checks(request))["probe"] == ("passed", "info")
    assert (await site.list_checks(request))["text_signs"] == ("passed", "info")
    assert sorted(request.probe.timings) == ["fetch", "lint", "probe"]
    review = await site.run(Review.objects.get, pk=request.review_id)
    assert (review.state, review.approvals_needed) == ("open", 1)


async def test_each_step_is_told_while_it_runs(site: Site) -> None:
    async with working():
        request = await site.wait(await site.ask(site.describe("honest")))
    events = await site.run(lambda: list(Event.objects.filter(topic="mcp").order_by("seq")))
    steps = [event.words["step"] for event in events if event.words.get("probe_state")]
    assert steps == [
        "",
        "fetching the package",
        "starting",
        "listing tools",
        "listing prompts",
        "listing resources",
        "listing templates",
    ]
    assert {event.subject_id for event in events} == {request.server_id}


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        ("crashing", "It ended before it had answered. It was ended by signal 6."),
        ("silent", "It ended before it had answered. It ended with exit code 3."),
        ("network", "It ended before it had answered. It ended with exit code 1."),
        ("flooding", "It wrote too much to its output and was ended."),
        ("twice", "It lists the tool 'read_page' twice: which one is meant can't be told."),
    ],
)
async def test_a_server_that_can_not_be_looked_at_is_a_finding_and_needs_two(
    site: Site, behaviour: str, sentence: str
) -> None:
    async with working():
        request = await site.wait(await site.ask(site.describe(behaviour)))
    assert request.probe is not None
    assert (request.probe.state, request.probe.error) == ("failed", sentence)
    assert (await site.list_checks(request))["probe"] == ("finding", "high")
    assert request.bound["digests"] == {}
    needed = None if request.review is None else request.review.approvals_needed
    assert needed in {None, 2}
    # Nobody could be the second: the team has one approver.
    assert bool(request.problem) == (needed is None)


async def test_what_is_poisoned_can_not_be_approved(site: Site) -> None:
    async with working():
        request = await site.wait(await site.ask(site.describe("poisoned")))
    checks = await site.list_checks(request)
    assert {name: outcome for name, outcome in checks.items() if outcome[0] == "finding"} == {
        # That it runs a program of the machine with paths of the machine.
        "paths": ("finding", "info"),
        "hidden_instructions": ("finding", "high"),
        "concealment": ("finding", "high"),
        "pseudo_tags": ("finding", "high"),
        "secret_paths": ("finding", "high"),
        "cross_tool": ("finding", "low"),
        "text_signs": ("finding", "blocking"),
    }


async def test_nothing_is_started_that_can_not_be_approved_anyway(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "mcp_servers.first_look.run_static_checks",
        lambda *_, **__: (finding("launcher", BLOCKING, "A shell."),),
    )
    async with working():
        request = await site.wait(await site.ask(site.describe("honest")))
    assert await site.list_checks(request) == {
        "launcher": ("finding", "blocking"),
        "probe": ("not_checked", "info"),
    }
    assert await site.run(McpProbe.objects.count) == 0


async def test_without_a_sandbox_nothing_is_started_and_two_people_are_needed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def find_none() -> NoSandbox:
        return NoSandbox("This portal runs as an ordinary user.")

    monkeypatch.setattr("mcp_servers.first_look.find_sandbox", find_none)
    async with working():
        request = await site.wait(await site.ask(site.describe("honest")))
    assert request.probe is not None
    sentence = "no sandbox. This portal runs as an ordinary user."
    assert (request.probe.state, request.probe.error) == ("not_run", sentence)
    assert (await site.list_checks(request))["probe"] == ("not_checked", "info")
    assert request.problem.startswith("Nobody could approve this: it needs 2, and 1 people besides")


async def test_secrets_never_reach_what_nobody_approved(site: Site) -> None:
    content = with_secret(site.describe("secrets"))
    async with working():
        request = await site.wait(
            await site.ask(content, secrets={"API_TOKEN": "the-real-value-of-it"}),
        )
    assert request.probe is not None
    said = request.probe.listing["tools"][0]["description"]
    assert said.startswith("environment: API_TOKEN\n")
    assert "the-real-value-of-it" not in str(request.probe.listing)


async def test_a_lint_that_fails_closes_the_gate(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_listing: object) -> None:
        raise RuntimeError("a fault in the lint")

    monkeypatch.setattr("mcp_servers.probing.linting.list_texts", fail)
    async with working():
        request = await site.wait(await site.ask(site.describe("honest")))
    assert (await site.list_checks(request))["text_signs"] == ("finding", "blocking")


async def test_a_fault_of_the_worker_closes_the_gate_and_stops_nobody_else(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken: list[bool] = []

    async def fail_once(*arguments: Any) -> Listing:
        if not broken:
            broken.append(True)
            raise RuntimeError("a fault of the portal")
        return await look_local(*arguments)

    monkeypatch.setattr("mcp_servers.first_look.look_local", fail_once)
    monkeypatch.setattr("mcp_servers.worker.FAULT_PAUSE_S", 0.1)
    async with working():
        first = await site.wait(await site.ask(site.describe("honest")))
        second = await site.wait(await site.ask(site.describe("honest")))
    assert (await site.list_checks(first))["worker"] == ("finding", "blocking")
    assert "worker" not in await site.list_checks(second)


async def test_a_second_request_shows_what_differs_from_what_is_approved(site: Site) -> None:
    async with working():
        content = site.describe("honest")
        server = await site.approve(await site.wait(await site.ask(content)))
        again = site.describe("renamed", name=content.name)
        request = await site.wait(await site.ask(again))
    assert request.server_id == server.pk
    assert request.probe is not None
    assert [(item["change"], item["name"]) for item in request.probe.changes] == [("renamed", "read_a_page")]


async def test_a_worker_that_stops_leaves_its_request_to_the_next(site: Site) -> None:
    async with working():
        request = await site.ask(site.describe("hanging"))
        await site.wait_for(lambda: McpProbe.objects.filter(state="listing").first())
    left = await site.run(McpRequest.objects.get, pk=request.pk)
    assert left.state == "checking"
    async with working():
        await site.wait_for(lambda: McpRequest.objects.filter(pk=request.pk, run__gt=left.run).first())
        await asyncio.sleep(0)
