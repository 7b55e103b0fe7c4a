"""The main job on the real engine: an agent asks, a person decides, the engine goes on or stops."""

from __future__ import annotations

import pytest

from governance.enums import RequestState
from relay.demo.scenarios import Use
from tests.relay.conftest import Desk, running_relay
from tests.support.engine_lab import EngineLab

pytestmark = pytest.mark.engine


async def test_an_approved_command_runs(desk: Desk, engine_lab: EngineLab) -> None:
    made = engine_lab.project / "approved-command.txt"
    engine_lab.add_scenario("journey_approve", Use.shell(f"echo approved > {made.name}"))
    engine = await desk.register(engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        session_id = await visitor.prompt("journey_approve")
        (request,) = await desk.wait_sealed(session_id)
        assert (request.permission, request.summary, request.state) == (
            "bash",
            f"echo approved > {made.name}",
            RequestState.PENDING,
        )
        assert request.arguments_known
        assert not made.exists()
        await desk.approve(request)
        await desk.wait_replies(request, ("once", "confirmed"))
        await visitor.wait_idle(session_id)
    assert made.read_text() == "approved\n"
