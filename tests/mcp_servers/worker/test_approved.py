"""Looking again at what is approved."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcp_servers.domain.probes import probe_by_hand, queue_probe
from mcp_servers.enums import ProbeCause
from mcp_servers.models import McpProbe, McpServer
from mcp_servers.sandbox import NoSandbox
from tests.factories import make_principal
from tests.mcp_servers.worker.conftest import Site, working

pytestmark = pytest.mark.usefixtures("sandbox")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcp_servers.second_look.PAUSE_S", 0.01)


def place_state(folder: Path, state: str) -> Path:
    path = folder / "state"
    path.write_text(state)
    path.chmod(0o644)
    return path


async def look_again(site: Site, server: McpServer) -> tuple[McpProbe, McpServer]:
    probe = await site.run(
        lambda: probe_by_hand(principal=make_principal(site.approver), server_id=server.pk)
    )
    probe = await site.wait_probe(probe)
    # A drift is written after the probe's end.
    return probe, await site.wait_for(lambda: load_settled(server, probe))


def load_settled(server: McpServer, probe: McpProbe) -> McpServer | None:
    current = McpServer.objects.get(pk=server.pk)
    expects_drift = bool(probe.changes) or probe.state == "failed"
    return current if current.state == "drifted" or not expects_drift else None


async def test_the_same_again_changes_nothing(site: Site) -> None:
    async with working():
        server = await site.approve(await site.wait(await site.ask(site.describe("honest"))))
        probe, after = await look_again(site, server)
    assert (probe.state, probe.cause, probe.changes, probe.error) == ("done", "by_hand", [], "")
    assert after.state == server.state == "approved"


async def test_other_texts_on_the_second_start_are_caught_and_shown(site: Site, open_folder: Path) -> None:
    state = place_state(open_folder, "1")
    async with working():
        request = await site.wait(await site.ask(site.describe("rug_pull", state)))
        server = await site.approve(request)
        place_state(open_folder, "2")
        probe, after = await look_again(site, server)
    (change,) = probe.changes
    assert (change["kind"], change["name"], change["change"], change["fields"]) == (
        "tool",
        "read_page",
        "changed",
        ["description"],
    )
    assert change["before"]["description"] == "Gives back one page of the handbook."
    assert "<IMPORTANT>" in change["after"]["description"]
    assert (after.state, after.has_drifted) == ("drifted", True)
    assert after.state_reason == "It offers other things than were approved: tool read_page changed."


async def test_other_files_are_a_drift_even_if_it_offers_the_same(site: Site) -> None:
    async with working():
        server = await site.approve(await site.wait(await site.ask(site.describe("honest"))))
        site.script.write_text(site.script.read_text() + "\n# Changed.\n")
        probe = await site.run(queue_probe, server=server, cause=ProbeCause.ENGINE_START)
        probe = await site.wait_probe(probe)
        after = await site.wait_for(lambda: McpServer.objects.filter(pk=server.pk, state="drifted").first())
    assert (probe.state, probe.cause, probe.changes) == ("done", "engine_start", [])
    assert after.state_reason == "Its files are not those that were approved."


async def test_what_ends_now_although_it_answered_before_is_a_drift(site: Site, open_folder: Path) -> None:
    state = place_state(open_folder, "1")
    async with working():
        server = await site.approve(await site.wait(await site.ask(site.describe("rug_pull", state))))
        state.unlink()
        probe, after = await look_again(site, server)
    assert probe.state == "failed"
    assert (after.state, after.state_reason) == ("drifted", probe.error)


async def test_what_only_the_portal_lacks_is_no_drift(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def find_none() -> NoSandbox:
        return NoSandbox("This portal runs as an ordinary user.")

    async with working():
        server = await site.approve(await site.wait(await site.ask(site.describe("honest"))))
        monkeypatch.setattr("mcp_servers.second_look.find_sandbox", find_none)
        probe, after = await look_again(site, server)
    assert (probe.state, probe.error) == ("not_run", "no sandbox. This portal runs as an ordinary user.")
    assert after.state == "approved"


async def test_a_fault_of_the_portal_is_no_drift(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("a fault of the portal")

    async with working():
        server = await site.approve(await site.wait(await site.ask(site.describe("honest"))))
        monkeypatch.setattr("mcp_servers.second_look.look_local", fail)
        probe = await site.run(queue_probe, server=server, cause=ProbeCause.TOOLS_CHANGED)
        probe = await site.wait_probe(probe)
    after = await site.run(McpServer.objects.get, pk=server.pk)
    assert (probe.state, probe.error) == ("failed", "A fault of the portal ended it; the log says more.")
    assert after.state == "approved"
