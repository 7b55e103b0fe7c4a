"""What happened while nobody listened is found by listing. On the real engine, also a killed one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.models import Chat, Engine
from events.encryption import seal
from events.errors import Conflict
from events.models import AuditEntry
from governance.enums import CloseReason, RequestState
from governance.models import PermissionRequest
from relay.demo.project import PERMISSION, make_project
from relay.demo.scenarios import Use
from relay.demo.scripted_llm import ScriptedModel, build_engine_config
from relay.opencode.calls import Call
from relay.opencode.process import EngineProcess
from tests.relay.conftest import Desk, running_relay
from tests.support.engine_lab import EngineLab

pytestmark = pytest.mark.engine


@pytest.fixture
def own_lab(opencode_binary: Path, tmp_path: Path) -> Iterator[EngineLab]:
    """An engine of the test's own, not started: it may be killed."""
    project = tmp_path / "project"
    make_project(project)
    with ScriptedModel({}) as model:
        config = build_engine_config(model.base_url, PERMISSION)
        engine = EngineProcess(opencode_binary, tmp_path / "tree", project, config)
        try:
            yield EngineLab(engine, model, project)
        finally:
            engine.stop()


async def prompt(lab: EngineLab, key: str) -> str:
    """Start a session with one prompt, and leave what it asks pending; returns its id."""
    async with lab.engine.build_client() as client:
        session = await client.create_session(lab.directory, title=f"Test of {key}")
        await client.prompt_async(lab.directory, session.id, f"Please. [{key}]")
    return session.id


async def test_a_request_asked_while_no_relay_ran_is_found(desk: Desk, engine_lab: EngineLab) -> None:
    made = engine_lab.project / "found-by-listing.txt"
    engine_lab.add_scenario("reconcile_found", Use.shell(f"echo x > {made.name}"))
    engine = await desk.register(engine_lab)
    async with engine_lab.connect() as visitor:
        session_id = await visitor.prompt("reconcile_found")
        await visitor.wait_ask(session_id)
        async with running_relay():
            await desk.wait_online(engine)
            (request,) = await desk.wait_sealed(session_id)
            assert request.arguments_known
            placed = PermissionRequest.objects.filter(pk=request.pk, chat__ai_engine_session_id=session_id)
            await desk.wait(placed.exists, "the request's chat")
            await desk.approve(request)
            await desk.wait_replies(request, ("once", "confirmed"))
            await visitor.wait_idle(session_id)
    assert made.exists()


async def test_a_turn_aborted_while_no_relay_ran_leaves_nothing_to_approve(
    desk: Desk, engine_lab: EngineLab
) -> None:
    made = engine_lab.project / "aborted-unseen.txt"
    engine_lab.add_scenario("reconcile_aborted", Use.one("write", filePath=str(made), content="x\n"))
    engine = await desk.register(engine_lab)
    async with engine_lab.connect() as visitor:
        session_id = await visitor.prompt("reconcile_aborted")
        await visitor.wait_ask(session_id)
        await visitor.client.abort(engine_lab.directory, session_id)
        await visitor.wait_idle(session_id)
        async with running_relay():
            await desk.wait_online(engine)
            (request,) = await desk.wait(
                lambda: list(
                    PermissionRequest.objects.filter(session_id=session_id, state=RequestState.EXPIRED)
                ),
                "the orphan, expired",
            )
            await desk.wait_replies(request, ("reject", "confirmed"))
    assert not made.exists()


async def test_a_request_let_run_while_no_relay_ran_is_an_incident(desk: Desk, engine_lab: EngineLab) -> None:
    engine_lab.add_scenario("reconcile_foreign", Use.shell("echo foreign-unseen"))
    engine = await desk.register(engine_lab)
    async with engine_lab.connect() as visitor:
        async with running_relay():
            await desk.wait_online(engine)
            session_id = await visitor.prompt("reconcile_foreign")
            (request,) = await desk.wait_sealed(session_id)
        await visitor.reply(await visitor.wait_ask(session_id), "once")
        await visitor.wait_idle(session_id)
        async with running_relay():
            closed = await desk.wait_state(request, RequestState.CANCELLED)
            assert closed.close_reason == CloseReason.ANSWERED_ELSEWHERE
            blocked = Chat.objects.filter(ai_engine_session_id=session_id, blocked_at__isnull=False)
            await desk.wait(blocked.exists, "the chat is blocked")


async def test_a_decision_made_while_no_relay_ran_is_delivered(desk: Desk, engine_lab: EngineLab) -> None:
    made = engine_lab.project / "delivered-later.txt"
    engine_lab.add_scenario("reconcile_later", Use.shell(f"echo x > {made.name}"))
    engine = await desk.register(engine_lab)
    async with engine_lab.connect() as visitor:
        async with running_relay():
            await desk.wait_online(engine)
            session_id = await visitor.prompt("reconcile_later")
            (request,) = await desk.wait_sealed(session_id)
        await desk.approve(request)
        assert await desk.replies(request) == [("once", "queued")]
        async with running_relay():
            await desk.wait_replies(request, ("once", "confirmed"))
            await visitor.wait_idle(session_id)
    assert made.exists()


