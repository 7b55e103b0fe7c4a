"""The scripted agent acts on `approved` and on nothing else."""

import asyncio
import json
from pathlib import Path

import pytest

from relay.demo.project import make_project
from relay.demo.rest_agent import WISHES, RestAgent
from tests.relay.opencode.odd_engine import OddEngine, OddRequest, answer


async def run_until_asked_again(
    project: Path, decided: dict[str, str], times: int
) -> tuple[OddEngine, list[str]]:
    """Let the agent run against a portal that decides everything so, until it has asked so often."""
    told: list[str] = []
    stop = asyncio.Event()

    async def handle(request: OddRequest, writer: asyncio.StreamWriter) -> None:
        is_new = request.method == "POST"
        body = {"id": "r1", "state": "pending"} if is_new else {"id": "r1", **decided}
        if sum(seen.method == "POST" for seen in engine.requests) > times:
            stop.set()
        await answer(201 if is_new else 200, json.dumps(body).encode())(request, writer)

    async with OddEngine(handle) as engine:
        agent = RestAgent(engine.address, "csk_token", project, told.append)
        async with asyncio.timeout(20):
            await agent.run(stop=stop, pause_s=0)
    return engine, told


@pytest.mark.parametrize("state", ["denied", "expired", "cancelled", "nonsense"])
async def test_nothing_is_done_without_an_approval(tmp_path: Path, state: str) -> None:
    make_project(tmp_path)
    before = (tmp_path / "README.md").read_text()
    decided = {"state": state, "decision_message": "not today"}
    engine, told = await run_until_asked_again(tmp_path, decided, times=3 * len(WISHES))
    assert (tmp_path / "README.md").read_text() == before
    assert not (tmp_path / "notes").exists()
    assert set(told) == {"not today"}
    assert {request.headers["authorization"] for request in engine.requests} == {"Bearer csk_token"}


async def test_what_is_approved_is_done(tmp_path: Path) -> None:
    make_project(tmp_path)
    await run_until_asked_again(tmp_path, {"state": "approved"}, times=3 * len(WISHES))
    assert "- Round 1: looked through the greeting.\n" in (tmp_path / "README.md").read_text()
    assert (tmp_path / "notes" / "round-1.md").read_text() == "# Notes of round 1\n\nThe greeting works.\n"


async def test_every_request_has_a_key_of_its_own_and_shows_all_it_will_do(tmp_path: Path) -> None:
    make_project(tmp_path)
    engine, _ = await run_until_asked_again(tmp_path, {"state": "denied"}, times=2 * len(WISHES))
    asked = [request for request in engine.requests if request.method == "POST"]
    keys = [request.headers["idempotency-key"] for request in asked]
    assert len(set(keys)) == len(keys)
    for request in asked:
        body = json.loads(request.body)
        assert bool(body["command"]) != bool(body["diff"])
        assert body["directory"] == str(tmp_path)
    waits = [request.target for request in engine.requests if request.method == "GET"]
    assert set(waits) == {"/api/v1/permission-requests/r1/wait/?timeout=25"}
