"""Sessions that came, went or stopped while nobody listened."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from django.utils import timezone

from engines.enums import SubagentStatus
from engines.models import Chat, Engine, Message, Subagent
from relay import engine_relay
from tests.factories import make_engine, make_session
from tests.relay.conftest import Desk, running_relay
from tests.relay.fake_engine import DIRECTORY, FakeEngine, message_info, session_info


@pytest.fixture(autouse=True)
def look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_relay, "TICK_S", 0.1)
    monkeypatch.setattr(engine_relay, "LOOK_EVERY_S", 0.3)


@pytest.fixture
async def fake() -> AsyncIterator[FakeEngine]:
    async with FakeEngine().running() as engine:
        yield engine


async def register(desk: Desk, fake: FakeEngine) -> Engine:
    return await desk.run(lambda: make_engine(desk.team, address=fake.address, directories=[DIRECTORY]))


async def delegate(desk: Desk, engine: Engine, *, since_s: float) -> Subagent:
    """A subagent that is thought to run, first seen so many seconds ago."""
    await desk.run(lambda: make_session(engine, "ses_root", directory=DIRECTORY))
    await desk.run(
        lambda: make_session(engine, "ses_child", "ses_root", directory=DIRECTORY, agent="general")
    )
    first_seen_at = timezone.now() - timedelta(seconds=since_s)
    await desk.run(lambda: Subagent.objects.update(first_seen_at=first_seen_at))
    return await desk.run(Subagent.objects.get)


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({"time": {"created": 1, "completed": 2}}, SubagentStatus.COMPLETED),
        ({"time": {"created": 1}}, SubagentStatus.LOST),
        (
            {"time": {"created": 1}, "error": {"name": "MessageAbortedError", "data": {}}},
            SubagentStatus.CANCELLED,
        ),
        ({"time": {"created": 1}, "error": {"name": "APIError", "data": {}}}, SubagentStatus.FAILED),
        (None, SubagentStatus.LOST),
    ],
)
async def test_a_subagent_that_stopped_unseen_ends_as_its_last_message_says(
    desk: Desk, fake: FakeEngine, info: dict[str, object] | None, expected: SubagentStatus
) -> None:
    engine = await register(desk, fake)
    row = await delegate(desk, engine, since_s=60)
    if info is not None:
        raw = {**message_info("ses_child", "msg_1"), **info}
        fake.messages["ses_child", "msg_1"] = {"info": raw, "parts": []}
    async with running_relay():
        await desk.wait(Subagent.objects.filter(pk=row.pk, status=expected).exists, expected.value)


async def test_a_subagent_that_has_just_begun_is_not_given_up(desk: Desk, fake: FakeEngine) -> None:
    """Its session is known a moment before it is busy."""
    engine = await register(desk, fake)
    row = await delegate(desk, engine, since_s=0)
    async with running_relay():
        await desk.wait_online(engine)
        looks = fake.count("GET", "/session/status")
        await desk.wait(lambda: fake.count("GET", "/session/status") >= looks + 3, "three looks")
        assert (await desk.run(lambda: Subagent.objects.get(pk=row.pk))).status == SubagentStatus.RUNNING


async def test_a_chat_that_stopped_unseen_is_idle_again(desk: Desk, fake: FakeEngine) -> None:
    engine = await register(desk, fake)
    await desk.run(lambda: make_session(engine, "ses_root", directory=DIRECTORY))
    await desk.run(lambda: Chat.objects.update(session_state="busy", turn="assistant"))
    raw = message_info("ses_root", "msg_1")
    part = {
        "id": "prt_1",
        "sessionID": "ses_root",
        "messageID": "msg_1",
        "type": "text",
        "text": "Half a sentence",
    }
    fake.messages["ses_root", "msg_1"] = {"info": raw, "parts": [part]}
    async with running_relay():
        idle = Chat.objects.filter(session_state="idle", turn="user", preview="Half a sentence")
        chat = await desk.wait(idle.first, "the idle chat")
        message = await desk.run(lambda: chat.messages.get(role="assistant"))
        # It had not been seen before, so that it stopped is all that is known.
        notice = await desk.run(lambda: chat.messages.get(role="system"))
    assert message.engine_message_status == "aborted"
    assert notice.parts[0]["text"].startswith("The engine began anew while the agent was at work.")


async def test_a_turn_that_came_and_went_unseen_is_read(desk: Desk, fake: FakeEngine) -> None:
    """Nothing on record says that there was one: its chat was idle before, and is idle now."""
    engine = await register(desk, fake)
    session_id = fake.add_session()
    part = {"id": "prt_1", "sessionID": session_id, "messageID": "msg_1", "type": "text", "text": "Done."}
    said = {"info": message_info(session_id, "msg_1", completed=1_700_000_001_000), "parts": [part]}
    async with running_relay():
        await desk.wait_online(engine)
        await desk.wait(Chat.objects.filter(ai_engine_session_id=session_id).exists, "the chat")
        fake.messages[session_id, "msg_1"] = said
        assert not await desk.run(Message.objects.exists)
    async with running_relay():
        chat = await desk.wait(Chat.objects.filter(preview="Done.").first, "what was said")
        assert chat.turn == "user"
        message = await desk.run(chat.messages.get)
    assert message.engine_message_status == "completed"


async def test_a_chat_that_works_is_busy_whatever_was_on_record(desk: Desk, fake: FakeEngine) -> None:
    engine = await register(desk, fake)
    session_id = fake.add_session()
    fake.busy.add(session_id)
    async with running_relay():
        busy = Chat.objects.filter(ai_engine_session_id=session_id, session_state="busy")
        await desk.wait(busy.exists, "the busy chat")
    assert (await desk.run(busy.get)).engine_id == engine.pk


async def test_only_sessions_that_changed_since_are_adopted_by_listing(desk: Desk, fake: FakeEngine) -> None:
    """History of years stays in the engine; whatever has an event later is adopted then."""
    engine = await register(desk, fake)
    fake.sessions["ses_new"] = session_info("ses_new")
    fake.sessions["ses_old"] = {
        **session_info("ses_old"),
        "time": {"created": 1_600_000_000_000, "updated": 1_600_000_000_000},
    }
    async with running_relay():
        await desk.wait_online(engine)
        found = await desk.run(lambda: list(Chat.objects.values_list("ai_engine_session_id", flat=True)))
        assert found == ["ses_new"]
        fake.emit("session.updated", {"sessionID": "ses_old", "info": fake.sessions["ses_old"]})
        await desk.wait(Chat.objects.filter(ai_engine_session_id="ses_old").exists, "the old session")


async def test_a_subagent_waits_for_a_person_while_its_request_is_pending(
    desk: Desk, fake: FakeEngine
) -> None:
    engine = await register(desk, fake)
    root_id = fake.add_session()
    raw = fake.add_call(fake.add_session(root_id))
    fake.busy.add(root_id)
    async with running_relay():
        (request,) = await desk.wait_sealed(raw["sessionID"])
        rows = Subagent.objects.filter(instance=engine, source_ref=raw["sessionID"])
        await desk.wait(rows.filter(status="waiting_human").exists, "waiting")
        # The engine calls it busy all the while.
        fake.emit("session.status", {"sessionID": raw["sessionID"], "status": {"type": "busy"}})
        await desk.approve(request)
        await desk.wait(rows.filter(status="running").exists, "running again")


async def test_a_subagents_model_is_on_record_once_its_engine_tells_it(desk: Desk, fake: FakeEngine) -> None:
    engine = await register(desk, fake)
    root_id = fake.add_session()
    async with running_relay():
        await desk.wait_online(engine)
        child = fake.sessions[fake.add_session(root_id)]
        fake.emit("session.created", {"sessionID": child["id"], "info": child})
        rows = Subagent.objects.filter(source_ref=child["id"])
        await desk.wait(rows.filter(model="").exists, "the delegation")
        child["model"] = {"id": "large", "providerID": "acme", "variant": "default"}
        fake.emit("session.updated", {"sessionID": child["id"], "info": child})
        await desk.wait(rows.filter(provider="acme", model="large").exists, "its model")