async def test_a_list_that_can_not_be_had_loses_nothing(desk: Desk, engine_lab: EngineLab) -> None:
    """While a web fetch without a time-out is pending the engine answers 400 to its list."""
    engine_lab.add_scenario(
        "reconcile_fetch", Use.one("webfetch", url=engine_lab.model.page_url, format="text")
    )
    engine = await desk.register(engine_lab)
    async with engine_lab.connect() as visitor:
        session_id = await visitor.prompt("reconcile_fetch")
        await visitor.wait_ask(session_id)
        listing = await visitor.client.list_permissions(engine_lab.directory)
        assert (listing.status, listing.is_complete) == (400, False)
        # Not listed, and asked before the relay listened: nobody can know of it, and that must show.
        async with running_relay():
            degraded = await desk.wait_online(engine, "degraded")
            assert "it answered 400" in degraded.state_reason
        await visitor.reply(await visitor.wait_ask(session_id), "reject")
        async with running_relay():
            await desk.wait_online(engine, "online")
            second_id = await visitor.prompt("reconcile_fetch")
            (request,) = await desk.wait_sealed(second_id)
        async with running_relay():
            await desk.wait_online(engine, "degraded")
            assert [row.state for row in await desk.find(second_id)] == [RequestState.PENDING]
            await desk.approve(request)
            await desk.wait_replies(request, ("once", "confirmed"))
            await desk.wait_online(engine, "online")


async def test_a_killed_engines_requests_expire(desk: Desk, own_lab: EngineLab) -> None:
    made = own_lab.project / "killed.txt"
    own_lab.add_scenario("reconcile_kill", Use.one("write", filePath=str(made), content="x\n"))
    await own_lab.engine.start()
    engine = await desk.register(own_lab)
    async with running_relay():
        await desk.wait_online(engine)
        pending_id = await prompt(own_lab, "reconcile_kill")
        approved_id = await prompt(own_lab, "reconcile_kill")
        (pending,) = await desk.wait_sealed(pending_id)
        (approved,) = await desk.wait_sealed(approved_id)
        await own_lab.engine.stop_async(timeout_s=0)
        await desk.wait_online(engine, "offline")
        await desk.approve(approved)
        await own_lab.engine.start()
        await desk.wait_online(engine)
        expired = await desk.wait_state(pending, RequestState.EXPIRED)
        assert expired.close_reason == CloseReason.ENGINE_RESTARTED
        await desk.wait_replies(approved, ("once", "orphaned"), ("reject", "orphaned"))
        assert await desk.replies(pending) == []
        chat = await desk.chat(pending_id)
        assert chat is not None
        assert (chat.session_state, chat.turn) == ("idle", "user")
        finished = await desk.run(
            lambda: set(
                chat.messages.filter(role="assistant").values_list("engine_message_status", flat=True)
            )
        )
        assert finished == {"aborted"}
    assert not made.exists()


async def test_a_disposed_directorys_requests_expire(desk: Desk, own_lab: EngineLab) -> None:
    """Its configuration was reloaded: what was pending is gone, and no event says so for each."""
    own_lab.add_scenario("reconcile_dispose", Use.shell("echo disposed"))
    await own_lab.engine.start()
    engine = await desk.register(own_lab)
    async with running_relay(), own_lab.engine.build_client() as client:
        await desk.wait_online(engine)
        session_id = await prompt(own_lab, "reconcile_dispose")
        (request,) = await desk.wait_sealed(session_id)
        await client.connection.fetch(Call("POST", "/instance/dispose", own_lab.directory))
        expired = await desk.wait_state(request, RequestState.EXPIRED)
        assert expired.close_reason in {CloseReason.ENGINE_DROPPED, CloseReason.SESSION_ABORTED}
        with pytest.raises(Conflict):
            await desk.approve(request)


async def test_an_engine_that_is_starting_is_waited_for(desk: Desk, own_lab: EngineLab) -> None:
    """For a part of its start it takes requests and never answers them."""
    own_lab.engine.launch()
    engine = await desk.register(own_lab)
    async with running_relay():
        await desk.wait_online(engine, "online")


async def test_refused_credentials_are_shown_and_nothing_is_closed(desk: Desk, engine_lab: EngineLab) -> None:
    engine_lab.add_scenario("reconcile_password", Use.shell("echo password"))
    engine = await desk.register(engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        session_id = await visitor.prompt("reconcile_password")
        (request,) = await desk.wait_sealed(session_id)
        await desk.run(lambda: replace_password(engine, "wrong"))
        await desk.wait_online(engine, "unauthorized")
        assert (await desk.find(session_id))[0].is_pending
        await desk.run(lambda: replace_password(engine, engine_lab.engine.password))
        await desk.wait_online(engine, "online")
        await desk.deny(request)
        await desk.wait_replies(request, ("reject", "confirmed"))


def replace_password(engine: Engine, password: str) -> None:
    seal(engine, "password", password)
    Engine.objects.filter(pk=engine.pk).update(password=engine.password)


async def test_the_engines_state_is_audited_once_for_each_change(desk: Desk, engine_lab: EngineLab) -> None:
    engine = await desk.register(engine_lab)
    for _ in range(2):
        async with running_relay():
            await desk.wait_online(engine)
    states = AuditEntry.objects.filter(verb="engine.state").order_by("n")
    assert [entry.after["state"] for entry in await desk.run(lambda: list(states))] == [
        "connecting",
        "online",
    ]
