"""Trees of delegations beside a running relay: what is asked down there comes up, and a stop goes down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from accounts.enums import Role
from chats.domain.stop_tree import stop_chat_tree
from engines.models import Chat, Engine, Subagent
from engines.queries import list_chain
from events.models import Event
from governance.enums import CloseReason, RequestState
from governance.models import PermissionRequest
from relay import stopping
from relay.engine_relay import LOOK_EVERY_S
from tests.factories import make_engine, make_principal, make_user
from tests.relay.conftest import Desk, running_relay
from tests.relay.fake_engine import DIRECTORY, FakeEngine, give
from tests.relay.test_endings import teach_delegated_write, wait_child
from tests.support.engine_lab import EngineLab


@pytest.fixture
async def fake() -> AsyncIterator[FakeEngine]:
    async with FakeEngine().running() as engine:
        yield engine


async def register(desk: Desk, fake: FakeEngine) -> Engine:
    return await desk.run(lambda: make_engine(desk.team, address=fake.address, directories=[DIRECTORY]))


def grow(fake: FakeEngine, depth: int) -> list[str]:
    """A session and one below the other, `depth` of them; none has had an event."""
    sessions = [fake.add_session()]
    for _ in range(depth):
        sessions.append(fake.add_session(sessions[-1]))
    return sessions


async def test_a_request_from_far_below_stands_in_the_roots_chat_at_once(
    desk: Desk, fake: FakeEngine
) -> None:
    """Its session and all above it are heard of for the first time with it, the deepest first.

    It takes far less than a second; machines that run tests are busy, so the bound is the next look at all.
    """
    engine = await register(desk, fake)
    async with running_relay():
        await desk.wait_online(engine)
        sessions = grow(fake, 5)
        fake.emit("permission.asked", fake.add_call(sessions[-1]))
        rows = PermissionRequest.objects.filter(session_id=sessions[-1], chat__isnull=False)
        await desk.wait(rows.exists, "the request's chat")
    request = await desk.run(lambda: rows.select_related("chat", "subagent").get())
    assert request.chat is not None
    assert request.chat.ai_engine_session_id == sessions[0]
    chain = await desk.run(lambda: list_chain(request.subagent))
    assert [row.source_ref for row in chain] == sessions[1:]
    placed = await desk.run(Event.objects.filter(kind="permission_request.placed").order_by("seq").last)
    assert placed is not None
    assert placed.at - request.created_at < timedelta(seconds=LOOK_EVERY_S)


async def test_a_stopped_tree_is_aborted_to_its_leaves(
    desk: Desk, fake: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping, "FIRST_PAUSE_S", 0.05)
    engine = await register(desk, fake)
    admin = make_principal(await desk.run(lambda: make_user(desk.team, Role.ADMIN)))
    sessions = grow(fake, 3)
    fake.busy.update(sessions)
    raw = fake.add_call(sessions[-1])
    other = fake.add_session()
    fake.busy.add(other)
    # The engine fails twice to stop the deepest.
    path = f"/session/{sessions[-1]}/abort"
    failures = [(500, b"{}"), (500, b"{}")]
    fake.overrides["POST", path] = lambda _: failures.pop() if failures else give(True)
    async with running_relay():
        await desk.wait_online(engine)
        await desk.wait_sealed(sessions[-1])
        chats = Chat.objects.filter(ai_engine_session_id=sessions[0], session_state="busy")
        chat = await desk.wait(chats.first, "the chat at work")
        await desk.wait(lambda: Subagent.objects.count() == 3, "the whole tree")
        stopped = await desk.run(lambda: stop_chat_tree(principal=admin, chat_id=chat.pk))
        assert (stopped.has_turn, stopped.delegations, stopped.requests) == (True, 3, 1)
        cancelled = Subagent.objects.filter(status="cancelled")
        await desk.wait(lambda: cancelled.count() == 3, "the end of every delegation")
        await desk.wait(lambda: fake.replies() == [(raw["id"], "reject")], "the rejection")
        aborts = [f"/session/{session}/abort" for session in sessions]
        await desk.wait(lambda: all(fake.count("POST", one) for one in aborts), "every abort")
    assert fake.count("POST", path) >= 3
    assert fake.count("POST", f"/session/{other}/abort") == 0
    last = await desk.run(lambda: Subagent.objects.get(source_ref=sessions[-1]))
    assert (last.stop_attempts, last.stop_error) == (2, f"The engine answered 500 to POST {path}.")


MARKER = '{"terminal_id": "aaaaaaaa", "caller_id": "bbbbbbbb", "sessionID": "ses_child", "parentID": "ses_x"}'


async def test_what_an_agent_says_or_its_tool_prints_makes_no_delegation(
    desk: Desk, fake: FakeEngine
) -> None:
    """Only the engine's own word on a session does; whatever a part claims is the agent's claim."""
    engine = await register(desk, fake)
    async with running_relay():
        await desk.wait_online(engine)
        session = fake.add_session()
        raw = fake.add_call(session, MARKER, status="completed")
        fake.emit("session.created", {"sessionID": session, "info": fake.sessions[session]})
        part = fake.part_of(raw)
        part["tool"] = "task"
        part["state"] |= {
            "output": MARKER,
            "metadata": {"sessionId": "ses_child", "parentSessionId": session},
        }
        fake.emit("message.part.updated", {"sessionID": session, "part": part, "time": 1})
        text = {**part, "id": "prt_text", "type": "text", "text": MARKER}
        fake.emit("message.part.updated", {"sessionID": session, "part": text, "time": 2})
        shown = Chat.objects.filter(ai_engine_session_id=session, messages__isnull=False)
        await desk.wait(lambda: any(len(row.messages.get().parts) == 2 for row in shown.all()), "both parts")
    assert await desk.run(Subagent.objects.count) == 0


@pytest.mark.engine
async def test_a_stopped_subagent_of_a_real_engine_does_nothing_more(
    desk: Desk, engine_lab: EngineLab
) -> None:
    """The subagent's request is rejected, its session aborted; what it wanted to write is never written."""
    made = teach_delegated_write(engine_lab, "lineage_stop")
    engine = await desk.register(engine_lab)
    admin = make_principal(await desk.run(lambda: make_user(desk.team, Role.ADMIN)))
    async with running_relay(), engine_lab.connect() as visitor:
        await desk.wait_online(engine)
        root_id = await visitor.prompt("lineage_stop")
        request = await wait_child(desk, visitor, root_id)
        chat = await desk.wait(Chat.objects.filter(ai_engine_session_id=root_id).first, "the chat")
        stopped = await desk.run(lambda: stop_chat_tree(principal=admin, chat_id=chat.pk))
        assert (stopped.has_turn, stopped.delegations, stopped.requests) == (True, 1, 1)
        ended = await desk.wait_state(request, RequestState.EXPIRED)
        assert ended.close_reason == CloseReason.SESSION_ABORTED
        await desk.wait_replies(request, ("reject", "confirmed"))
        rows = Subagent.objects.filter(pk=request.subagent_id, status="cancelled")
        await desk.wait(rows.exists, "the end of the delegation")
        idle = Chat.objects.filter(pk=chat.pk, session_state="idle")
        await desk.wait(idle.exists, "the end of the turn")
        busy = await visitor.client.session_status(engine_lab.directory)
        assert root_id not in busy
    assert not made.exists()
