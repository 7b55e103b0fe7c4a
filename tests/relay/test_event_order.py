"""Events in any order, and any number of times, end in the same rows."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from accounts.models import Team
from engines.models import Chat, Engine, Message
from events.models import AuditEntry
from governance.models import EngineReply, PermissionRequest
from relay import engine_relay
from tests.factories import make_engine, make_team
from tests.relay.conftest import running_relay
from tests.relay.fake_engine import DIRECTORY, FakeEngine, message_info

T = TypeVar("T")
DEADLINE_S = 30.0
KINDS = ("asked", "part pending", "part running", "part ended", "replied", "message", "idle", "created")
STORIES = ("let run elsewhere", "rejected elsewhere", "aborted")


class Loop:
    """An event loop in a thread: the examples of one test share a relay and an engine."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="relay-loop", daemon=True)
        self.thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(DEADLINE_S * 2)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


@pytest.fixture
def fake(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Loop, FakeEngine]]:
    """A relay listening to a fake engine, looking at it often."""
    for name in ("TICK_S", "LOOK_EVERY_S", "LOOK_DEGRADED_EVERY_S", "LOOK_UNREADY_EVERY_S"):
        monkeypatch.setattr(engine_relay, name, 0.1 if name == "TICK_S" else 1.0)
    loop, engine = Loop(), FakeEngine()
    stopped, ready = asyncio.Event(), threading.Event()

    async def serve() -> None:
        async with running_relay():
            await engine.wait_listened()
            ready.set()
            await stopped.wait()

    loop.run(engine.start())
    team: Team = make_team()
    row = make_engine(team, address=engine.address, directories=[DIRECTORY])
    served = asyncio.run_coroutine_threadsafe(serve(), loop.loop)
    try:
        assert ready.wait(DEADLINE_S)
        wait_until(lambda: Engine.objects.get(pk=row.pk).state == "online")
        yield loop, engine
    finally:
        loop.loop.call_soon_threadsafe(stopped.set)
        served.result(DEADLINE_S)
        loop.run(engine.stop())
        loop.close()


def wait_until(condition: Any) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


def build_frames(engine: FakeEngine, story: str) -> tuple[dict[str, Any], dict[str, tuple[str, Any]]]:
    """The request of one story, already at its end in the engine, and the events that led there."""
    session_id = engine.add_session()
    raw = engine.add_call(session_id)
    part = dict(engine.part_of(raw))
    pending = {**part, "state": {"status": "pending", "input": {}}}
    running = {**part, "state": dict(part["state"])}
    word = {"let run elsewhere": "once", "rejected elsewhere": "reject"}.get(story)
    engine.finish_call(raw, "completed" if word == "once" else "error")
    ended = {**part, "state": dict(engine.part_of(raw)["state"])}
    info = message_info(session_id, raw["tool"]["messageID"], completed=1_700_000_000_500)
    engine.messages[session_id, info["id"]]["info"] = info
    engine.busy.discard(session_id)
    frames = {
        "asked": ("permission.asked", dict(raw)),
        "part pending": ("message.part.updated", {"sessionID": session_id, "part": pending}),
        "part running": ("message.part.updated", {"sessionID": session_id, "part": running}),
        "part ended": ("message.part.updated", {"sessionID": session_id, "part": ended}),
        "message": ("message.updated", {"sessionID": session_id, "info": info}),
        "idle": ("session.idle", {"sessionID": session_id}),
        "created": ("session.created", {"sessionID": session_id, "info": engine.sessions[session_id]}),
    }
    if word is None:
        return raw, frames
    del engine.permissions[raw["id"]]
    replied = {"sessionID": session_id, "requestID": raw["id"], "reply": word}
    return raw, {**frames, "replied": ("permission.replied", replied)}


def read_end(raw: dict[str, Any]) -> dict[str, Any]:
    """Everything that is on record of one story."""
    request = PermissionRequest.objects.filter(engine_request_id=raw["id"]).first()
    chat = Chat.objects.filter(ai_engine_session_id=raw["sessionID"]).first()
    message = Message.objects.filter(chat=chat).first()
    if request is None or chat is None or message is None:
        return {}
    incidents = AuditEntry.objects.filter(verb="engine.incident", subject_id=request.pk)
    return {
        "request": (request.state, request.close_reason, request.is_sealed, request.arguments_known),
        "command": request.summary,
        "chat": request.chat_id == chat.pk or not request.is_pending,
        "replies": list(EngineReply.objects.filter(request=request).values_list("reply", "state")),
        "incidents": incidents.count(),
        "is_blocked": chat.blocked_at is not None,
        "session": (chat.session_state, chat.turn),
        "message": (message.role, message.engine_message_status, message.created.year),
        "parts": [(part["type"], part["status"]) for part in message.parts],
        "rows": (Message.objects.filter(chat=chat).count(), Chat.objects.filter(pk=chat.pk).count()),
    }


COMMON = {
    "command": "ls",
    "chat": True,
    "session": ("idle", "user"),
    "message": ("assistant", "completed", 2023),
    "rows": (1, 1),
}
ENDS: dict[str, dict[str, Any]] = {
    "let run elsewhere": {
        **COMMON,
        "request": ("cancelled", "answered_elsewhere", True, True),
        "replies": [],
        "parts": [("tool", "completed")],
        "incidents": 1,
        "is_blocked": True,
    },
    "rejected elsewhere": {
        **COMMON,
        "request": ("cancelled", "answered_elsewhere", True, True),
        "replies": [],
        "parts": [("tool", "error")],
        "incidents": 0,
        "is_blocked": False,
    },
    "aborted": {
        **COMMON,
        "request": ("expired", "session_ended", True, True),
        "replies": [("reject", "confirmed")],
        "parts": [("tool", "error")],
        "incidents": 0,
        "is_blocked": False,
    },
}


@pytest.mark.slow
@settings(
    max_examples=60,
    deadline=None,
    # Shrinking would wait for the deadline again and again; an order is short enough to be read as it is.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    story=st.sampled_from(STORIES), order=st.permutations(KINDS), repeated=st.lists(st.sampled_from(KINDS))
)
def test_any_order_and_any_repetition_end_in_the_same_rows(
    fake: tuple[Loop, FakeEngine], story: str, order: list[str], repeated: list[str]
) -> None:
    loop, engine = fake

    async def tell() -> dict[str, Any]:
        raw, frames = build_frames(engine, story)
        for position, kind in enumerate([*order, *repeated]):
            if kind in frames:
                name, properties = frames[kind]
                engine.emit(name, properties, f"evt_{raw['id']}_{position}")
        return raw

    raw = loop.run(tell())
    deadline = time.monotonic() + DEADLINE_S
    while read_end(raw) != ENDS[story] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert read_end(raw) == ENDS[story]
