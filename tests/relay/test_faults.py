"""A slow engine, one that talks nonsense or repeats itself: nothing is lost, nothing runs twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from django.utils import timezone

from engines.models import Engine
from events.encryption import reveal
from events.models import AuditEntry
from governance.content import RequestContent
from governance.domain.requests import CONTRADICTION, CUT
from governance.enums import CloseReason, RequestState
from governance.models import EngineReply, PermissionRequest
from relay import arguments, engine_relay
from relay.opencode.calls import Timeouts
from tests.factories import make_engine
from tests.relay.conftest import Desk, running_relay
from tests.relay.fake_engine import DIRECTORY, FakeEngine, give, session_info, tool_part

MEGABYTE = 1024 * 1024


@pytest.fixture(autouse=True)
def look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine is looked at again within half a second instead of fifteen."""
    for name in ("TICK_S", "LOOK_EVERY_S", "LOOK_DEGRADED_EVERY_S", "LOOK_UNREADY_EVERY_S"):
        monkeypatch.setattr(engine_relay, name, 0.1 if name == "TICK_S" else 0.5)


@pytest.fixture
async def fake() -> AsyncIterator[FakeEngine]:
    async with FakeEngine().running() as engine:
        yield engine


async def register(desk: Desk, fake: FakeEngine) -> Engine:
    return await desk.run(lambda: make_engine(desk.team, address=fake.address, directories=[DIRECTORY]))


async def test_an_event_of_ten_megabytes_passes(desk: Desk, fake: FakeEngine) -> None:
    """A diff too large to keep is cut, and says so; the requests after it come as ever."""
    engine = await register(desk, fake)
    large, small = fake.add_call(fake.add_session()), fake.add_call(fake.add_session())
    large["metadata"]["diff"] = "+" + "x" * (10 * MEGABYTE)
    listed, fake.permissions = fake.permissions, {}
    async with running_relay():
        await desk.wait_online(engine)
        fake.permissions = listed
        for raw in (large, small):
            fake.emit("permission.asked", raw)
        (first,) = await desk.wait_sealed(large["sessionID"])
        await desk.wait_sealed(small["sessionID"])
    content = RequestContent.from_text(await desk.run(lambda: reveal(first, "content")))
    assert (len(content.diff), content.command) == (200_000, "ls")
    assert {"code": CUT.code, "sentence": CUT.sentence} in first.findings
    assert not first.is_summary_whole


async def test_nonsense_between_events_is_skipped_and_shown(desk: Desk, fake: FakeEngine) -> None:
    engine = await register(desk, fake)
    async with running_relay():
        await desk.wait_online(engine)
        fake.emit_bytes(b"data: {not json\n\ndata: \xff\xfe\n\n: comment\n\ndata: []\n\n")
        fake.emit("permission.asked", {"id": 7, "sessionID": None})
        raw = fake.add_call(fake.add_session())
        # The announcement itself is garbled; the list has it.
        fake.emit("permission.asked", {**raw, "patterns": "all of them"})
        degraded = await desk.wait_online(engine, "degraded")
        assert degraded.state_reason == "Some of its events can't be read."
        await desk.wait_sealed(raw["sessionID"])
        await desk.wait_online(
            engine,
            "online",
        )


async def test_an_unreadable_entry_of_the_list_closes_nothing(desk: Desk, fake: FakeEngine) -> None:
    engine = await register(desk, fake)
    raw = fake.add_call(fake.add_session())
    async with running_relay():
        await desk.wait_online(engine)
        (request,) = await desk.wait_sealed(raw["sessionID"])
        fake.permissions = {"x": {"id": "per_garbled"}}
        fake.break_streams()
        degraded = await desk.wait_online(engine, "degraded")
        assert "an entry can't be read" in degraded.state_reason
        assert (await desk.find(request.session_id))[0].is_pending


@pytest.mark.parametrize("answer", [(500, b"boom"), (200, b"<html>"), (200, b'{"a": 1}'), (302, b""), None])
async def test_a_list_that_is_no_list_closes_nothing(
    desk: Desk, fake: FakeEngine, answer: tuple[int, bytes] | None
) -> None:
    engine = await register(desk, fake)
    raw = fake.add_call(fake.add_session())
    async with running_relay():
        await desk.wait_online(engine)
        (request,) = await desk.wait_sealed(raw["sessionID"])
        fake.overrides["GET", "/permission"] = lambda _request: answer
        fake.break_streams()
        await desk.wait_online(engine, "degraded")
        assert (await desk.find(request.session_id))[0].is_pending
        del fake.overrides["GET", "/permission"]
        await desk.wait_online(engine, "online")
        await desk.approve(request)
        await desk.wait_replies(request, ("once", "confirmed"))


