"""The main job on the real engine: an agent asks, a person decides, the engine goes on or stops."""

from __future__ import annotations

import pytest

from events.encryption import reveal
from governance.content import RequestContent
from governance.enums import CloseReason, RequestState
from governance.models import PermissionRequest
from relay.demo.scenarios import ToolUse, Use
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
        assert (request.permission, request.summary, request.state, request.arguments_known) == (
            "bash",
            f"echo approved > {made.name}",
            RequestState.PENDING,
            True,
        )
        assert not made.exists()
        await desk.approve(request)
        await desk.wait_replies(request, ("once", "confirmed"))
        await visitor.wait_idle(session_id)
    assert made.read_text() == "approved\n"


async def test_a_denial_brings_its_message_to_the_model(desk: Desk, engine_lab: EngineLab) -> None:
    made = engine_lab.project / "denied.txt"
    engine_lab.add_scenario("journey_deny", Use.one("write", filePath=str(made), content="x\n"))
    engine = await desk.register(engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        session_id = await visitor.prompt("journey_deny")
        (request,) = await desk.wait_sealed(session_id)
        await desk.deny(request, "Write it into notes/ instead.")
        await desk.wait_replies(request, ("reject", "confirmed"))
        await visitor.wait_idle(session_id)
    assert [answer.answer for answer in engine_lab.find_answers("journey_deny")] == [
        "Use",
        "Understood: Write it into notes/ instead.",
    ]
    assert not made.exists()


async def test_an_edit_comes_with_its_whole_diff(desk: Desk, engine_lab: EngineLab) -> None:
    made = engine_lab.project / "with-diff.txt"
    engine_lab.add_scenario("journey_diff", Use.one("write", filePath=str(made), content="one\ntwo\n"))
    engine = await desk.register(engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        session_id = await visitor.prompt("journey_diff")
        (request,) = await desk.wait_sealed(session_id)
        content = RequestContent.from_text(await desk.run(lambda: reveal(request, "content")))
        assert (content.permission, content.tool, content.arguments) == (
            "edit",
            "write",
            {"filePath": str(made), "content": "one\ntwo\n"},
        )
        assert "+one\n+two" in content.diff
        await desk.deny(request)
        await desk.wait_replies(request, ("reject", "confirmed"))


async def test_a_subagents_request_stands_in_the_root_chats_inbox(desk: Desk, engine_lab: EngineLab) -> None:
    engine_lab.add_scenario("journey_child", Use.shell("echo from-the-child", "Say hello"))
    engine_lab.add_scenario(
        "journey_parent",
        Use.one("task", description="Help", prompt="Go on. [journey_child]", subagent_type="general"),
    )
    engine = await desk.register(engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        root_id = await visitor.prompt("journey_parent")
        (task,) = await desk.wait_sealed(root_id)
        assert (task.permission, task.subagent) == ("task", None)
        await desk.approve(task)
        rows = PermissionRequest.objects.filter(
            summary="echo from-the-child", sealed_at__isnull=False, chat__isnull=False
        ).select_related("chat", "subagent__instance")
        child = await desk.wait(rows.first, "the subagent's request, placed")
        assert child.chat is not None
        assert child.subagent is not None
        assert child.chat.ai_engine_session_id == root_id
        assert (child.subagent.parent_ref, child.subagent.depth, child.agent) == (root_id, 1, "general")
        waiting = type(child.subagent).objects.filter(pk=child.subagent.pk, status="waiting_human")
        await desk.wait(waiting.exists, "the subagent waits for a person")
        await desk.approve(child)
        await desk.wait_replies(child, ("once", "confirmed"))
        done = type(child.subagent).objects.filter(pk=child.subagent.pk, status="completed")
        await desk.wait(done.exists, "the subagent has completed")
        await visitor.wait_idle(root_id)


async def test_one_denial_cancels_the_sessions_other_requests(desk: Desk, engine_lab: EngineLab) -> None:
    both = (
        ToolUse("bash", {"command": "echo first", "description": "First"}),
        ToolUse("bash", {"command": "echo second", "description": "Second"}),
    )
    engine_lab.add_scenario("journey_siblings", Use(both))
    engine = await desk.register(engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        session_id = await visitor.prompt("journey_siblings")
        first, second = await desk.wait_sealed(session_id, count=2)
        await desk.deny(first)
        cancelled = await desk.wait_state(second, RequestState.CANCELLED)
        assert (cancelled.close_reason, cancelled.closed_by_id) == (CloseReason.SIBLING_DENIED, first.pk)
        await desk.wait_replies(first, ("reject", "confirmed"))
        assert await desk.replies(second) == []


async def test_a_repeated_call_shows_the_arguments_it_repeats(desk: Desk, engine_lab: EngineLab) -> None:
    call = ToolUse("read", {"filePath": str(engine_lab.project / "README.md")})
    engine_lab.add_scenario("journey_loop", Use((call, call, call)))
    engine = await desk.register(engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        session_id = await visitor.prompt("journey_loop")
        (request,) = await desk.wait_sealed(session_id)
        content = RequestContent.from_text(await desk.run(lambda: reveal(request, "content")))
        assert (content.permission, content.tool, content.arguments) == (
            "doom_loop",
            "read",
            dict(call.arguments),
        )
        await desk.approve(request)
        await desk.wait_replies(request, ("once", "confirmed"))
        await visitor.wait_idle(session_id)


async def test_a_write_of_ten_megabytes_is_stored_cut_and_can_be_denied(
    desk: Desk, engine_lab: EngineLab
) -> None:
    """The real engine's event lines then hold the whole text several times over."""
    made = engine_lab.project / "large.txt"
    text = "".join(f"line {number:09d} of a large file\n" for number in range(300_000))
    engine_lab.add_scenario("journey_large", Use.one("write", filePath=str(made), content=text))
    engine = await desk.register(engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        session_id = await visitor.prompt("journey_large")
        (request,) = await desk.wait_sealed(session_id)
        assert [finding["code"] for finding in request.findings] == ["arguments_unknown", "cut"]
        assert not request.is_summary_whole
        await desk.deny(request)
        await desk.wait_replies(request, ("reject", "confirmed"))
        await desk.wait_online(engine)
    assert not made.exists()
