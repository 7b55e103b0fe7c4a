"""Aborted turns and deleted sessions: a later approval runs nothing. On the real engine.

The requests are for writes: a write always runs on a late `once`, a shell command only sometimes.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import timezone

from engines.models import Chat
from events.errors import Conflict
from events.models import AuditEntry, Event
from governance.enums import CloseReason, RequestState
from governance.models import PermissionRequest
from relay.demo.scenarios import Use
from tests.relay.conftest import Desk, running_relay
from tests.support.engine_lab import EngineLab, EngineVisitor

pytestmark = pytest.mark.engine


def teach_write(lab: EngineLab, key: str) -> Path:
    """A scenario that writes one file; returns the file."""
    made = lab.project / f"{key}.txt"
    lab.add_scenario(key, Use.one("write", filePath=str(made), content="x\n"))
    return made


def teach_delegated_write(lab: EngineLab, key: str) -> Path:
    made = teach_write(lab, f"{key}_child")
    prompt = f"Go on. [{key}_child]"
    lab.add_scenario(key, Use.one("task", description="Help", prompt=prompt, subagent_type="general"))
    return made


async def list_engine(visitor: EngineVisitor, request: PermissionRequest) -> list[str]:
    """The request's id if the engine lists it."""
    listing = await visitor.client.list_permissions(visitor.lab.directory)
    assert listing.is_complete
    return [ask.id for ask in listing.items if ask.id == request.engine_request_id]


async def wait_child(desk: Desk, visitor: EngineVisitor, root_id: str) -> PermissionRequest:
    """The subagent's request, after its delegation was approved."""
    (task,) = await desk.wait_sealed(root_id)
    await desk.approve(task)
    rows = PermissionRequest.objects.filter(
        chat__ai_engine_session_id=root_id, subagent__isnull=False, sealed_at__isnull=False
    )
    return await desk.wait(rows.first, "the subagent's request")


async def check_ended(
    desk: Desk, visitor: EngineVisitor, request: PermissionRequest, reasons: set[CloseReason], made: Path
) -> None:
    ended = await desk.wait_state(request, RequestState.EXPIRED)
    assert ended.close_reason in reasons
    await desk.wait_replies(request, ("reject", "confirmed"))
    assert await list_engine(visitor, request) == []
    with pytest.raises(Conflict):
        await desk.approve(request)
    assert await desk.replies(request) == [("reject", "confirmed")]
    assert not made.exists()