async def test_the_same_events_twice_leave_one_row(desk: Desk, fake: FakeEngine) -> None:
    engine = await register(desk, fake)
    raw = fake.add_call(fake.add_session())
    listed, fake.permissions = fake.permissions, {}
    async with running_relay():
        await desk.wait_online(engine)
        fake.permissions = listed
        for event_id in ("evt_a", "evt_a", "evt_b"):
            fake.emit("permission.asked", raw, event_id)
            fake.emit("message.part.updated", {"part": fake.part_of(raw)}, f"{event_id}_part")
        (request,) = await desk.wait_sealed(raw["sessionID"])
        replied = {"sessionID": raw["sessionID"], "requestID": raw["id"], "reply": "once"}
        for event_id in ("evt_c", "evt_c", "evt_d"):
            fake.emit("permission.replied", replied, event_id)
        await desk.wait_state(request, RequestState.CANCELLED)
        blocks = AuditEntry.objects.filter(verb="chat.block")
        await desk.wait(blocks.exists, "the chat is blocked")
    incidents = AuditEntry.objects.filter(verb="engine.incident")
    assert await desk.run(lambda: (incidents.count(), blocks.count())) == (1, 1)


async def test_arguments_that_never_come_are_sealed_as_unknown(
    desk: Desk, fake: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arguments, "READ_AFTER_S", (0.05, 0.1))
    monkeypatch.setattr(arguments, "GIVE_UP_AFTER_S", 0.2)
    engine = await register(desk, fake)
    raw = fake.add_call(fake.add_session(), status="pending")
    async with running_relay():
        await desk.wait_online(engine)
        (request,) = await desk.wait_sealed(raw["sessionID"])
    assert (request.arguments_known, request.is_summary_whole) == (False, False)
    assert [finding["code"] for finding in request.findings] == ["arguments_unknown"]


async def test_two_calls_with_one_id_are_never_taken_for_each_other(
    desk: Desk, fake: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model numbers its calls as it likes: shown the harmless one, a reviewer would let the other run."""
    monkeypatch.setattr(arguments, "READ_AFTER_S", (0.05,))
    monkeypatch.setattr(arguments, "GIVE_UP_AFTER_S", 0.2)
    engine = await register(desk, fake)
    raw = fake.add_call(fake.add_session())
    message = fake.messages[raw["sessionID"], raw["tool"]["messageID"]]
    message["parts"].append({**fake.part_of(raw), "id": "prt_twin"})
    async with running_relay():
        await desk.wait_online(engine)
        (request,) = await desk.wait_sealed(raw["sessionID"])
    assert not request.arguments_known


async def test_a_request_and_a_call_that_name_two_commands_say_so(desk: Desk, fake: FakeEngine) -> None:
    engine = await register(desk, fake)
    raw = fake.add_call(fake.add_session(), command="rm -rf build")
    raw["metadata"]["command"] = "ls"
    async with running_relay():
        await desk.wait_online(engine)
        (request,) = await desk.wait_sealed(raw["sessionID"])
    assert [finding["code"] for finding in request.findings] == [CONTRADICTION.code]
    assert not request.is_summary_whole


async def test_a_reply_without_an_answer_is_looked_up(desk: Desk, fake: FakeEngine) -> None:
    """The engine took it and the connection broke: the list and the call's own record say that it ran."""
    engine = await register(desk, fake)
    fake.tells_replies = False
    raw = fake.add_call(fake.add_session())

    def take_and_break(_request: object) -> tuple[int, bytes]:
        fake.permissions.pop(raw["id"])
        fake.finish_call(raw, "completed")
        return 500, b""

    fake.overrides["POST", f"/permission/{raw['id']}/reply"] = take_and_break
    async with running_relay():
        await desk.wait_online(engine)
        (request,) = await desk.wait_sealed(raw["sessionID"])
        await desk.approve(request)
        await desk.wait_replies(request, ("once", "confirmed"))
    assert fake.replies() == [(raw["id"], "once")]


async def test_a_reply_that_got_lost_is_sent_again(desk: Desk, fake: FakeEngine) -> None:
    engine = await register(desk, fake)
    raw = fake.add_call(fake.add_session())
    path = ("POST", f"/permission/{raw['id']}/reply")

    def lose(_request: object) -> tuple[int, bytes]:
        del fake.overrides[path]
        return 503, b""

    fake.overrides[path] = lose
    async with running_relay():
        await desk.wait_online(engine)
        (request,) = await desk.wait_sealed(raw["sessionID"])
        await desk.approve(request)
        await desk.wait_replies(request, ("once", "confirmed"))
    assert fake.replies() == [(raw["id"], "once"), (raw["id"], "once")]
    assert await desk.run(lambda: EngineReply.objects.get(request=request).attempts) == 2


async def test_an_accepted_reply_is_confirmed_by_absence(desk: Desk, fake: FakeEngine) -> None:
    """Its event got lost, but the engine took it and no longer lists it."""
    engine = await register(desk, fake)
    fake.tells_replies = False
    raw = fake.add_call(fake.add_session())
    async with running_relay():
        await desk.wait_online(engine)
        rows = PermissionRequest.objects.filter(session_id=raw["sessionID"])
        await desk.wait(rows.exists, "the request")
        (request,) = await desk.find(raw["sessionID"])
        fake.messages.clear()
        await desk.deny(request)
        await desk.wait_replies(request, ("reject", "confirmed"))


async def test_an_approval_of_a_request_that_is_gone_is_orphaned(desk: Desk, fake: FakeEngine) -> None:
    """The session still works, but the request is neither listed nor did its call run."""
    engine = await register(desk, fake)
    raw = fake.add_call(fake.add_session())
    fake.overrides["POST", f"/permission/{raw['id']}/reply"] = lambda _request: (404, b"{}")
    async with running_relay():
        await desk.wait_online(engine)
        (request,) = await desk.wait_sealed(raw["sessionID"])
        await desk.approve(request)
        fake.permissions.clear()
        fake.part_of(raw)["state"]["status"] = "error"
        await desk.wait(
            EngineReply.objects.filter(request=request, reply="once", state="orphaned").exists, "orphaned"
        )


async def test_a_refused_answer_is_followed_by_a_plain_reject(desk: Desk, fake: FakeEngine) -> None:
    engine = await register(desk, fake)
    raw = fake.add_call(fake.add_session())
    path = ("POST", f"/permission/{raw['id']}/reply")

    def refuse(_request: object) -> tuple[int, bytes]:
        del fake.overrides[path]
        return 400, b"{}"

    fake.overrides[path] = refuse
    async with running_relay():
        await desk.wait_online(engine)
        (request,) = await desk.wait_sealed(raw["sessionID"])
        await desk.approve(request)
        await desk.wait_replies(request, ("once", "failed"), ("reject", "confirmed"))


async def test_what_is_closed_here_and_still_listed_is_rejected(desk: Desk, fake: FakeEngine) -> None:
    """So that nobody can let it run later."""
    engine = await register(desk, fake)
    raw = fake.add_call(fake.add_session())
    async with running_relay():
        await desk.wait_online(engine)
        (request,) = await desk.wait_sealed(raw["sessionID"])
    earlier = timezone.now() - timedelta(seconds=5)
    await desk.run(
        lambda: PermissionRequest.objects.filter(pk=request.pk).update(
            state=RequestState.EXPIRED, close_reason=CloseReason.ENGINE_DROPPED, decided_at=earlier
        )
    )
    async with running_relay():
        await desk.wait_replies(request, ("reject", "confirmed"))


async def test_an_answer_to_a_request_nobody_announced_is_an_incident(desk: Desk, fake: FakeEngine) -> None:
    engine = await register(desk, fake)
    session_id = fake.add_session()
    fake.busy.add(session_id)
    async with running_relay():
        await desk.wait_online(engine)
        fake.emit(
            "permission.replied", {"sessionID": session_id, "requestID": "per_unheard", "reply": "always"}
        )
        incident = AuditEntry.objects.filter(verb="engine.incident")
        await desk.wait(incident.exists, "the incident")
        await desk.wait(AuditEntry.objects.filter(verb="chat.block").exists, "the chat is blocked")
        await desk.wait(lambda: fake.count("POST", f"/session/{session_id}/abort") > 0, "the abort")
    assert (await desk.run(incident.get)).after == {
        "reply": "always",
        "session": session_id,
        "request": "per_unheard",
    }


async def test_an_abort_that_fails_is_sent_again(desk: Desk, fake: FakeEngine) -> None:
    engine = await register(desk, fake)
    raw = fake.add_call(fake.add_session())
    path = ("POST", f"/session/{raw['sessionID']}/abort")

    def fail(_request: object) -> tuple[int, bytes]:
        del fake.overrides[path]
        return 500, b""

    fake.overrides[path] = fail
    async with running_relay():
        await desk.wait_online(engine)
        await desk.wait_sealed(raw["sessionID"])
        fake.permissions.clear()
        fake.emit(
            "permission.replied",
            {"sessionID": raw["sessionID"], "requestID": raw["id"], "reply": "once"},
        )
        await desk.wait(lambda: fake.count(*path) > 1, "the second abort")


async def test_a_flapping_stream_ends_in_one_true_state(desk: Desk, fake: FakeEngine) -> None:
    engine = await register(desk, fake)
    async with running_relay():
        await desk.wait_online(engine)
        raws = []
        for _ in range(3):
            raws.append(fake.add_call(fake.add_session()))
            fake.break_streams()
            await fake.wait_listened()
        for raw in raws:
            (request,) = await desk.wait_sealed(raw["sessionID"])
            assert request.is_pending


async def test_an_engine_that_hangs_is_degraded_until_it_answers(
    desk: Desk, fake: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It greets on its stream and leaves every call unanswered."""
    monkeypatch.setattr(Timeouts.__init__, "__defaults__", (5.0, 0.3, 5.0, 25.0))
    engine = await register(desk, fake)
    fake.overrides["GET", "/global/health"] = lambda _request: None
    async with running_relay():
        degraded = await desk.wait_online(engine, "degraded")
        assert degraded.state_reason == "The engine did not answer within 0.3 s."
        del fake.overrides["GET", "/global/health"]
        await desk.wait_online(engine, "online")


async def test_a_subagents_request_is_placed_whatever_comes_first(desk: Desk, fake: FakeEngine) -> None:
    """The request, then the child, then its parent, then the root: none of them known before."""
    engine = await register(desk, fake)
    root_id = fake.add_session()
    parent_id = fake.add_session(root_id)
    raw = fake.add_call(fake.add_session(parent_id))
    sessions, fake.sessions = fake.sessions, {}
    async with running_relay():
        await desk.wait_online(engine)
        await desk.wait_sealed(raw["sessionID"])
        for session_id in (raw["sessionID"], parent_id, root_id):
            fake.emit("session.created", {"sessionID": session_id, "info": sessions[session_id]})
        rows = PermissionRequest.objects.filter(
            chat__ai_engine_session_id=root_id, subagent__source_ref=raw["sessionID"], subagent__depth=2
        )
        await desk.wait(rows.exists, "the request in the root's chat")


async def test_a_session_state_told_before_its_session_is_kept(desk: Desk, fake: FakeEngine) -> None:
    engine = await register(desk, fake)
    async with running_relay():
        await desk.wait_online(engine)
        fake.emit("session.status", {"sessionID": "ses_late", "status": {"type": "busy"}})
        fake.busy.add("ses_late")
        fake.emit("session.created", {"sessionID": "ses_late", "info": session_info("ses_late")})

        def find_busy() -> bool:
            return engine.chats.filter(ai_engine_session_id="ses_late", session_state="busy").exists()

        await desk.wait(find_busy, "the session's state")


async def test_parts_and_messages_land_in_the_conversation(desk: Desk, fake: FakeEngine) -> None:
    engine = await register(desk, fake)
    session_id = fake.add_session()
    async with running_relay():
        await desk.wait_online(engine)
        fake.emit("session.created", {"sessionID": session_id, "info": fake.sessions[session_id]})
        part = tool_part(session_id, "msg_1", "call_1", "ls", "completed")
        text = {**part, "id": "prt_text", "type": "text", "text": "All done."}
        for raw in (text, part, {**part, "state": {"status": "running", "input": {}}}):
            fake.emit("message.part.updated", {"sessionID": session_id, "part": raw})
        chats = engine.chats.filter(ai_engine_session_id=session_id, preview="All done.")
        chat = await desk.wait(chats.first, "the preview")
        message = await desk.run(chat.messages.get)
    assert [(item["type"], item.get("status")) for item in message.parts] == [
        ("tool", "completed"),
        ("text", None),
    ]


async def test_stopping_lets_a_reply_get_on_record(desk: Desk, fake: FakeEngine) -> None:
    """Asked to stop while an answer is on its way, the relay first writes down what became of it."""
    engine = await register(desk, fake)
    raw = fake.add_call(fake.add_session())
    posted = asyncio.Event()

    def answer(_request: object) -> tuple[int, bytes]:
        posted.set()
        fake.permissions.pop(raw["id"])
        return give(True)

    fake.overrides["POST", f"/permission/{raw['id']}/reply"] = answer
    async with running_relay():
        await desk.wait_online(engine)
        (request,) = await desk.wait_sealed(raw["sessionID"])
        await desk.approve(request)
        await asyncio.wait_for(posted.wait(), 30)
    reply = await desk.run(lambda: EngineReply.objects.get(request=request))
    assert (reply.state, reply.accepted_at is not None) == ("sent", True)