async def test_an_aborted_turns_request_expires(desk: Desk, engine_lab: EngineLab) -> None:
    made = teach_write(engine_lab, "ending_abort")
    engine = await desk.register(engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        session_id = await visitor.prompt("ending_abort")
        (request,) = await desk.wait_sealed(session_id)
        await visitor.client.abort(engine_lab.directory, session_id)
        await check_ended(
            desk, visitor, request, {CloseReason.SESSION_ABORTED, CloseReason.SESSION_ENDED}, made
        )


async def test_a_deleted_sessions_request_expires(desk: Desk, engine_lab: EngineLab) -> None:
    made = teach_write(engine_lab, "ending_delete")
    engine = await desk.register(engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        session_id = await visitor.prompt("ending_delete")
        (request,) = await desk.wait_sealed(session_id)
        await visitor.client.delete_session(engine_lab.directory, session_id)
        await check_ended(desk, visitor, request, {CloseReason.SESSION_DELETED}, made)
        chat = await desk.chat(session_id)
        assert chat is not None
        assert chat.session_state == "deleted"


async def test_aborting_the_root_ends_its_subagents_request(desk: Desk, engine_lab: EngineLab) -> None:
    made = teach_delegated_write(engine_lab, "ending_root_abort")
    engine = await desk.register(engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        root_id = await visitor.prompt("ending_root_abort")
        request = await wait_child(desk, visitor, root_id)
        await visitor.client.abort(engine_lab.directory, root_id)
        await check_ended(
            desk, visitor, request, {CloseReason.SESSION_ABORTED, CloseReason.SESSION_ENDED}, made
        )


async def test_deleting_the_root_ends_its_subagents_request(desk: Desk, engine_lab: EngineLab) -> None:
    made = teach_delegated_write(engine_lab, "ending_root_delete")
    engine = await desk.register(engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        root_id = await visitor.prompt("ending_root_delete")
        request = await wait_child(desk, visitor, root_id)
        await visitor.client.delete_session(engine_lab.directory, root_id)
        await check_ended(
            desk,
            visitor,
            request,
            {CloseReason.SESSION_ABORTED, CloseReason.SESSION_ENDED, CloseReason.SESSION_DELETED},
            made,
        )


@pytest.mark.parametrize("ending", ["abort", "delete"])
async def test_an_approval_that_was_not_sent_before_the_end_runs_nothing(
    desk: Desk, engine_lab: EngineLab, ending: str
) -> None:
    """Approved while no relay ran, then the turn ended: what is found later must not be let run."""
    key = f"ending_before_send_{ending}"
    made = teach_write(engine_lab, key)
    engine = await desk.register(engine_lab)
    async with engine_lab.connect() as visitor:
        async with running_relay():
            await desk.wait_online(engine)
            session_id = await visitor.prompt(key)
            (request,) = await desk.wait_sealed(session_id)
        await desk.approve(request)
        if ending == "abort":
            await visitor.client.abort(engine_lab.directory, session_id)
            await visitor.wait_idle(session_id)
        else:
            await visitor.client.delete_session(engine_lab.directory, session_id)
        assert await list_engine(visitor, request) == [request.engine_request_id]
        async with running_relay():
            await desk.wait_replies(request, ("once", "orphaned"), ("reject", "confirmed"))
        assert await list_engine(visitor, request) == []
    assert not made.exists()


async def test_a_new_turn_keeps_its_own_request(desk: Desk, engine_lab: EngineLab) -> None:
    """The end of an earlier turn says nothing about a request of the next one."""
    teach_write(engine_lab, "ending_first_turn")
    engine_lab.add_scenario("ending_second_turn", Use.shell("echo second-turn"))
    engine = await desk.register(engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        session_id = await visitor.prompt("ending_first_turn")
        (first,) = await desk.wait_sealed(session_id)
        await visitor.client.abort(engine_lab.directory, session_id)
        await desk.wait_state(first, RequestState.EXPIRED)
        await desk.wait_replies(first, ("reject", "confirmed"))
        await visitor.client.prompt_async(engine_lab.directory, session_id, "Again. [ending_second_turn]")
        _, second = await desk.wait_sealed(session_id, count=2)
        await desk.approve(second)
        await desk.wait_replies(second, ("once", "confirmed"))


async def test_an_answer_past_countersign_is_an_incident(desk: Desk, engine_lab: EngineLab) -> None:
    made = engine_lab.project / "foreign.txt"
    engine_lab.add_scenario("ending_foreign", Use.shell(f"sleep 30; echo x > {made.name}"))
    engine = await desk.register(engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        session_id = await visitor.prompt("ending_foreign")
        (request,) = await desk.wait_sealed(session_id)
        ask = await visitor.wait_ask(session_id)
        await visitor.reply(ask, "once")
        closed = await desk.wait_state(request, RequestState.CANCELLED)
        assert closed.close_reason == CloseReason.ANSWERED_ELSEWHERE
        blocked = Chat.objects.filter(
            ai_engine_session_id=session_id, blocked_at__isnull=False, aborted_at__isnull=False
        )
        await desk.wait(blocked.exists, "the chat is blocked and its turn aborted")
        await visitor.wait_idle(session_id)
        verbs = await desk.run(lambda: list(AuditEntry.objects.values_list("verb", flat=True)))
        assert (verbs.count("engine.incident"), verbs.count("chat.block")) == (1, 1)
        notices = Event.objects.filter(topic="notices", audience=desk.team.audience)
        assert await desk.run(lambda: list(notices.values_list("kind", flat=True))) == ["notice.incident"]
        assert await desk.replies(request) == []
    assert not made.exists()


async def test_a_foreign_reject_is_a_notice(desk: Desk, engine_lab: EngineLab) -> None:
    teach_write(engine_lab, "ending_foreign_reject")
    engine = await desk.register(engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        session_id = await visitor.prompt("ending_foreign_reject")
        (request,) = await desk.wait_sealed(session_id)
        await visitor.reply(await visitor.wait_ask(session_id), "reject")
        closed = await desk.wait_state(request, RequestState.CANCELLED)
        assert (closed.close_reason, closed.closed_by) == (CloseReason.ANSWERED_ELSEWHERE, None)
        notices = Event.objects.filter(topic="notices", audience=desk.team.audience)
        kinds = await desk.run(lambda: list(notices.values_list("kind", flat=True)))
        assert kinds == ["notice.foreign_reject"]
        chat = await desk.chat(session_id)
        assert chat is not None
        assert chat.blocked_at is None


async def test_an_overdue_request_is_denied_with_a_message(desk: Desk, engine_lab: EngineLab) -> None:
    made = teach_write(engine_lab, "ending_overdue")
    engine = await desk.register(engine_lab)
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        session_id = await visitor.prompt("ending_overdue")
        (request,) = await desk.wait_sealed(session_id)
        await desk.run(
            lambda: PermissionRequest.objects.filter(pk=request.pk).update(expires_at=timezone.now())
        )
        expired = await desk.wait_state(request, RequestState.EXPIRED)
        assert expired.close_reason == CloseReason.TIMED_OUT
        await desk.wait_replies(request, ("reject", "confirmed"))
        await visitor.wait_idle(session_id)
    last = engine_lab.find_answers("ending_overdue")[-1]
    assert last.answer.startswith("Understood: Nobody answered this request in time")
    assert not made.exists()
